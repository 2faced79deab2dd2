#include "smtp/server/listener.h"

#include "event/caught.h"
#include "smtp/socket_stream.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <fcntl.h>
#include <mutex>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>

namespace imc::smtp {

using namespace std::chrono_literals;
using boost::system::error_code;
using net::ip::tcp;

struct Sessions::State {
    struct One {
        int descriptor;
        bool in_message = false;
    };
    std::mutex mutex;
    std::condition_variable fewer;
    std::unordered_map<std::uint64_t, One> live;
    std::unordered_map<std::string, std::size_t> per_address;
    std::uint64_t last = 0;
    bool ending = false;

    /// @return 0 when there is no room
    std::uint64_t begin(const std::string& address, std::size_t most, std::size_t most_per_address,
                        One one)
    {
        const std::lock_guard lock{mutex};
        auto& here = per_address[address];
        if (ending || live.size() >= most || here >= most_per_address) {
            if (here == 0) per_address.erase(address);
            return 0;
        }
        ++here;
        live.emplace(++last, one);
        return last;
    }

    void end(std::uint64_t id, const std::string& address)
    {
        const std::lock_guard lock{mutex};
        live.erase(id);
        if (const auto here = per_address.find(address);
            here != per_address.end() && --here->second == 0)
            per_address.erase(here);
        fewer.notify_all();
    }
};

Sessions::Sessions() : state_{std::make_shared<State>()} {}
Sessions::~Sessions() = default;

std::size_t Sessions::count() const
{
    const std::lock_guard lock{state_->mutex};
    return state_->live.size();
}

bool Sessions::end(Deadline deadline)
{
    std::unique_lock lock{state_->mutex};
    state_->ending = true;
    // A client that waits for our next reply gets it; one that is silent reads the end of the
    // stream.
    for (const auto& [id, one] : state_->live)
        if (!one.in_message) ::shutdown(one.descriptor, SHUT_RD);
    return state_->fewer.wait_until(lock, deadline, [this] { return state_->live.empty(); });
}

void Sessions::message_begins(std::uint64_t session)
{
    const std::lock_guard lock{state_->mutex};
    if (const auto one = state_->live.find(session); one != state_->live.end())
        one->second.in_message = true;
}

void Sessions::message_ends(std::uint64_t session)
{
    const std::lock_guard lock{state_->mutex};
    const auto one = state_->live.find(session);
    if (one == state_->live.end()) return;
    one->second.in_message = false;
    // Its reply still goes out; the next command is not read any more.
    if (state_->ending) ::shutdown(one->second.descriptor, SHUT_RD);
}

void Sessions::abort()
{
    std::unique_lock lock{state_->mutex};
    for (const auto& [id, one] : state_->live)
        ::shutdown(one.descriptor, SHUT_RDWR);
    state_->fewer.wait_for(lock, 2s, [this] { return state_->live.empty(); });
}

struct Listener::State : std::enable_shared_from_this<Listener::State> {
    ListenerSettings settings;
    std::shared_ptr<Sessions::State> sessions;
    Serve serve;
    EventLog& events;
    std::vector<std::shared_ptr<tcp::acceptor>> acceptors;
    std::atomic<bool> stopped{false};
    std::atomic<bool> starved{false};
    std::mutex mutex;
    std::string held;  ///< under the mutex: may be said anew while clients come

    std::string held_now()
    {
        const std::lock_guard lock{mutex};
        return held;
    }

    State(ListenerSettings s, std::shared_ptr<Sessions::State> all, Serve f, EventLog& e)
        : settings{std::move(s)}, sessions{std::move(all)}, serve{std::move(f)}, events{e},
          held{settings.held}
    {}

    /// What one client makes it throw must not close the door to the next one.
    static net::awaitable<void> accept_all(std::shared_ptr<State> self,
                                           std::shared_ptr<tcp::acceptor> acceptor)
    {
        while (!self->stopped) {
            try {
                co_await accept(self, acceptor);
                co_return;
            } catch (...) {
                raise_begins_again(self->events, "The listener " + self->settings.name);
            }
            error_code woken;
            net::steady_timer pause{acceptor->get_executor(), 100ms};
            co_await pause.async_wait(net::redirect_error(net::use_awaitable, woken));
        }
    }

