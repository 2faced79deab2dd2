#pragma once
/// @file smtp/client/courier.h  Carries messages of one route to whichever of its hosts takes them.
///
/// Hosts are tried in order, those that did not answer a moment ago last: a refused connection, a
/// missing or refusing greeting, TLS or AUTH that fails, or a connection lost before the end of the
/// text leads to the next one, for the recipients still open. After the end of the text nothing is
/// sent twice. The connection is kept for the next message.
///
/// TLS: with `may`, a host that was never seen under good TLS gets the mail in the clear when the
/// handshake fails (40621); any other gets none (40620, 4.7.5), and mail waits.
///
/// Events:  2001 and 2003 when asked for; 2006, 3010, 3011, 4115, 40302, 40620, 40623, 40624 once
///          when an outage begins; 40621 once an hour and host
/// Threads: one coroutine at a time; Outages and HostMemory are shared by all couriers.
#include "event/log.h"
#include "smtp/client/host_memory.h"
#include "smtp/client/hosts.h"
#include "smtp/client/session.h"

#include <atomic>
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
    Source source = {};
    std::shared_ptr<const TlsClient> tls = {};  ///< null: only with OutboundTls::none
    HostMemory* hosts = nullptr;                ///< outlives the courier; null: nothing is kept
    /// Each connection begins with another host of the list; null: with the first.
    std::shared_ptr<std::atomic<unsigned>> turn = {};
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
    enum class Way : std::uint8_t { as_settings_say, in_the_clear };

    net::awaitable<void> try_hosts(Work& work);
    net::awaitable<void> try_host(Work& work, const Host& host, std::vector<std::string> addresses);
    net::awaitable<void> try_line(Work& work, const Host& host, Line line);
    net::awaitable<bool> call_again(Work& work, const Host& host, const std::string& address,
                                    Line& line);
    net::awaitable<bool> open(Work& work, const Host& host, Line line);
    net::awaitable<Next> open_once(const Host& host, Line line, Way way);
    net::awaitable<bool> carry(Work& work);
    net::awaitable<void> drop();
    std::vector<Host> in_order(std::vector<Host> hosts);
    DialogueSettings dialogue_for(const Host& host, const std::string& address, Way way) const;
    bool may_go_in_the_clear(const Host& host) const;
    void set_back(Work& work, const Host& host);
    void defer(Work& work, const std::string& status, const std::string& words) const;
    void no_host(Work& work, const NoHost& none);
    void trouble(EventId event, const std::string& detail);

    CourierSettings settings_;
    std::unique_ptr<HostFinder> finder_;
    Dialer& dialer_;
    EventLog& events_;
    Outages& outages_;
    std::unique_ptr<Session> session_;
    std::string label_;      // of the host at the other end
    std::string tls_;        // of the connection, for results
    std::string helo_only_;  // label of a host that does not know EHLO
};

}  // namespace imc::smtp::client
