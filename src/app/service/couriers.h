#pragma once
/// @file app/service/couriers.h  Joins the queue's couriers to those who know how: SMTP, LMTP,
/// Maildir.
#include "admin/link_api.h"
#include "app/service/courier_settings.h"
#include "dns/resolver.h"
#include "event/log.h"
#include "queue/courier.h"
#include "smtp/client/courier.h"
#include "store/maildir.h"

#include <boost/asio/thread_pool.hpp>

#include <mutex>
#include <random>

namespace imc::app {

class AllCouriers final : public queue::Couriers, public queue::Locator {
public:
    /// @param config  the one in force now
    /// @param is_ourselves  whether address and port are a listener of ours
    AllCouriers(std::string host, std::function<config::ConfigPtr()> config,
                std::shared_ptr<dns::Resolver> resolver,
                std::function<bool(const std::string&, std::uint16_t)> is_ourselves,
                std::unique_ptr<smtp::client::Dialer> dialer, EventLog& events);

    std::unique_ptr<queue::Courier> hire(const queue::Place& place) override;
    boost::asio::awaitable<queue::Location> locate(transfer::Route route,
                                                   Deadline deadline) override;

    /// Sends ETRN to the hosts of imcEtrn, with TLS and AUTH as the profiles of their names say;
    /// one row for each of their nodes. @param dry_run  only says what would be sent Events: 40663,
    /// 40664, once per outage
    boost::asio::awaitable<std::vector<admin::EtrnRow>> ask_for_mail(config::ConfigPtr config,
                                                                     bool dry_run);

    /// What was seen of hosts; loaded and saved by whoever owns this.
    smtp::client::HostMemory& hosts() { return hosts_; }

    boost::asio::thread_pool& disk() { return disk_; }

    /// Waits for deliveries that are being written. Nothing is delivered into Maildirs afterwards.
    void end();

private:
    std::unique_ptr<smtp::client::HostFinder> finder_of(std::vector<transfer::HostPort> hosts);
    Result<smtp::client::CourierSettings> settings_of(const queue::Place& place);

    const std::string host_;
    std::function<config::ConfigPtr()> config_;
    std::shared_ptr<dns::Resolver> resolver_;
    std::function<bool(const std::string&, std::uint16_t)> is_ourselves_;
    EventLog& events_;
    std::unique_ptr<smtp::client::Dialer> dialer_;
    smtp::client::Outages outages_;
    smtp::client::HostMemory hosts_;
    CourierDesk desk_{hosts_};
    store::MaildirDelivery maildir_;
    boost::asio::thread_pool disk_{
        16};  ///< Maildir deliveries wait for the disk here; parallel syncs share
};

}  // namespace imc::app
