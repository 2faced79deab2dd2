#pragma once
/// @file app/service/way_out.h  The couriers as the queue sees them: those that know how, made to
/// keep the rules of the configuration, to archive, and to count. With what is remembered of hosts.
///
/// Events: those of tls-hosts (40620 and its neighbours), of the archive and of couriers.
/// Threads: as queue::Couriers; end() from the main thread.
#include "app/service/archivist.h"
#include "app/service/conversations.h"
#include "app/service/couriers.h"
#include "app/service/mail_counters.h"
#include "app/service/mail_rules.h"

#include <functional>
#include <memory>

namespace imc::app {

/// All outlive it.
struct WayOutParts {
    const Paths& paths;
    EventLog& events;
    metrics::Registry& metrics;
    std::shared_ptr<dns::Resolver> dns;
    std::function<config::ConfigPtr()> config;  ///< the one in force now
    std::function<bool(const std::string& address, std::uint16_t port)> is_ourselves;
    Conversations& conversations;
    CountedLines& lines;
    boost::asio::thread_pool& background;
    boost::asio::thread_pool& disk;
};

class WayOut {
public:
    explicit WayOut(const WayOutParts& parts);

    queue::Couriers& couriers() { return counted_; }
    AllCouriers& hosts() { return all_; }  ///< to be located, and asked for mail
    tracking::Archive& archive() { return archive_; }
    boost::asio::thread_pool& deliveries() { return all_.disk(); }  ///< that end() waits for
    InboundCopies& copies() { return copies_; }

    /// Waits for what is being written, and keeps what is remembered of hosts.
    void end();

private:
    void remember_hosts(boost::asio::thread_pool& background);
    void save_hosts();

    const std::string hosts_file_;
    EventLog& events_;
    bool keeps_hosts_ = false;
    AllCouriers all_;
    ObedientCouriers obedient_;
    tracking::Archive archive_;
    InboundCopies copies_;
    ArchivingCouriers archiving_;
    CountedCouriers counted_;
};

}  // namespace imc::app
