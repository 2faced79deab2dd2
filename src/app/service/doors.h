#pragma once
/// @file app/service/doors.h  The listening sockets, over all generations and while held.
///
/// A generation's sockets are bound before anything of it is in force, and answer only when all of
/// it is: a client that comes between waits in the kernel's queue, and nobody finds a port without
/// its terms. What stays in Listeners keeps its socket.
///
/// Events:  40605 (a socket of systemd's that nobody wants); bind() answers 4007
/// Threads: one at a time.
#include "config/config.h"
#include "event/log.h"
#include "smtp/server/listener.h"

#include <functional>
#include <memory>
#include <vector>

namespace imc::app {

/// Bound sockets in the order of Config::listeners; closed with it unless a listener took them.
class Sockets {
public:
    Sockets() = default;
    Sockets(Sockets&&) = default;
    Sockets& operator=(Sockets&&) = delete;
    ~Sockets();
    void add(int descriptor) { descriptors_.push_back(descriptor); }
    int take(std::size_t place) { return std::exchange(descriptors_[place], -1); }

private:
    std::vector<int> descriptors_;
};

class Doors {
public:
    using Executors = std::function<std::vector<smtp::net::any_io_executor>()>;
    using Answer = std::function<smtp::net::awaitable<void>(
        const config::ListenerSetting&, std::unique_ptr<smtp::Stream>, smtp::Peer)>;

    Doors(Executors executors, smtp::Sessions& sessions, Answer answer, EventLog& events)
        : executors_{std::move(executors)}, sessions_{sessions}, answer_{std::move(answer)},
          events_{events}
    {}

    /// Error: the first that cannot be bound; nothing has changed then.
    Result<Sockets> bind(const config::Config& config) const;
    /// @param sockets  of bind() with the same configuration
    void open(const config::Config& config, Sockets sockets);

    /// 421 with `text` on these addresses; accepts nothing. Addresses that cannot be bound are left
    /// out.
    void hold(const std::vector<config::ListenerSetting>& listeners, const std::string& host,
              const std::string& text);
    void close();

    void name_sockets_nobody_wants() const;
    std::string names() const { return names_of(open_); }       ///< "127.0.0.1:25 [::]:25"
    std::string held_names() const { return names_of(held_); }  ///< likewise

private:
    using Listeners = std::vector<std::unique_ptr<smtp::Listener>>;

    static std::string names_of(const Listeners& listeners);
    static smtp::Listener* find(const Listeners& in, const config::ListenerSetting& where);
    std::unique_ptr<smtp::Listener> listen(const config::ListenerSetting& where, int descriptor,
                                           const config::Config& config,
                                           const std::string& held_text);

    const Executors executors_;
    smtp::Sessions& sessions_;
    const Answer answer_;
    EventLog& events_;
    Listeners open_, held_;
};

}  // namespace imc::app
