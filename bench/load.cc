/// load PORT: an SMTP client that costs little, for N sessions at once, in the clear or under TLS.
///
///     load 2525 [--sessions 100] [--size 4096] [--per-connection 0] [--tls] [--warm 1]
///               [--seconds 2] [--to someone@dest.example]
///
/// Each session says one command at a time, as smtp-source does. --per-connection 1 opens a
/// connection for each message; 0 keeps it. With kept connections all sessions greet first; those
/// that the server lets wait for more than a second are left waiting. Then messages are sent, and
/// after --warm seconds the measured time begins:
///
///     begin SESSIONS          how many have been greeted; the measured time begins
///     done MESSAGES SECONDS FAILED CPU
///                             messages answered 250 in it, failures, our own seconds of CPU
///
/// Whoever reads these lines looks at the server's CPU when each of them comes.
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <span>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct Wish {
    std::uint16_t port = 0;
    std::size_t sessions = 100;
    std::size_t size = 4096;
    std::size_t per_connection = 0;
    bool tls = false;
    double warm = 1;
    double seconds = 2;
    std::string to = "someone@dest.example";
};

/// A header and lines of 78 octets; `size` octets with the CRLFs, the end mark not counted.
std::string text_of(std::size_t size)
{
    std::string text = "From: <sender@load.example>\r\nTo: <someone@dest.example>\r\n"
                       "Subject: load\r\nMessage-ID: <1@load.example>\r\n\r\n";
    while (text.size() < size) {
        const auto line = std::min<std::size_t>(78, size - text.size());
        text += std::string(line < 3 ? 0 : line - 2, 'x') + "\r\n";
    }
    return text + ".\r\n";
}

struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

enum class Said : std::uint8_t { nothing, ehlo, starttls, mail, rcpt, data, text, quit };

struct Session {
    int socket = -1;
    std::unique_ptr<SSL, Free> ssl;
    Said said = Said::nothing;
    bool shaking_hands = false;
    bool ready = false;  ///< greeted; says MAIL when it may
    bool waits = false;  ///< for room to send
    std::string_view unsent;
    std::size_t messages = 0;  ///< of this connection
    std::array<char, 4> line{};
    std::size_t column = 0;
};

class Load {
public:
    explicit Load(Wish wish) : wish_{std::move(wish)}, text_{text_of(wish_.size)}
    {
        rcpt_ = "RCPT TO:<" + wish_.to + ">\r\n";
        sessions_.resize(wish_.sessions);
        if (!wish_.tls) return;
        tls_.reset(SSL_CTX_new(TLS_client_method()));
        SSL_CTX_set_mode(tls_.get(),
                         SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_CTX_set_read_ahead(tls_.get(), 1);
    }

    int run()
    {
        for (auto& session : sessions_)
            open(session);
        if (wish_.per_connection == 0) greet_all();
        sending_ = true;
        for (auto& session : sessions_)
            if (session.ready) begin_message(session);
        const auto warm_until = Clock::now() + std::chrono::seconds{20};
        turn(wish_.warm);
        while (accepted_ == 0 && Clock::now() < warm_until)
            turn(0.1);
        const auto failed = std::exchange(failed_, 0);
        if (accepted_ == 0) {
            std::fprintf(stderr, "load: nothing accepted, %zu failures\n", failed);
            return 1;
        }
        accepted_ = 0;
        const auto cpu = used();
        std::printf("begin %zu\n", greeted_);
        std::fflush(stdout);
        const auto began = Clock::now();
        turn(wish_.seconds);
        const Seconds took = Clock::now() - began;
        std::printf("done %zu %.3f %zu %.3f\n", accepted_, took.count(), failed_, used() - cpu);
        std::fflush(stdout);
        return 0;
    }

private:
    static double used()
    {
        rusage use{};
        ::getrusage(RUSAGE_SELF, &use);
        const auto seconds = [](timeval t) {
            return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
        };
        return seconds(use.ru_utime) + seconds(use.ru_stime);
    }

    void greet_all()
    {
        auto last = Clock::now();
        for (std::size_t before = 0; greeted_ < sessions_.size();) {
            turn(0.01);
            if (greeted_ != before) last = Clock::now();
            before = greeted_;
            if (Clock::now() - last > std::chrono::seconds{1}) return;
        }
    }

    void turn(double seconds)
    {
        const auto end =
            Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds{seconds});
        std::array<epoll_event, 256> events{};
        while (Clock::now() < end) {
            const int count = ::epoll_wait(poll_, events.data(), events.size(), 1);
            for (int i = 0; i < count; ++i)
                on_event(*static_cast<Session*>(events[static_cast<std::size_t>(i)].data.ptr));
        }
    }

    void on_event(Session& session)
    {
        if (session.shaking_hands && !shake_hands(session)) return;
        if (!session.unsent.empty() && !send(session)) return;
        read(session);
    }

