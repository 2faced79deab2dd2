#include "app/service/couriers.h"

#include "base/offload.h"
#include "base/text.h"
#include "dns/mx_hosts.h"
#include "mail/address.h"
#include "spool/working.h"

#include <algorithm>

namespace imc::app {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;

smtp::client::Hosts translate(dns::MailHosts found)
{
    if (auto* none = std::get_if<dns::NoMailHost>(&found))
        return smtp::client::NoHost{none->permanent, none->status, none->reason};
    std::vector<smtp::client::Host> hosts;
    for (auto& host : std::get<std::vector<dns::MailHost>>(found))
        hosts.push_back({host.name, host.port, std::move(host.addresses)});
    return hosts;
}

/// The hosts that the queue has found for the site.
class KnownHosts final : public smtp::client::HostFinder {
public:
    explicit KnownHosts(const std::vector<dns::MailHost>& hosts)
        : hosts_{translate(dns::MailHosts{hosts})}
    {}
    net::awaitable<smtp::client::Hosts> find(Deadline) override { co_return hosts_; }

private:
    smtp::client::Hosts hosts_;
};

class NamedFinder final : public smtp::client::HostFinder {
public:
    NamedFinder(std::shared_ptr<dns::Resolver> resolver, std::vector<transfer::HostPort> hosts,
                dns::IsOurselves is_ourselves)
        : resolver_{std::move(resolver)}, is_ourselves_{std::move(is_ourselves)}
    {
        for (auto& host : hosts)
            hosts_.push_back({std::move(host.host), host.port});
    }
    net::awaitable<smtp::client::Hosts> find(Deadline deadline) override
    {
        auto found = co_await dns::find_named_hosts(*resolver_, hosts_, is_ourselves_, deadline);
        co_return translate(std::move(found));
    }

private:
    std::shared_ptr<dns::Resolver> resolver_;
    std::vector<dns::NamedHost> hosts_;
    dns::IsOurselves is_ourselves_;
};

/// A Unix socket needs no look-up: its path is its name, its port 0.
class SocketFinder final : public smtp::client::HostFinder {
public:
    explicit SocketFinder(std::string path) : path_{std::move(path)} {}
    net::awaitable<smtp::client::Hosts> find(Deadline) override
    {
        std::vector<smtp::client::Host> hosts;
        smtp::client::Host host;
        host.name = path_;
        host.port = 0;
        host.addresses.push_back(path_);
        hosts.push_back(std::move(host));
        co_return smtp::client::Hosts{std::move(hosts)};
    }

private:
    std::string path_;
};

queue::Delivery translate(smtp::client::Delivery delivery)
{
    switch (delivery) {
    case smtp::client::Delivery::delivered: return queue::Delivery::delivered;
    case smtp::client::Delivery::deferred: return queue::Delivery::deferred;
    case smtp::client::Delivery::failed: return queue::Delivery::failed;
    }
    return queue::Delivery::deferred;
}

/// What the sender asked for beside delivery (RFC 3461, 6710).
void add_wishes(const queue::Job& job, smtp::client::Transaction& transaction)
{
    const auto& envelope = *job.envelope;
    transaction.envid = envelope.envid;
    transaction.ret = envelope.ret;
    transaction.priority = envelope.priority == spool::Priority::urgent       ? 4
                           : envelope.priority == spool::Priority::non_urgent ? -4
                                                                              : 0;
    for (const auto i : job.recipients) {
        const auto& recipient = envelope.recipients[i];
        transaction.wishes.push_back({recipient.notify, recipient.original});
    }
}

/// One that cannot be set up: the mail waits, and says why.
class WaitingCourier final : public queue::Courier {
public:
    explicit WaitingCourier(Error why) : why_{std::move(why)} {}
    net::awaitable<std::vector<queue::DeliveryResult>> deliver(const queue::Job& job) override
    {
        const queue::DeliveryResult waits{queue::Delivery::deferred, "4.3.5", why_.detail(), "",
                                          true};
        co_return std::vector<queue::DeliveryResult>(job.recipients.size(), waits);
    }
    bool reusable() const override { return false; }
    net::awaitable<void> close() override { co_return; }

private:
    Error why_;
};

class SmtpCourier final : public queue::Courier {
public:
    SmtpCourier(std::unique_ptr<smtp::client::Courier> courier, net::thread_pool& disk)
        : courier_{std::move(courier)}, disk_{disk}
    {}

