#include "kit/coroutine.h"
#include "smtp/client/hosts.h"

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include <deque>

namespace imc::smtp::client {
namespace {

using namespace std::chrono_literals;
using tcp = net::ip::tcp;

class DialerTest : public testing::Test {
protected:
    net::awaitable<bool> dial(Call call, std::string* address, std::string* failure)
    {
        const auto dialer = socket_dialer();
        auto line = co_await dialer->dial(std::move(call), after(20s));
        if (line)
            *address = line->address;
        else
            *failure = line.error().message();
        if (line) co_await line->stream->close(after(0s));
        co_return line.has_value();
    }
    bool run(Call call) { return kit::run(io_, dial(std::move(call), &address_, &failure_)); }

    std::uint16_t listen(const char* address)
    {
        acceptor_.emplace(io_, tcp::endpoint{net::ip::make_address(address), 0});
        return acceptor_->local_endpoint().port();
    }

    net::io_context io_;
    std::optional<tcp::acceptor> acceptor_;
    std::string address_, failure_;
};

TEST_F(DialerTest, OneAddressIsReached)
{
    const auto port = listen("127.0.0.1");
    EXPECT_TRUE(run({"127.0.0.1", "", port, {}}));
    EXPECT_EQ(address_, "127.0.0.1");
}

TEST_F(DialerTest, OtherFamilyIsCalledAtOnceWhenTheFirstRefuses)
{
    const auto port = listen("127.0.0.1");
    EXPECT_TRUE(run({"::1", "127.0.0.1", port, {}}));
    EXPECT_EQ(address_, "127.0.0.1");
}

/// Takes one connection, and what comes then is neither accepted nor refused.
class FullListener {
public:
    FullListener(net::io_context& io, const char* address, std::uint16_t port) : acceptor_{io}
    {
        const tcp::endpoint here{net::ip::make_address(address), port};
        acceptor_.open(here.protocol());
        acceptor_.bind(here);
        acceptor_.listen(0);
        for (int i = 0; i < 4; ++i) {
            auto& each = waiting_.emplace_back(io);
            each.open(here.protocol());
            each.non_blocking(true);
            boost::system::error_code in_progress;
            each.connect(here, in_progress);
        }
    }

private:
    tcp::acceptor acceptor_;
    std::deque<tcp::socket> waiting_;
};

// RFC 8305 5.
TEST_F(DialerTest, OtherFamilyIsCalledWhenTheFirstSaysNothingForItsHeadStart)
{
    const auto port = listen("127.0.0.1");
    const FullListener silent{io_, "127.0.0.2", port};
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_TRUE(run({"127.0.0.2", "127.0.0.1", port, {}}));
    const auto took = std::chrono::steady_clock::now() - begun;
    EXPECT_EQ(address_, "127.0.0.1");
    EXPECT_GE(took, 240ms) << "the first has its head start";
    EXPECT_LT(took, 3s) << "and no more";
}

TEST_F(DialerTest, FirstThatAnswersWithinItsHeadStartIsTheOnlyOneThatIsCalled)
{
    const auto port = listen("127.0.0.1");
    tcp::acceptor other{io_, tcp::endpoint{net::ip::make_address("127.0.0.2"), port}};
    EXPECT_TRUE(run({"127.0.0.1", "127.0.0.2", port, {}}));
    EXPECT_EQ(address_, "127.0.0.1");
    other.non_blocking(true);
    boost::system::error_code nobody;
    (void)other.accept(nobody);
    EXPECT_EQ(nobody, net::error::would_block);
}

TEST_F(DialerTest, FailureIsThatOfTheFirstAddress)
{
    std::uint16_t port = 0;
    {
        net::io_context io;
        tcp::acceptor gone{io, tcp::endpoint{net::ip::make_address("127.0.0.1"), 0}};
        port = gone.local_endpoint().port();
    }
    EXPECT_FALSE(run({"127.0.0.1", "::1", port, {}}));
    EXPECT_EQ(failure_, "Connection refused");
}

// Q266250.
TEST_F(DialerTest, ConnectionsComeFromTheSourceOfTheirFamily)
{
    const auto port = listen("127.0.0.1");
    EXPECT_TRUE(run({"127.0.0.1", "", port, {"127.0.0.77", "::1"}}));
    EXPECT_EQ(acceptor_->accept().remote_endpoint().address().to_string(), "127.0.0.77");
}

TEST_F(DialerTest, SourceThatIsNotOursIsAFailureAndNeverLeftOut)
{
    const auto port = listen("127.0.0.1");
    EXPECT_FALSE(run({"127.0.0.1", "", port, {"192.0.2.1", ""}}));
}

TEST_F(DialerTest, FamiliesAreToldApart)
{
    EXPECT_TRUE(is_ipv6("2001:db8::1"));
    EXPECT_FALSE(is_ipv6("192.0.2.1"));
    EXPECT_FALSE(is_ipv6("/run/lmtp"));
}

}  // namespace
}  // namespace imc::smtp::client
