#include "app/service/console.h"

#include "admin/server.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <sstream>
#include <thread>

namespace imc::app {
namespace {

using namespace std::chrono_literals;

TEST(Console, TheLineTellsTotalsAndWhatGrewPerSecond)
{
    const Statistics before{{"inbound_messages", 10}, {"recipients_delivered", 4}};
    const Statistics now{
        {"inbound_messages", 16}, {"recipients_delivered", 5}, {"recipients_failed", 1},
        {"queued_messages", 7},   {"deferred_recipients", 2},  {"sessions_inbound", 3},
        {"couriers", 1}};
    EXPECT_EQ(
        statistics_line(before, now, 2000ms),
        "in 16 (3/s)  out 0 (0/s)  delivered 5 (1/s)  returned 1  refused 0 (0/s)  queue 7 (2 "
        "deferred)  sessions 3  couriers 1");
}

// A counter that begins anew (the service was started again) is no negative rate.
TEST(Console, ACounterThatShrankCountsAsNothing)
{
    const auto line = statistics_line({{"inbound_messages", 10}}, {{"inbound_messages", 2}}, 1s);
    EXPECT_EQ(line.substr(0, 12), "in 2 (0/s)  ");
}

TEST(Console, WithoutATerminalThereAreOnlyPlainLines)
{
    std::ostringstream out;
    {
        Console console{out, false};
        console.step("spool opened");
        EventLog events;
        events.add(console.sink());
        events.raise(EventId::service_stopped, {{"detail", "test"}});
        events.flush();
    }
    EXPECT_EQ(out.str().substr(0, 22), "ok       spool opened\n");
    EXPECT_NE(out.str().find("  Information  "), std::string::npos) << out.str();
    EXPECT_EQ(out.str().find('\033'), std::string::npos);
}

TEST(Console, StepsAreTheAssertionsThatPassed)
{
    std::ostringstream out;
    Console console{out, false};
    config::Verdict verdict;
    config::Assertion passed, failed;
    passed.id = "identity.organization";
    passed.status = config::Status::passed;
    passed.found = "o=Contoso";
    failed.id = "spool.folder";
    failed.status = config::Status::failed;
    verdict.assertions = {passed, failed};
    console.steps(verdict);
    EXPECT_EQ(out.str(), "ok       identity.organization: o=Contoso\n");
}

/// A stream buffer that may be read while another thread writes.
class Shared : public std::stringbuf {
public:
    bool wait_for(const std::string& text, std::chrono::seconds limit)
    {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, limit, [&] { return all_.find(text) != all_.npos; });
    }
    std::string all()
    {
        const std::lock_guard lock{mutex_};
        return all_;
    }

protected:
    std::streamsize xsputn(const char* text, std::streamsize size) override
    {
        const std::lock_guard lock{mutex_};
        all_.append(text, static_cast<std::size_t>(size));
        changed_.notify_all();
        return size;
    }
    int overflow(int c) override
    {
        const char octet = static_cast<char>(c);
        return xsputn(&octet, 1) == 1 ? c : EOF;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string all_;
};

TEST(Console, OnATerminalTheLastLineIsDrawnAgainAndEventsStandAboveIt)
{
    char folder[] = "/tmp/imc-console-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    const Paths paths{folder};
    std::filesystem::create_directory(paths.run());
    boost::asio::io_context io;
    admin::Server server{paths.admin_socket(), io.get_executor()};
    server.add("GET", "/api/v1/stat",
               [](admin::Request) -> boost::asio::awaitable<admin::Response> {
                   co_return admin::Response{200, "{\"name\":\"inbound_messages\",\"value\":41}\n"};
               });
    ASSERT_TRUE(server.start());
    std::thread thread{[&] { io.run(); }};
    Shared buffer;
    std::ostream out{&buffer};
    {
        Console console{out, true};
        console.watch(paths);
        EXPECT_TRUE(buffer.wait_for("\r\033[Kin 41 (0/s)", 30s)) << buffer.all();
        console.step("something");
        EXPECT_NE(buffer.all().find("\r\033[Kok       something\nin 41"), std::string::npos)
            << buffer.all();
    }
    EXPECT_EQ(buffer.all().back(), '\n');
    server.stop();
    io.stop();
    thread.join();
    std::filesystem::remove_all(folder);
}

TEST(Console, WhileTheServiceIsHeldTheLineSaysSo)
{
    char folder[] = "/tmp/imc-console-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    const Paths paths{folder};
    std::filesystem::create_directory(paths.run());
    boost::asio::io_context io;
    admin::Server server{paths.admin_socket(), io.get_executor()};
    server.otherwise([](admin::Request) -> boost::asio::awaitable<admin::Response> {
        co_return admin::Response::error(Error{EventId::service_held, "by event 4086"}, 503);
    });
    ASSERT_TRUE(server.start());
    std::thread thread{[&] { io.run(); }};
    Shared buffer;
    std::ostream out{&buffer};
    {
        Console console{out, false};
        console.watch(paths);
        EXPECT_TRUE(buffer.wait_for("held: by event 4086\n", 30s)) << buffer.all();
    }
    server.stop();
    io.stop();
    thread.join();
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace imc::app