    net::awaitable<std::vector<queue::DeliveryResult>> deliver(const queue::Job& job) override
    {
        smtp::client::Transaction transaction;
        transaction.message = job.id.to_string();
        transaction.sender = job.envelope->sender;
        transaction.recipients = job.addresses;
        transaction.body = job.body;
        transaction.disk = &disk_;
        transaction.smtp_utf8 = job.envelope->smtp_utf8;
        add_wishes(job, transaction);
        transaction.at_work = [&job] {
            return std::make_shared<const spool::WorkingOn>(job.working, job.id);
        };
        if (job.body.blocks()) {
            const auto look = [&job] {
                const spool::WorkingOn at_work{job.working, job.id};
                return smtp::client::look_at(job.body);
            };
            const auto facts = co_await offload(disk_, look);
            if (!facts)
                co_return std::vector<queue::DeliveryResult>(
                    job.recipients.size(), queue::DeliveryResult{queue::Delivery::deferred, "4.3.0",
                                                                 facts.error().to_string(), ""});
            transaction.facts = *facts;
        }
        auto outcomes = co_await courier_->deliver(transaction);
        std::vector<queue::DeliveryResult> results;
        results.reserve(outcomes.size());
        for (auto& o : outcomes) {
            queue::DeliveryResult result{translate(o.delivery), std::move(o.status),
                                         std::move(o.reply),    std::move(o.host),
                                         o.whole_route,         std::move(o.tls),
                                         std::move(o.remote_id)};
            result.relayed_without_dsn = o.relayed_without_dsn;
            result.converted = o.converted;
            result.tried_hosts = std::move(o.tried);
            results.push_back(std::move(result));
        }
        co_return results;
    }
    bool reusable() const override { return courier_->reusable(); }
    net::awaitable<void> close() override { co_await courier_->close(); }

private:
    std::unique_ptr<smtp::client::Courier> courier_;
    net::thread_pool& disk_;
};

class MaildirCourier final : public queue::Courier {
public:
    MaildirCourier(store::MaildirDelivery& maildir, std::string folder, net::thread_pool& disk,
                   EventLog& events)
        : maildir_{maildir}, folder_{std::move(folder)}, disk_{disk}, events_{events}
    {}

    net::awaitable<std::vector<queue::DeliveryResult>> deliver(const queue::Job& job) override
    {
        const auto here = [this, &job] { return deliver_here(job); };
        auto results = co_await offload(disk_, here);
        co_return results;
    }
    bool reusable() const override { return true; }
    net::awaitable<void> close() override { co_return; }

private:
    std::vector<queue::DeliveryResult> deliver_here(const queue::Job& job)
    {
        std::vector<queue::DeliveryResult> results;
        for (std::size_t i = 0; i < job.recipients.size(); ++i) {
            const auto headers = store::trace_lines(job.envelope->sender, job.addresses[i]);
            // An earlier attempt may have ended in a crash between file and record: always looked
            // for.
            const store::MaildirMessage message{job.id.to_string(), job.recipients[i],
                                                job.repeated};
            const auto delivered = maildir_.deliver(folder_, message, headers, job.body);
            if (delivered) {
                results.push_back(
                    {queue::Delivery::delivered, "2.0.0", "delivered to " + *delivered, ""});
                continue;
            }
            events_.raise(delivered.error(),
                          {{"message", job.id.to_string()}, {"folder", folder_}});
            results.push_back({queue::Delivery::deferred,
                               std::string{store::status_of(delivered.error())},
                               delivered.error().detail(), ""});
        }
        return results;
    }

    store::MaildirDelivery& maildir_;
    std::string folder_;
    net::thread_pool& disk_;
    EventLog& events_;
};

}  // namespace

