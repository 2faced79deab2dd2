#include "smtp/client/courier.h"

#include "base/text.h"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <utility>

namespace imc::smtp::client {
namespace {

std::string key_of(const Host& host)
{
    return host.port == 0 ? host.name : host.name + ":" + std::to_string(host.port);
}

std::string label_of(const Host& host, const std::string& address)
{
    return host.port == 0 ? address : host.name + "[" + address + "]:" + std::to_string(host.port);
}

bool is_this_machine(const Host& host, const std::string& address)
{
    return host.port == 0 || address.starts_with("127.") || address == "::1";
}

EventId event_of(Setback setback)
{
    switch (setback) {
    case Setback::name_refused: return EventId::helo_refused;
    case Setback::tls_unmet:
    case Setback::tls_failed: return EventId::outbound_tls_unmet;
    case Setback::auth_unusable: return EventId::peer_auth_unusable;
    case Setback::auth_refused: return EventId::peer_auth_refused;
    case Setback::none: break;
    }
    return EventId::connect_failed;
}

}  // namespace

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

/// One message on its way: the recipients still open are those of left().
struct Courier::Work {
    explicit Work(const Transaction& t) : all{t}, outcomes(t.recipients.size())
    {
        index.resize(t.recipients.size());
        std::iota(index.begin(), index.end(), std::size_t{0});
    }
    bool done() const { return index.empty(); }
    /// Unless it is done.
    const Transaction& left() const { return rest ? *rest : all; }

    /// Others than those of `open` have their result.
    void keep(const std::vector<std::size_t>& open)
    {
        if (open.size() == index.size()) return;
        std::vector<std::size_t> still;
        for (const auto i : open)
            still.push_back(index[i]);
        index = std::move(still);
        if (done()) return;
        if (!rest) rest = all;
        rest->recipients.clear();
        rest->wishes.clear();
        for (const auto i : index) {
            rest->recipients.push_back(all.recipients[i]);
            if (!all.wishes.empty()) rest->wishes.push_back(all.wishes[i]);
        }
    }