    void open(Session& session)
    {
        session.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_port = htons(wish_.port);
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        ::setsockopt(session.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (::connect(session.socket, reinterpret_cast<const sockaddr*>(&where), sizeof where) !=
                0 &&
            errno != EINPROGRESS) {
            std::perror("load: connect");
            std::exit(1);
        }
        watch(session, EPOLL_CTL_ADD, EPOLLIN);
    }

    void watch(Session& session, int operation, std::uint32_t events) const
    {
        epoll_event event{};
        event.events = events;
        event.data.ptr = &session;
        ::epoll_ctl(poll_, operation, session.socket, &event);
    }

    void reopen(Session& session)
    {
        greeted_ -= session.ready ? 1 : 0;
        session.ssl.reset();
        ::close(session.socket);
        session = Session{};
        open(session);
    }

    void fail(Session& session)
    {
        ++failed_;
        reopen(session);
    }

    void read(Session& session)
    {
        do {
            std::array<char, 2048> room;  // NOLINT: filled below
            std::ptrdiff_t octets = 0;
            if (session.ssl) {
                octets = SSL_read(session.ssl.get(), room.data(), room.size());
                if (octets <= 0 && SSL_get_error(session.ssl.get(), static_cast<int>(octets)) ==
                                       SSL_ERROR_WANT_READ)
                    return;
            } else {
                octets = ::recv(session.socket, room.data(), room.size(), 0);
                if (octets < 0 && errno == EAGAIN) return;
            }
            if (octets <= 0) return fail(session);
            take(session, std::span{room}.first(static_cast<std::size_t>(octets)));
        } while (session.ssl && SSL_has_pending(session.ssl.get()) == 1);
    }

    void take(Session& session, std::span<const char> octets)
    {
        for (const char c : octets) {
            if (session.column < session.line.size()) session.line[session.column] = c;
            ++session.column;
            if (c != '\n') continue;
            session.column = 0;
            if (session.line[3] == '-') continue;
            on_reply(session);
            if (session.said == Said::nothing) return;  // opened anew
        }
    }

    void on_reply(Session& session)
    {
        const char kind = session.line[0];
        const bool good = kind == (session.said == Said::data ? '3' : '2');
        if (!good) return fail(session);
        switch (session.said) {
        case Said::nothing: return say(session, Said::ehlo, "EHLO load.example\r\n");
        case Said::ehlo:
            if (tls_ && !session.ssl) return say(session, Said::starttls, "STARTTLS\r\n");
            session.ready = true;
            ++greeted_;
            if (sending_) begin_message(session);
            return;
        case Said::starttls: return begin_tls(session);
        case Said::mail: return say(session, Said::rcpt, rcpt_);
        case Said::rcpt: return say(session, Said::data, "DATA\r\n");
        case Said::data: return say(session, Said::text, text_);
        case Said::text:
            ++accepted_;
            if (++session.messages == wish_.per_connection)
                return say(session, Said::quit, "QUIT\r\n");
            return begin_message(session);
        case Said::quit: return reopen(session);
        }
    }

    void begin_message(Session& session)
    {
        say(session, Said::mail, "MAIL FROM:<sender@load.example>\r\n");
    }

    void begin_tls(Session& session)
    {
        session.ssl.reset(SSL_new(tls_.get()));
        SSL_set_fd(session.ssl.get(), session.socket);
        SSL_set_connect_state(session.ssl.get());
        session.shaking_hands = true;
        (void)shake_hands(session);
    }

    bool shake_hands(Session& session)
    {
        const int result = SSL_do_handshake(session.ssl.get());
        if (result == 1) {
            session.shaking_hands = false;
            say(session, Said::ehlo, "EHLO load.example\r\n");
            return true;
        }
        if (SSL_get_error(session.ssl.get(), result) != SSL_ERROR_WANT_READ) fail(session);
        return false;
    }

    void say(Session& session, Said what, std::string_view octets)
    {
        session.said = what;
        session.unsent = octets;
        (void)send(session);
    }

    /// @return false: not all of it has gone, or the session has been opened anew
    bool send(Session& session)
    {
        while (!session.unsent.empty()) {
            std::ptrdiff_t sent = 0;
            if (session.ssl) {
                sent = SSL_write(session.ssl.get(), session.unsent.data(),
                                 static_cast<int>(session.unsent.size()));
                if (sent <= 0 && SSL_get_error(session.ssl.get(), static_cast<int>(sent)) ==
                                     SSL_ERROR_WANT_WRITE)
                    break;
            } else {
                sent = ::send(session.socket, session.unsent.data(), session.unsent.size(),
                              MSG_NOSIGNAL);
                if (sent < 0 && errno == EAGAIN) break;
            }
            if (sent <= 0) {
                fail(session);
                return false;
            }
            session.unsent.remove_prefix(static_cast<std::size_t>(sent));
        }
        const bool waits = !session.unsent.empty();
        if (waits != session.waits) {
            watch(session, EPOLL_CTL_MOD, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
            session.waits = waits;
        }
        return !waits;
    }

    const Wish wish_;
    const std::string text_;
    std::string rcpt_;
    std::unique_ptr<SSL_CTX, Free> tls_;
    int poll_ = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<Session> sessions_;
    bool sending_ = false;
    std::size_t greeted_ = 0;
    std::size_t accepted_ = 0;
    std::size_t failed_ = 0;
};

int usage()
{
    std::fputs("as in: load 2525 --sessions 100 --size 4096 --per-connection 0 --tls --warm 1 "
               "--seconds 2 --to someone@dest.example\n",
               stderr);
    return 2;
}

}  // namespace

int main(int argc, char** argv)
{
    Wish wish;
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.empty()) return usage();
    wish.port = static_cast<std::uint16_t>(std::stoul(words[0]));
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto& name = words[i];
        if (name == "--tls") {
            wish.tls = true;
            continue;
        }
        if (i + 1 == words.size()) return usage();
        const auto& value = words[++i];
        if (name == "--sessions")
            wish.sessions = std::stoul(value);
        else if (name == "--size")
            wish.size = std::stoul(value);
        else if (name == "--per-connection")
            wish.per_connection = std::stoul(value);
        else if (name == "--warm")
            wish.warm = std::stod(value);
        else if (name == "--seconds")
            wish.seconds = std::stod(value);
        else if (name == "--to")
            wish.to = value;
        else
            return usage();
    }
    std::signal(SIGPIPE, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return Load{std::move(wish)}.run();
}