AllCouriers::AllCouriers(std::string host, std::function<config::ConfigPtr()> config,
                         std::shared_ptr<dns::Resolver> resolver,
                         std::function<bool(const std::string&, std::uint16_t)> is_ourselves,
                         std::unique_ptr<smtp::client::Dialer> dialer, EventLog& events)
    : host_{host}, config_{std::move(config)}, resolver_{std::move(resolver)},
      is_ourselves_{std::move(is_ourselves)}, events_{events}, dialer_{std::move(dialer)},
      maildir_{std::move(host)}
{}

void AllCouriers::end()
{
    disk_.stop();
    disk_.join();
}

namespace {

// Equal preferences are drawn anew this often, however long the answer holds.
constexpr std::chrono::seconds longest_site_ttl{60};

}  // namespace

net::awaitable<queue::Location> AllCouriers::locate(transfer::Route route, Deadline deadline)
{
    const auto hop = std::get<transfer::ToMx>(route.hop);
    std::mt19937_64 random{std::random_device{}()};
    const auto decision = co_await dns::decide_mail_hosts(*resolver_, hop.domain, hop.port,
                                                          is_ourselves_, random, deadline);
    auto found = decision.hosts();
    if (auto* hosts = std::get_if<std::vector<dns::MailHost>>(&found)) {
        outages_.ends(route.key);
        co_return queue::Located{decision.site(), std::move(*hosts),
                                 std::min(decision.holds(), longest_site_ttl)};
    }
    const auto& none = std::get<dns::NoMailHost>(found);
    const auto event = none.reason.event() == EventId::routing_loop ? EventId::routing_loop
                                                                    : EventId::host_unresolved;
    if (outages_.begins(route.key, event))
        events_.raise(event, {{"route", route.key}, {"detail", none.reason.detail()}});
    queue::DeliveryResult result{none.permanent ? queue::Delivery::failed
                                                : queue::Delivery::deferred,
                                 none.status, printable(none.reason.detail(), 1000), ""};
    result.whole_route = !none.permanent;
    co_return queue::Nowhere{std::move(result)};
}

std::unique_ptr<queue::Courier> AllCouriers::hire(const queue::Place& place)
{
    using namespace transfer;
    const auto& route = place.route;
    if (const auto* to = std::get_if<ToMaildir>(&route.hop))
        return std::make_unique<MaildirCourier>(maildir_, to->folder, disk_, events_);
    auto made = settings_of(place);
    if (!made) {
        if (outages_.begins(route.key, made.error().event()))
            events_.raise(made.error(), {{"route", route.key}});
        return std::make_unique<WaitingCourier>(made.error());
    }
    auto settings = std::move(*made);
    settings.is_ourselves = is_ourselves_;
    std::unique_ptr<smtp::client::HostFinder> finder;
    if (std::holds_alternative<ToMx>(route.hop)) {
        finder = std::make_unique<KnownHosts>(place.hosts);
    } else if (const auto* hosts = std::get_if<ToSmartHosts>(&route.hop)) {
        finder = finder_of(hosts->hosts);
    } else {
        const auto& lmtp = std::get<ToLmtp>(route.hop);
        settings.dialogue.protocol = smtp::client::Protocol::lmtp;
        if (lmtp.socket.empty())
            finder =
                std::make_unique<NamedFinder>(resolver_, std::vector{lmtp.server}, is_ourselves_);
        else
            finder = std::make_unique<SocketFinder>(lmtp.socket);
    }
    return std::make_unique<SmtpCourier>(
        std::make_unique<smtp::client::Courier>(std::move(settings), std::move(finder), *dialer_,
                                                events_, outages_),
        disk_);
}

std::unique_ptr<smtp::client::HostFinder>
AllCouriers::finder_of(std::vector<transfer::HostPort> hosts)
{
    return std::make_unique<NamedFinder>(resolver_, std::move(hosts), is_ourselves_);
}

Result<smtp::client::CourierSettings> AllCouriers::settings_of(const queue::Place& place)
{
    if (!std::holds_alternative<transfer::ToLmtp>(place.route.hop))
        return desk_.settings(*config_(), *place.profile, place.route.key);
    smtp::client::CourierSettings local;
    local.route = place.route.key;
    local.hosts = &hosts_;
    local.dialogue.hostname = host_;
    return local;
}

}  // namespace imc::app