    const Transaction& all;
    std::optional<Transaction> rest;  ///< nothing: everybody is open
    std::vector<std::size_t> index;   ///< of the recipients that are open, in `all`
    std::vector<RecipientOutcome> outcomes;
    bool reached = false;  ///< some host has taken part in a transaction
    bool refused = true;   ///< every failed connection was refused
    Setback setback = Setback::none;
    std::string last_trouble;
    std::vector<TriedHost> tried;
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
    if (!work.tried.empty()) {
        const auto tried = std::make_shared<const std::vector<TriedHost>>(std::move(work.tried));
        for (auto& outcome : work.outcomes)
            outcome.tried = tried;
    }

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

/// Round robin where it is asked for; a host that did not answer a moment ago is tried last.
std::vector<Host> Courier::in_order(std::vector<Host> hosts)
{
    if (settings_.turn && hosts.size() > 1) {
        const auto first = settings_.turn->fetch_add(1) % hosts.size();
        std::rotate(hosts.begin(), hosts.begin() + static_cast<std::ptrdiff_t>(first), hosts.end());
    }
    if (settings_.hosts == nullptr) return hosts;
    std::vector<Host> up, down;
    for (auto& host : hosts)
        (settings_.hosts->is_down(key_of(host)) ? down : up).push_back(std::move(host));
    std::ranges::move(down, std::back_inserter(up));
    return up;
}

net::awaitable<void> Courier::try_hosts(Work& work)
{
    Hosts found = co_await finder_->find(after(settings_.look_up));
    if (const auto* none = std::get_if<NoHost>(&found)) {
        no_host(work, *none);
        co_return;
    }
    const auto hosts = in_order(std::move(*std::get_if<std::vector<Host>>(&found)));
    bool only_ourselves = true;
    for (const auto& host : hosts) {
        auto addresses = host.addresses;
        std::erase_if(addresses, [&](const std::string& address) {
            return settings_.is_ourselves && settings_.is_ourselves(address, host.port);
        });
        if (addresses.empty()) continue;
        only_ourselves = false;
        co_await try_host(work, host, std::move(addresses));
        if (work.done()) co_return;
    }
    if (only_ourselves) {
        no_host(work, NoHost{true, "5.4.6",
                             Error{EventId::routing_loop, "the next hop is our own listener"}});
        co_return;
    }
    if (work.reached) co_return;
    for (auto& outcome : work.outcomes)
        outcome.whole_route = true;
    if (work.setback == Setback::none)
        trouble(work.refused ? EventId::connect_refused : EventId::connect_failed,
                work.last_trouble);
}

/// Its addresses in order, each time with the first of another family beside it.
net::awaitable<void> Courier::try_host(Work& work, const Host& host,
                                       std::vector<std::string> addresses)
{
    while (!addresses.empty()) {
        Call call;
        call.address = addresses.front();
        call.port = host.port;
        call.source = settings_.source;
        call.name = host.name;
        const auto other = std::ranges::find_if(
            addresses, [&](const std::string& a) { return is_ipv6(a) != is_ipv6(call.address); });
        if (host.port != 0 && other != addresses.end()) call.other = *other;
        auto line = co_await dialer_.dial(call, after(settings_.limits.connect));
        if (line) {
            std::erase(addresses, line->address);
            Line taken = std::move(*line);
            co_await try_line(work, host, std::move(taken));
            if (work.done()) co_return;
            continue;
        }
        label_ = label_of(host, call.address);
        if (line.error() != net::error::connection_refused) work.refused = false;
        if (settings_.hosts != nullptr) settings_.hosts->failed(key_of(host));
        defer(work, "4.4.1", "connecting failed: " + line.error().message());
        std::erase(addresses, call.address);
        std::erase(addresses, call.other);
    }
}

/// A second connection to the same host when it asks for one: with HELO, or after some messages.
net::awaitable<void> Courier::try_line(Work& work, const Host& host, Line line)
{
    const std::string address = line.address;
    for (int idle = 0; idle < 3; ++idle) {
        const bool opened = co_await open(work, host, std::move(line));
        if (!opened) co_return;
        const auto before = work.index.size();
        const bool again = co_await carry(work);
        if (!again || work.done()) co_return;
        if (work.index.size() < before) idle = 0;
        const bool called = co_await call_again(work, host, address, line);
        if (!called) co_return;
    }
}

net::awaitable<bool> Courier::call_again(Work& work, const Host& host, const std::string& address,
                                         Line& line)
{
    co_await drop();
    Call call;
    call.address = address;
    call.port = host.port;
    call.source = settings_.source;
    call.name = host.name;
    auto again = co_await dialer_.dial(call, after(settings_.limits.connect));
    if (!again) {
        work.refused = false;
        defer(work, "4.4.1", "connecting once more failed: " + again.error().message());
        co_return false;
    }
    line = std::move(*again);
    co_return true;
}

/// A connection ready for messages: with HELO if EHLO makes the host hang up, in the clear if TLS
/// fails and may be done without.
net::awaitable<bool> Courier::open(Work& work, const Host& host, Line line)
{
    const std::string address = line.address;
    work.refused = false;
    Way way = Way::as_settings_say;
    for (int attempt = 0; attempt < 3; ++attempt) {
        co_await drop();
        const Next next = co_await open_once(host, std::move(line), way);
        const auto& opening = session_->dialogue().opening();
        if (opening.wants_helo()) helo_only_ = label_;
        if (next == Next::idle) {
            if (settings_.hosts != nullptr) settings_.hosts->worked(key_of(host));
            if (settings_.hosts != nullptr && helo_only_ == label_)
                settings_.hosts->took_helo(key_of(host));
            co_return true;
        }
        const bool in_the_clear = opening.setback() == Setback::tls_failed &&
                                  way != Way::in_the_clear && may_go_in_the_clear(host);
        if (in_the_clear) {
            way = Way::in_the_clear;
            if (settings_.hosts == nullptr || settings_.hosts->says_broken_tls(key_of(host)))
                events_.raise(
                    EventId::outbound_tls_failed,
                    {{"host", label_}, {"route", settings_.route}, {"detail", opening.refusal()}});
        } else if (next != Next::reconnect) {
            set_back(work, host);
            break;
        }
        const bool called = co_await call_again(work, host, address, line);
        if (!called) break;
    }
    co_await drop();
    co_return false;
}

net::awaitable<Next> Courier::open_once(const Host& host, Line line, Way way)
{
    label_ = label_of(host, line.address);
    tls_.clear();
    if (settings_.log_connections)
        events_.raise(EventId::outbound_connected, {{"host", label_}, {"route", settings_.route}});
    session_ =
        std::make_unique<Session>(std::move(line.stream), dialogue_for(host, line.address, way),
                                  settings_.limits, SessionTls{settings_.tls, host.name});
    const Next next = co_await session_->open();
    if (const auto& facts = session_->dialogue().opening().tls()) {
        tls_ = facts->version + " " + facts->cipher;
        if (settings_.hosts != nullptr && next == Next::idle)
            settings_.hosts->saw_tls(key_of(host));
    }
    co_return next;
}

DialogueSettings Courier::dialogue_for(const Host& host, const std::string& address, Way way) const
{
    DialogueSettings out = settings_.dialogue;
    out.helo_only = out.helo_only || helo_only_ == label_;
    if (way == Way::in_the_clear) {
        out.tls = OutboundTls::none;
        out.tls_has_failed = true;
    }
    out.seen_with_tls = settings_.hosts != nullptr && settings_.hosts->knows_tls(key_of(host));
    // HELO has neither TLS nor AUTH: where they are meant to be, EHLO is asked each time.
    const bool in_the_clear_will_do =
        (out.tls == OutboundTls::none || (out.tls == OutboundTls::may && !out.seen_with_tls)) &&
        !out.credentials;
    if (in_the_clear_will_do && settings_.hosts != nullptr)
        out.helo_only = out.helo_only || settings_.hosts->wants_helo(key_of(host));
    out.secrets_in_clear =
        settings_.dialogue.tls == OutboundTls::none && is_this_machine(host, address);
    return out;
}

bool Courier::may_go_in_the_clear(const Host& host) const
{
    return settings_.dialogue.tls == OutboundTls::may && !settings_.dialogue.credentials &&
           (settings_.hosts == nullptr || !settings_.hosts->knows_tls(key_of(host)));
}

/// 5xx to everything of one host is its trouble or ours, not that of this message.
void Courier::set_back(Work& work, const Host& host)
{
    const auto& opening = session_->dialogue().opening();
    const auto setback = opening.setback();
    if (settings_.hosts != nullptr && setback == Setback::none)
        settings_.hosts->failed(key_of(host));
    defer(work, opening.status(), opening.refusal());
    if (setback == Setback::none) return;
    work.setback = setback;
    const auto event = event_of(setback);
    if (!outages_.begins(settings_.route, event)) return;
    events_.raise(event,
                  {{"host", label_}, {"detail", opening.refusal()}, {"route", settings_.route}});
}

/// @return whether the same host wants a new connection for what is left.
net::awaitable<bool> Courier::carry(Work& work)
{
    const Next next = co_await session_->carry(work.left());
    const auto open = session_->dialogue().unfinished();
    const bool untouched = next == Next::reconnect && open.size() == work.index.size();
    if (!untouched) {
        work.reached = true;
        outages_.ends(settings_.route);
        auto results = session_->take_results();
        for (std::size_t i = 0; i < work.index.size(); ++i) {
            auto& outcome = work.outcomes[work.index[i]] = std::move(results[i]);
            outcome.host = label_;
            outcome.tls = tls_;
        }
        work.keep(open);
    }
    if (next != Next::idle) co_await drop();
    co_return next == Next::reconnect;
}

void Courier::defer(Work& work, const std::string& status, const std::string& words) const
{
    work.last_trouble = label_ + ": " + words;
    work.tried.push_back({label_, words});
    for (const auto i : work.index) {
        auto& outcome = work.outcomes[i];
        outcome = {};
        outcome.status = status;
        outcome.reply = words;
        outcome.host = label_;
    }
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