    static net::awaitable<void> accept(std::shared_ptr<State> self,
                                       std::shared_ptr<tcp::acceptor> acceptor)
    {
        while (!self->stopped) {
            error_code failure;
            tcp::socket socket =
                co_await acceptor->async_accept(net::redirect_error(net::use_awaitable, failure));
            // A client that came in the moment we stopped is still a client.
            if (!failure) {
                self->starved = false;
                self->admit(std::move(socket));
                continue;
            }
            if (self->stopped || failure == net::error::operation_aborted) co_return;
            if (failure == net::error::no_descriptors || failure == net::error::no_memory ||
                failure == error_code{ENFILE, boost::system::system_category()}) {
                // Nothing can be done but wait for sessions to end; said once, not in a loop.
                if (!self->starved.exchange(true))
                    self->events.raise(EventId::no_descriptors, {{"listener", self->settings.name},
                                                                 {"detail", failure.message()}});
                net::steady_timer pause{acceptor->get_executor(), 100ms};
                co_await pause.async_wait(net::redirect_error(net::use_awaitable, failure));
            }
        }
    }

    void admit(tcp::socket socket)
    {
        error_code gone;
        const auto remote = socket.remote_endpoint(gone);
        if (gone) return;
        const auto local = socket.local_endpoint(gone);
        if (gone) return;
        socket.set_option(tcp::no_delay{true}, gone);
        Peer peer{plain(remote.address()), remote.port(), plain(local.address()), local.port()};
        const auto executor = socket.get_executor();
        const int descriptor = socket.native_handle();
        auto stream = socket_stream(net::generic::stream_protocol::socket{std::move(socket)});
        const auto text = held_now();
        const auto id = text.empty() ? sessions->begin(peer.address, settings.most,
                                                       settings.most_per_address, {descriptor})
                                     : 0;
        if (id == 0 && settings.tls_first) return;
        if (id == 0) {
            net::co_spawn(executor, turn_away(std::move(stream), greeting(text)), net::detached);
            return;
        }
        peer.session = id;
        try {
            net::co_spawn(executor, run(shared_from_this(), std::move(stream), peer),
                          net::detached);
        } catch (...) {
            sessions->end(id, peer.address);
            throw;
        }
    }

    static std::string plain(const net::ip::address& address)
    {
        if (address.is_v6() && address.to_v6().is_v4_mapped())
            return net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6()).to_string();
        return address.to_string();
    }

    std::string greeting(const std::string& held_text) const
    {
        if (!held_text.empty()) return "421 4.3.2 " + settings.host + " " + held_text + "\r\n";
        return "421 4.3.2 " + settings.host + " too many connections; try again later\r\n";
    }

    static net::awaitable<void> turn_away(std::unique_ptr<Stream> stream, std::string text)
    {
        (void)co_await stream->write(text, after(5s));
        co_await stream->close(after(1s));
    }

    static net::awaitable<void> run(std::shared_ptr<State> self, std::unique_ptr<Stream> stream,
                                    Peer peer)
    {
        try {
            auto session = self->serve(std::move(stream), peer);
            co_await std::move(session);
        } catch (...) {
            raise_caught(self->events, "session with", peer.address);
        }
        self->sessions->end(peer.session, peer.address);
    }
};

Listener::Listener(ListenerSettings settings, std::vector<net::any_io_executor> executors,
                   Sessions& sessions, Serve serve, EventLog& events)
    : state_{
          std::make_shared<State>(std::move(settings), sessions.state(), std::move(serve), events)}
{
    sockaddr_storage where{};
    socklen_t size = sizeof where;
    ::getsockname(state_->settings.descriptor, reinterpret_cast<sockaddr*>(&where), &size);
    const auto protocol = where.ss_family == AF_INET6 ? tcp::v6() : tcp::v4();
    for (const auto& executor : executors) {
        auto acceptor = std::make_shared<tcp::acceptor>(executor);
        error_code failure;
        acceptor->assign(protocol, ::dup(state_->settings.descriptor), failure);
        if (failure) continue;
        acceptor->non_blocking(true, failure);
        state_->acceptors.push_back(acceptor);
        net::co_spawn(executor, State::accept_all(state_, acceptor), net::detached);
    }
}

Listener::~Listener() { stop(); }

const std::string& Listener::name() const { return state_->settings.name; }

std::uint16_t Listener::port() const
{
    sockaddr_storage where{};
    socklen_t size = sizeof where;
    ::getsockname(state_->settings.descriptor, reinterpret_cast<sockaddr*>(&where), &size);
    return ntohs(where.ss_family == AF_INET6
                     ? reinterpret_cast<const sockaddr_in6&>(where).sin6_port
                     : reinterpret_cast<const sockaddr_in&>(where).sin_port);
}

void Listener::hold(std::string text)
{
    const std::lock_guard lock{state_->mutex};
    state_->held = std::move(text);
}
int Listener::duplicate() const { return ::fcntl(state_->settings.descriptor, F_DUPFD_CLOEXEC, 3); }

void Listener::stop()
{
    if (state_->stopped.exchange(true)) return;
    for (const auto& acceptor : state_->acceptors)
        net::post(acceptor->get_executor(), [acceptor] {
            error_code gone;
            acceptor->close(gone);
        });
    ::close(state_->settings.descriptor);
}

}  // namespace imc::smtp
