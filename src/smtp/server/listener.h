#pragma once
/// @file smtp/server/listener.h  Listening sockets, and the sessions that came in through them.
///
/// One listening socket per address, shared by all io_contexts: each takes connections from it when
/// it has time. Sessions are counted, bounded, and ended in good order.
///
/// Events:  4007 (cannot bind: address, port, reason, owner of the port), 4037 (a defect,
/// contained),
///          40200 (no descriptors left), 40605 by who opens them all (systemd's that fits no row)
/// Threads: start and stop from one thread; sessions run on the io_contexts.
#include "event/log.h"
#include "smtp/server/facts.h"
#include "smtp/stream.h"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace imc::smtp {

/// A bound, listening, non-blocking socket: systemd's, when it gave us one for this address and
/// port (sd_listen_fds(3), imc.socket), else our own. "::" alone takes IPv4, too.
Result<int> bind_listener(const std::string& address, std::uint16_t port);

/// Sockets that systemd has given us, as "127.0.0.1:25"; those bind_listener hands out included.
std::vector<std::string> inherited_listeners();

struct PortOwner {
    int pid = 0;
    std::string name;
};
/// Who listens there, as far as /proc tells us.
std::optional<PortOwner> port_owner(const std::string& address, std::uint16_t port);

struct ListenerSettings {
    std::string name;         ///< "127.0.0.1:25"
    int descriptor;           ///< of bind_listener(); the listener owns it from now on
    std::size_t most = 2000;  ///< sessions of all listeners together
    std::size_t most_per_address = 1000;
    std::string host;        ///< for 421 greetings
    std::string held = {};   ///< not empty: greet with 421 and this text, and close
    bool tls_first = false;  ///< implicit TLS: who is turned away hears nothing in the clear
};

/// Counts sessions over all listeners.
class Sessions {
public:
    Sessions();
    ~Sessions();
    std::size_t count() const;
    /// Asks all sessions to end after their current message, and waits. @return false at the
    /// deadline. May be called again.
    bool end(Deadline deadline);
    /// The session's client is sending a message: the end waits until it has been answered.
    void message_begins(std::uint64_t session);
    void message_ends(std::uint64_t session);
    /// Ends what is left, whatever it does.
    void abort();

    struct State;
    const std::shared_ptr<State>& state() const { return state_; }

private:
    std::shared_ptr<State> state_;
};

/// Speaks with one client until the end. Lives as long as any session that it began.
using Serve = std::function<net::awaitable<void>(std::unique_ptr<Stream>, Peer)>;

class Listener {
public:
    Listener(ListenerSettings settings, std::vector<net::any_io_executor> executors,
             Sessions& sessions, Serve serve, EventLog& events);
    ~Listener();  ///< stops
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    const std::string& name() const;
    std::uint16_t port() const;  ///< that the kernel chose, when 0 was asked for
    /// The same socket again, for the listener that takes its place; -1: no descriptors left.
    int duplicate() const;
    void hold(std::string text);  ///< greets with 421 and this text from now on
    void stop();                  ///< takes no more connections

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace imc::smtp
