#include "smtp/client/courier.h"

#include "base/text.h"

#include <boost/asio/error.hpp>

#include <array>
#include <numeric>
#include <utility>

namespace imc::smtp::client {

bool Outages::begins(const std::string& route, EventId event)
{
    const std::lock_guard lock{mutex_};
    const auto [place, fresh] = known_.try_emplace(route, event);
    if (fresh) return true;
    return std::exchange(place->second, event) != event;
}

void Outages::ends(const std::string& route)
{
    const std::lock_guard lock{mutex_};
    known_.erase(route);
}

/// One message on its way: the recipients still open are those of `left`.
struct Courier::Work {
    explicit Work(const Transaction& t) : all{t}, left{t}, outcomes(t.recipients.size())
    {
        index.resize(t.recipients.size());
        std::iota(index.begin(), index.end(), std::size_t{0});
    }
    bool done() const { return index.empty(); }

    const Transaction& all;
    Transaction left;
    std::vector<std::size_t> index;  ///< of left.recipients in `all`
    std::vector<RecipientOutcome> outcomes;
    bool reached = false;  ///< some host has taken part in a transaction
    bool refused = true;   ///< every failed connection was refused
    std::string last_trouble;
};

Courier::Courier(CourierSettings settings, std::unique_ptr<HostFinder> finder, Dialer& dialer,
                 EventLog& events, Outages& outages)
    : settings_{std::move(settings)}, finder_{std::move(finder)}, dialer_{dialer}, events_{events},
      outages_{outages}
{}

net::awaitable<std::vector<RecipientOutcome>> Courier::deliver(const Transaction& transaction)
{
    Work work{transaction};
    if (reusable()) {
        work.last_trouble = label_;
        (void)co_await carry(work);
    }
    if (!work.done()) co_await try_hosts(work);

    if (settings_.log_attempts) {
        std::array<std::size_t, 3> count{};
        for (const auto& outcome : work.outcomes)
            ++count[static_cast<std::size_t>(outcome.delivery)];
        events_.raise(EventId::delivery_attempt_result, {{"message", transaction.message},
                                                         {"sender", transaction.sender},
                                                         {"delivered", std::to_string(count[0])},
                                                         {"deferred", std::to_string(count[1])},
                                                         {"failed", std::to_string(count[2])},
                                                         {"host", work.reached ? label_ : ""}});
    }
    co_return std::move(work.outcomes);
}

net::awaitable<void> Courier::try_hosts(Work& work)
{
    const Hosts found = co_await finder_->find(after(settings_.look_up));
    if (const auto* none = std::get_if<NoHost>(&found)) {
        no_host(work, *none);
        co_return;
    }
    bool only_ourselves = true;
    for (const auto& host : *std::get_if<std::vector<Host>>(&found)) {
        for (const auto& address : host.addresses) {
            if (settings_.is_ourselves && settings_.is_ourselves(address, host.port)) continue;
            only_ourselves = false;
            co_await try_address(work, host, address);
            if (work.done()) co_return;
        }
    }
    if (only_ourselves) {
        no_host(work, NoHost{true, "5.4.6",
                             Error{EventId::routing_loop, "the next hop is our own listener"}});
        co_return;
    }
    if (work.reached) co_return;
    for (auto& outcome : work.outcomes)
        outcome.whole_route = true;
    trouble(work.refused ? EventId::connect_refused : EventId::connect_failed, work.last_trouble);
}

/// A second connection to the same host when it asks for one: with HELO, or after one message.
net::awaitable<void> Courier::try_address(Work& work, const Host& host, std::string address)
{
    for (int attempt = 0; attempt < 3; ++attempt) {
        const bool connected = co_await connect(work, host, address);
        if (!connected) co_return;
        const bool again = co_await carry(work);
        if (!again) co_return;
    }
}

net::awaitable<bool> Courier::connect(Work& work, const Host& host, const std::string& address)
{
    co_await drop();
    label_ =
        host.port == 0 ? address : host.name + "[" + address + "]:" + std::to_string(host.port);
    const auto defer = [&](const std::string& status, const std::string& words) {
        work.last_trouble = label_ + ": " + words;
        for (const auto i : work.index) {
            work.outcomes[i].delivery = Delivery::deferred;
            work.outcomes[i].status = status;
            work.outcomes[i].reply = words;
            work.outcomes[i].host = label_;
        }
    };
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto stream = co_await dialer_.dial(address, host.port, after(settings_.limits.connect));
        if (!stream) {
            if (stream.error() != net::error::connection_refused) work.refused = false;
            defer("4.4.1", "connecting failed: " + stream.error().message());
            co_return false;
        }
        work.refused = false;
        if (settings_.log_connections)
            events_.raise(EventId::outbound_connected,
                          {{"host", label_}, {"route", settings_.route}});
        session_ =
            std::make_unique<Session>(std::move(*stream), settings_.dialogue, settings_.limits);
        const Next next = co_await session_->open();
        const auto& dialogue = session_->dialogue();
        if (dialogue.wants_helo()) settings_.dialogue.helo_only = true;
        if (next == Next::idle) co_return true;
        if (next == Next::reconnect) {
            co_await drop();
            continue;
        }
        // 5xx to everything of one host is its trouble, not that of this message.
        defer(dialogue.name_refused() ? "4.5.0" : "4.4.2", dialogue.refusal());
        if (dialogue.name_refused() && outages_.begins(settings_.route, EventId::helo_refused))
            events_.raise(
                EventId::helo_refused,
                {{"host", label_}, {"detail", dialogue.refusal()}, {"route", settings_.route}});
        break;
    }
    co_await drop();
    co_return false;
}

/// @return whether the same host wants a new connection for what is left.
net::awaitable<bool> Courier::carry(Work& work)
{
    const Next next = co_await session_->carry(work.left);
    const auto& dialogue = session_->dialogue();
    if (next == Next::reconnect) {
        co_await drop();
        co_return true;
    }
    work.reached = true;
    outages_.ends(settings_.route);
    for (std::size_t i = 0; i < work.index.size(); ++i) {
        work.outcomes[work.index[i]] = dialogue.results()[i];
        work.outcomes[work.index[i]].host = label_;
    }
    std::vector<std::size_t> still;
    std::vector<std::string> addresses;
    for (const auto i : dialogue.unfinished()) {
        still.push_back(work.index[i]);
        addresses.push_back(work.left.recipients[i]);
    }
    work.index = std::move(still);
    work.left.recipients = std::move(addresses);
    if (next == Next::give_up) co_await drop();
    co_return false;
}

void Courier::no_host(Work& work, const NoHost& none)
{
    for (const auto i : work.index) {
        auto& outcome = work.outcomes[i];
        outcome.delivery = none.permanent ? Delivery::failed : Delivery::deferred;
        outcome.status = none.status;
        outcome.reply = printable(none.reason.detail(), 1000);
        outcome.whole_route = !none.permanent;
    }
    trouble(none.reason.event() == EventId::routing_loop ? EventId::routing_loop
                                                         : EventId::host_unresolved,
            none.reason.detail());
}

void Courier::trouble(EventId event, const std::string& detail)
{
    if (!outages_.begins(settings_.route, event)) return;
    events_.raise(event, {{"route", settings_.route}, {"detail", detail}});
}

net::awaitable<void> Courier::drop()
{
    if (!session_) co_return;
    const auto session = std::move(session_);
    co_await session->quit();
}

net::awaitable<void> Courier::close() { return drop(); }

}  // namespace imc::smtp::client
