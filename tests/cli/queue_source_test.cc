#include "cli/run.h"

#include "admin/server.h"
#include "spool/log_spool.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <map>
#include <thread>
#include <unistd.h>

namespace imc::cli {
namespace {

namespace net = boost::asio;

class QueueSource : public testing::Test {
protected:
    QueueSource() { EXPECT_EQ(set_up(folder_).status, 0); }

    Said run(std::vector<std::string> words) { return imc(folder_, std::move(words)); }
    std::string spool() const { return Paths{folder_.root()}.spool(); }

    /// A service stores these, and ends.
    std::vector<spool::MessageId> keep(const std::vector<std::string>& addresses)
    {
        EventLog events;
        auto open = spool::open_log_spool({.folder = spool()}, real_files(), events);
        std::vector<spool::MessageId> ids;
        for (const auto& address : addresses) {
            spool::NewMessage message;
            message.envelope.sender = "ann@contoso.example";
            message.envelope.recipients = {{address}};
            message.envelope.arrived_at = WallTime{std::chrono::milliseconds{1'764'158'400'000}};
            message.body =
                std::make_shared<const std::string>("Subject: x\r\n\r\n" + address + "\r\n");
            net::io_context io;
            net::co_spawn(io, (*open)->store(std::move(message)),
                          [&](const std::exception_ptr&, Result<spool::MessageId> id) {
                              ids.push_back(id.value());
                          });
            io.run();
        }
        (*open)->close();
        return ids;
    }
    std::map<std::string, std::string> files() const
    {
        std::map<std::string, std::string> out;
        for (const auto& each : std::filesystem::recursive_directory_iterator{spool()}) {
            std::ifstream in{each.path()};
            std::stringstream octets;
            octets << in.rdbuf();
            out[each.path()] = octets.str();
        }
        return out;
    }

