#pragma once
/// @file smtp/client/courier.h  Carries messages of one route to whichever of its hosts takes them.
///
/// Hosts are tried in order: a refused connection, a missing or refusing greeting, or a connection
/// lost before the end of the text leads to the next one, for the recipients still open. After the
/// end of the text nothing is sent twice. The connection is kept for the next message.
///
/// Events:  2001 and 2003 when asked for; 2006, 3010, 3011, 4115, 40302 once when an outage begins
/// Threads: one coroutine at a time; Outages is shared by all couriers.
#include "event/log.h"
#include "smtp/client/hosts.h"
#include "smtp/client/session.h"

#include <functional>
#include <map>
#include <mutex>
#include <optional>

namespace imc::smtp::client {

/// Which routes are in trouble, and with which event: it is said once.
class Outages {
public:
    bool begins(const std::string& route, EventId event);  ///< false: known already
    void ends(const std::string& route);

private:
    std::mutex mutex_;
    std::map<std::string, EventId> known_;
};

struct CourierSettings {
    std::string route;  ///< the route's key, for events
    DialogueSettings dialogue;
    TimeLimits limits = {};
    std::chrono::seconds look_up{60};
    bool log_connections = false;  ///< 2003
    bool log_attempts = false;     ///< 2001
    /// A listener of ours is never connected to (4115, 5.4.6).
    std::function<bool(const std::string& address, std::uint16_t port)> is_ourselves = {};
};

class Courier {
public:
    /// All references outlive the courier.
    Courier(CourierSettings settings, std::unique_ptr<HostFinder> finder, Dialer& dialer,
            EventLog& events, Outages& outages);

    /// One outcome per recipient, in order. @param transaction  outlives the call.
    net::awaitable<std::vector<RecipientOutcome>> deliver(const Transaction& transaction);
    bool reusable() const { return session_ && session_->dialogue().usable(); }
    net::awaitable<void> close();

private:
    struct Work;
    net::awaitable<void> try_hosts(Work& work);
    net::awaitable<void> try_address(Work& work, const Host& host, std::string address);
    net::awaitable<bool> connect(Work& work, const Host& host, const std::string& address);
    net::awaitable<bool> carry(Work& work);
    net::awaitable<void> drop();
    void no_host(Work& work, const NoHost& none);
    void trouble(EventId event, const std::string& detail);

    CourierSettings settings_;
    std::unique_ptr<HostFinder> finder_;
    Dialer& dialer_;
    EventLog& events_;
    Outages& outages_;
    std::unique_ptr<Session> session_;
    std::string label_;  // of the host at the other end
};

}  // namespace imc::smtp::client
