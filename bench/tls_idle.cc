/// tls_idle [COUNT]: memory of COUNT TLS sessions that have said one word and then nothing.
/// Clients are OpenSSL's, in a process of their own, so that only our side is counted.
#include "event/log.h"
#include "kit/tls_peer.h"
#include "smtp/socket_stream.h"
#include "smtp/tls/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/wait.h>

namespace {

using namespace imc;
using namespace std::chrono_literals;
namespace net = boost::asio;
using net::ip::tcp;

int clients(std::uint16_t port, int count)
{
    std::vector<std::unique_ptr<kit::TlsPeer>> all;
    for (int i = 0; i < count; ++i) {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_port = htons(port);
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int end = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(end, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) return 1;
        auto& peer = *all.emplace_back(std::make_unique<kit::TlsPeer>(end, kit::TlsPeerWish{}));
        if (!peer.handshake() || !peer.say("EHLO a\r\n") || peer.hear().empty()) return 1;
    }
    ::pause();
    return 0;
}

net::awaitable<void> session(std::unique_ptr<smtp::Stream> stream, const smtp::TlsServer& tls,
                             int& idle)
{
    const auto facts = co_await stream->accept_tls(tls, after(30s));
    if (!facts) co_return;
    for (;;) {
        char room[1024];  // as a session's line buffer
        const auto octets = co_await stream->read_some(room, after(1h));
        if (!octets || !co_await stream->write("250 a\r\n", after(30s))) co_return;
        ++idle;
    }
}

net::awaitable<void> take(tcp::acceptor& acceptor, const smtp::TlsServer& tls, int& idle)
{
    for (;;) {
        auto socket = co_await acceptor.async_accept(net::use_awaitable);
        auto stream = smtp::socket_stream(net::generic::stream_protocol::socket{std::move(socket)});
        net::co_spawn(acceptor.get_executor(), session(std::move(stream), tls, idle),
                      net::detached);
    }
}

long resident_kib()
{
    long pages = 0, resident = 0;
    std::ifstream{"/proc/self/statm"} >> pages >> resident;
    return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

}  // namespace

int main(int argc, char** argv)
{
    const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);

    const kit::Folder folder;
    const auto made = kit::make_certificate({.name = "mail.example.org"});
    kit::write_certificate(made, folder / "a.crt");
    kit::write_key(made, folder / "a.key");
    EventLog events;
    const auto certificates = std::make_shared<smtp::TlsCertificates>(
        smtp::TlsSettings{{{"*", folder / "a.crt", folder / "a.key"}}},
        std::make_shared<smtp::TicketKeys>(), events);
    const smtp::TlsServer tls{certificates, "127.0.0.1:465", "mail.example.org"};

    net::io_context io{1};
    tcp::acceptor acceptor{io, {net::ip::address_v4::loopback(), 0}};
    io.notify_fork(net::io_context::fork_prepare);
    const pid_t child = ::fork();
    if (child == 0) std::_Exit(clients(acceptor.local_endpoint().port(), count));
    io.notify_fork(net::io_context::fork_parent);

    int idle = 0;
    const long before = resident_kib();
    net::co_spawn(io, take(acceptor, tls, idle), net::detached);
    const auto deadline = after(120s);
    while (idle < count && std::chrono::steady_clock::now() < deadline)
        io.run_for(20ms);
    io.run_for(100ms);
    const long with = resident_kib();
    std::printf("tls idle: %d sessions, %ld KiB before, %ld KiB with them: %.1f KiB per idle "
                "session\n",
                idle, before, with, static_cast<double>(with - before) / std::max(1, idle));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    return idle == count ? 0 : 1;
}