    Folder folder_;
};

TEST_F(QueueSource, WhileTheServiceDoesNotRunItsSpoolIsShownAndNotTouched)
{
    const auto ids = keep({"bob@example.net", "carol@example.org"});
    const auto before = files();
    const auto list = run({"queue", "ls"});
    EXPECT_EQ(list.status, 0);
    EXPECT_EQ(list.err, "imc: the service does not run; this is what its spool holds\n");
    EXPECT_NE(list.out.find(ids[0].to_string()), std::string::npos);
    EXPECT_NE(list.out.find("to <carol@example.org>"), std::string::npos);
    const auto one = run({"queue", "ls", "--domain", "example.org", "--json"});
    EXPECT_EQ(std::ranges::count(one.out, '\n'), 1);
    EXPECT_NE(run({"queue", "why", ids[0].to_string()}).out.find("<bob@example.net>"),
              std::string::npos);
    EXPECT_NE(run({"queue", "views"}).out.find("outbound awaiting conversion  2 messages"),
              std::string::npos);
    EXPECT_NE(run({"queue", "dump"}).out.find("attempts:     0"), std::string::npos);
    EXPECT_EQ(run({"queue", "ls", "--route", "x"}).status, 1);
    const auto domains = run({"queue", "ls", "--by", "domain"}).out;
    EXPECT_NE(domains.find("        1  example.net: 1 message, "), std::string::npos) << domains;
    EXPECT_EQ(std::ranges::count(run({"queue", "ls", "--by", "sender", "--json"}).out, '\n'), 1);
    const auto site = run({"queue", "ls", "--by", "site"});
    EXPECT_EQ(site.status, 1);
    EXPECT_NE(site.err.find("only while the service runs"), std::string::npos) << site.err;
    ASSERT_EQ(run({"queue", "export", ids[1].to_string(), "--to", folder_.path()}).status, 0);
    std::ifstream text{folder_.path() + "/" + ids[1].to_string() + ".eml"};
    std::stringstream octets;
    octets << text.rdbuf();
    EXPECT_EQ(octets.str(), "Subject: x\r\n\r\ncarol@example.org\r\n");
    EXPECT_EQ(files(), before);
}

TEST_F(QueueSource, OrdersAreRefusedWithWhatToDoWhileTheServiceDoesNotRun)
{
    keep({"bob@example.net"});
    for (const auto& words : {std::vector<std::string>{"queue", "delete", "--all"},
                              {"queue", "hold", "--all"},
                              {"queue", "retry", "--all"}}) {
        const auto said = run(words);
        EXPECT_EQ(said.status, 1);
        EXPECT_NE(said.err.find("imc service start"), std::string::npos) << said.err;
    }
}

TEST_F(QueueSource, WhoHasTheSpoolIsSaidWhenNobodyAnswers)
{
    EventLog events;
    const auto open = spool::open_log_spool({.folder = spool()}, real_files(), events);
    const auto said = run({"queue", "ls"});
    EXPECT_EQ(said.status, 1);
    EXPECT_NE(said.err.find("process " + std::to_string(::getpid()) + " holds"), std::string::npos)
        << said.err;
    (*open)->close();
}

TEST_F(QueueSource, ListThatIsNotWholeYetSaysHowFarItIs)
{
    net::io_context io{1};
    auto work = net::make_work_guard(io);
    std::filesystem::create_directories(Paths{folder_.root()}.run());
    admin::Server server{Paths{folder_.root()}.admin_socket(), io.get_executor()};
    server.add("GET", "/api/v1/queue", [](admin::Request) -> net::awaitable<admin::Response> {
        co_return admin::Response{};
    });
    server.say_with_each([] { return "segments=3/40 messages=100/2400"; });
    server.start().value();
    std::thread thread{[&] { io.run(); }};
    const auto said = run({"queue", "ls", "--json"});
    EXPECT_EQ(said.status, 0);
    EXPECT_EQ(said.out, "");
    EXPECT_EQ(said.err, "imc: not all of the queue is seen yet: the service still reads its spool, "
                        "3 of 40 segments so far; 100 of 2400 messages found there are in the "
                        "queue\n");
    server.stop();
    work.reset();
    io.stop();
    thread.join();
}

/// An order that takes a while: half of it is done when it is asked for once more.
class LongOrder {
public:
    explicit LongOrder(const Paths& paths)
        : server_{paths.admin_socket(), io_.get_executor()}, work_{net::make_work_guard(io_)}
    {
        std::filesystem::create_directories(paths.run());
        server_.add(
            "POST", "/api/v1/queue/hold",
            [](admin::Request) -> net::awaitable<admin::Response> { co_return at_work(0); });
        server_.add("GET", "/api/v1/queue-actions/{number}",
                    [this](admin::Request) -> net::awaitable<admin::Response> {
                        if (++asked_ == 1) co_return at_work(50);
                        co_return answer({{"action", 7},
                                          {"messages", 100},
                                          {"recipients", 100},
                                          {"in_delivery", 0},
                                          {"held", 0},
                                          {"finished", true}});
                    });
        server_.start().value();
        thread_ = std::thread{[this] { io_.run(); }};
    }
    LongOrder(const LongOrder&) = delete;
    LongOrder& operator=(const LongOrder&) = delete;
    ~LongOrder()
    {
        server_.stop();
        work_.reset();
        io_.stop();
        thread_.join();
    }

private:
    static admin::Response answer(const boost::json::object& what)
    {
        return admin::Response::json(boost::json::value(what));
    }
    static admin::Response at_work(int done)
    {
        return answer({{"number", 7}, {"done", done}, {"of", 100}, {"finished", false}});
    }

    net::io_context io_{1};
    admin::Server server_;
    net::executor_work_guard<net::io_context::executor_type> work_;
    std::atomic<int> asked_ = 0;
    std::thread thread_;
};

TEST_F(QueueSource, OrderThatTakesAWhileDrawsItsProgressOnATerminalAndNowhereElse)
{
    const std::string nothing;
    const std::string rest(20, '.');
    {
        const LongOrder order{Paths{folder_.root()}};
        const auto said = imc(folder_, {"queue", "hold", "--all"}, &nothing);
        EXPECT_EQ(said.status, 0);
        EXPECT_EQ(said.err, "\r[" + rest + rest + "] 0 of 100\r[" + std::string(20, '#') + rest +
                                "] 50 of 100\r" + std::string(80, ' ') + "\r");
        EXPECT_TRUE(said.out.starts_with("100 recipients held\n")) << said.out;
    }
    const LongOrder order{Paths{folder_.root()}};
    const auto said = run({"queue", "hold", "--all"});
    EXPECT_EQ(said.status, 0);
    EXPECT_EQ(said.err, "");
    EXPECT_TRUE(said.out.starts_with("100 recipients held\n")) << said.out;
}

}  // namespace
}  // namespace imc::cli
