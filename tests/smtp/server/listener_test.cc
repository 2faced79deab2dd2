#include "smtp/server/listener.h"

#include "event/sinks.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <istream>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace imc::smtp {
namespace {

using namespace std::chrono_literals;
using net::ip::tcp;

bool until(const std::function<bool()>& test)
{
    for (const auto deadline = after(20s); std::chrono::steady_clock::now() < deadline;) {
        if (test()) return true;
        std::this_thread::sleep_for(2ms);
    }
    return false;
}

class ListenerAndClients : public testing::Test {
protected:
    ListenerAndClients()
    {
        log_.add(ring_sink(ring_));
        thread_ = std::thread{[this] { io_.run(); }};
    }
    ~ListenerAndClients() override
    {
        listener_.reset();
        work_.reset();
        io_.stop();
        thread_.join();
    }
    void listen(Serve serve, std::string held = {})
    {
        ListenerSettings settings{
            "here",         bind_listener("127.0.0.1", 0).value(), 100, 100, "mail.example.org",
            std::move(held)};
        listener_ = std::make_unique<Listener>(
            std::move(settings), std::vector<net::any_io_executor>{io_.get_executor()}, sessions_,
            std::move(serve), log_);
    }
    tcp::socket connect()
    {
        tcp::socket socket{clients_};
        socket.connect({net::ip::address_v4::loopback(), listener_->port()});
        return socket;
    }
    static std::string line_of(tcp::socket& socket)
    {
        net::streambuf heard;
        boost::system::error_code end;
        net::read_until(socket, heard, "\r\n", end);
        std::istream in{&heard};
        std::string line;
        std::getline(in, line, '\r');
        return line;
    }
    bool raised(EventId id) const
    {
        return std::ranges::count(ring_->records(), id, &EventRecord::id) > 0;
    }

    std::shared_ptr<Ring> ring_ = std::make_shared<Ring>();
    EventLog log_;
    net::io_context io_{1}, clients_;
    net::executor_work_guard<net::io_context::executor_type> work_{io_.get_executor()};
    std::thread thread_;
    Sessions sessions_;
    std::unique_ptr<Listener> listener_;
};

net::awaitable<void> defect(std::unique_ptr<Stream>, Peer)
{
    throw std::runtime_error{"a broken invariant"};
    co_return;
}

net::awaitable<void> greet(std::unique_ptr<Stream> stream, Peer)
{
    (void)co_await stream->write("220 here\r\n", after(10s));
    std::array<char, 100> octets{};
    while (co_await stream->read_some(octets, after(20s))) {
    }
}

// One client must not take the service with it.
TEST_F(ListenerAndClients, DefectEndsOneSessionAndIsAnEvent)
{
    listen(defect);
    auto first = connect();
    EXPECT_EQ(line_of(first), "");
    EXPECT_TRUE(until([&] { return raised(EventId::exception_handled); }));
    auto second = connect();
    EXPECT_EQ(line_of(second), "");
    EXPECT_TRUE(until([&] { return sessions_.count() == 0; }));
}

TEST_F(ListenerAndClients, HeldListenerSays421WithTheTextOfNow)
{
    listen(greet, "service held: event 4086");
    auto first = connect();
    EXPECT_EQ(line_of(first), "421 4.3.2 mail.example.org service held: event 4086");
    listener_->hold("service held: event 4067");
    auto second = connect();
    EXPECT_EQ(line_of(second), "421 4.3.2 mail.example.org service held: event 4067");
    EXPECT_EQ(sessions_.count(), 0U);
}

TEST_F(ListenerAndClients, NoDescriptorsLeftIsOneEventAndTheWaitingClientIsServedLater)
{
    listen(greet);
    auto client = tcp::socket{clients_};
    client.open(tcp::v4());
    // From here on the process has no descriptor to spare.
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const int next_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ASSERT_NE(next_free, -1);
    ::close(next_free);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(next_free);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    client.connect({net::ip::address_v4::loopback(), listener_->port()});
    const bool said = until([&] { return raised(EventId::no_descriptors); });
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(said);
    EXPECT_EQ(line_of(client), "220 here");
    EXPECT_EQ(std::ranges::count(ring_->records(), EventId::no_descriptors, &EventRecord::id), 1);
}

// Without the mark the client's half message would be cut off by the end, and its 250 with it.
TEST_F(ListenerAndClients, EndWaitsForTheMessageInFlight)
{
    std::atomic<std::uint64_t> session{0};
    listen([&session](std::unique_ptr<Stream> stream, Peer peer) {
        session = peer.session;
        return greet(std::move(stream), std::move(peer));
    });
    auto client = connect();
    EXPECT_EQ(line_of(client), "220 here");
    sessions_.message_begins(session);
    EXPECT_FALSE(sessions_.end(after(50ms)));
    EXPECT_EQ(sessions_.count(), 1U);
    sessions_.message_ends(session);
    EXPECT_TRUE(sessions_.end(after(20s)));
}

}  // namespace
}  // namespace imc::smtp
