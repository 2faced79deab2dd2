#include "app/service/administrator.h"

#include "app/service/readable.h"
#include "app/start/tls_checks.h"
#include "event/sinks.h"
#include "kit/certificates.h"
#include "kit/loopback.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <future>
#include <sys/time.h>
#include <thread>

namespace imc::app {
namespace {

namespace net = boost::asio;

class AdminPort : public testing::Test {
protected:
    AdminPort()
    {
        events_.add(ring_sink(ring_));
        settings_.idle = std::chrono::minutes{30};
        administrator_.emplace(AdministratorParts{paths_, events_, keep_, board_, tls_, pool_,
                                                  io_.get_executor(), true});
        thread_ = std::thread{[this] { io_.run(); }};
    }
    ~AdminPort() override
    {
        administrator_->stop();
        work_.reset();
        io_.stop();
        thread_.join();
        pool_.join();
        administrator_.reset();
        if (taken_.fd != -1) ::close(taken_.fd);
    }

    /// Somebody else's port, until give_back().
    void take_a_port()
    {
        taken_ = kit::listen_on_loopback();
        const auto colon = taken_.authority.rfind(':');
        settings_.listen = config::AdminListen{
            "127.0.0.1",
            static_cast<std::uint16_t>(std::stoul(taken_.authority.substr(colon + 1)))};
    }
    void give_back() { ::close(std::exchange(taken_.fd, -1)); }

    std::size_t failures() const
    {
        std::size_t out = 0;
        for (const auto& record : ring_->records())
            out += record.id == EventId::admin_listener_failed ? 1 : 0;
        return out;
    }
    std::string where() const
    {
        const auto facts = board_->read();
        const auto* found = facts.if_contains("admin");
        return found == nullptr ? "nowhere" : std::string{found->as_string()};
    }

    /// What a client hears until the end.
    std::string ask(const std::string& text) const
    {
        const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const timeval limit{20, 0};
        ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        sockaddr_in there{};
        there.sin_family = AF_INET;
        there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        there.sin_port = htons(settings_.listen->port);
        std::string heard;
        if (::connect(client, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0 &&
            ::send(client, text.data(), text.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(text.size())) {
            char room[4096];
            for (ssize_t n = 0; (n = ::recv(client, room, sizeof room, 0)) > 0;)
                heard.append(room, static_cast<std::size_t>(n));
        }
        ::close(client);
        return heard;
    }

    kit::Folder folder_;
    Paths paths_{folder_ / "root"};
    std::shared_ptr<Ring> ring_ = std::make_shared<Ring>();
    EventLog events_;
    AdminKeep keep_{paths_, events_};
    std::shared_ptr<StateBoard> board_ = std::make_shared<StateBoard>();
    TlsDoors tls_{events_};
    net::io_context io_{1};
    net::executor_work_guard<net::io_context::executor_type> work_{io_.get_executor()};
    net::thread_pool pool_{1};
    config::AdminSettings settings_;
    kit::ListeningSocket taken_;
    std::optional<Administrator> administrator_;
    std::thread thread_;
};

// Mail must not wait for a port of the pages.
TEST_F(AdminPort, PortOfSomebodyElseIsSaidOnceAndTriedAgainUntilItIsFree)
{
    take_a_port();
    administrator_->use(settings_, "mail.example.org");
    administrator_->look();
    administrator_->use(settings_, "mail.example.org");
    EXPECT_EQ(failures(), 1u);
    EXPECT_EQ(where(), "nowhere");
    give_back();
    administrator_->look();
    EXPECT_EQ(where(), "http://" + settings_.listen->to_string());
    EXPECT_EQ(failures(), 1u);
}

TEST_F(AdminPort, StrangerHearsPagesAndNothingOfTheApi)
{
    take_a_port();
    give_back();
    administrator_->use(settings_, "mail.example.org");
    const auto page = ask("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(page.starts_with("HTTP/1.1 200 OK\r\n")) << page;
    EXPECT_NE(page.find("Content-Security-Policy: default-src 'none'"), std::string::npos);
    const auto state =
        ask("GET /api/v1/state HTTP/1.1\r\nHost: mail.example.org\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(state.starts_with("HTTP/1.1 401 ")) << state;
    const auto counters =
        ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(counters.starts_with("HTTP/1.1 401 ")) << "held or not: " << counters;
    const auto rebound = ask("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(rebound.starts_with("HTTP/1.1 403 ")) << rebound;
}

TEST_F(AdminPort, StrangerReadsTheManualUnderTheSamePolicy)
{
    take_a_port();
    give_back();
    administrator_->use(settings_, "mail.example.org");
    const auto get = [this](const std::string& path) {
        return ask("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    };
    for (const char* path : {"/help/index.html", "/help/events.html", "/help/registry.html",
                             "/help/property-queues.html", "/help/man-imc-queue.1.html"}) {
        const auto page = get(path);
        EXPECT_TRUE(page.starts_with("HTTP/1.1 200 OK\r\n")) << path;
        EXPECT_NE(page.find("Content-Type: text/html; charset=utf-8\r\n"), std::string::npos)
            << path;
        EXPECT_NE(page.find("Content-Security-Policy: default-src 'none'; script-src 'self';"),
                  std::string::npos)
            << path;
        EXPECT_EQ(page.find("<!--imc:"), std::string::npos)
            << path << " has a mark that is not filled";
    }
    EXPECT_NE(get("/help/property-queues.html").find("id=\"imcRetryHours\""), std::string::npos);
    EXPECT_NE(get("/help/commands.html").find("man-imc-setup.1.html"), std::string::npos);
    const auto missing = get("/help/nothing.html");
    EXPECT_TRUE(missing.starts_with("HTTP/1.1 404 ")) << missing;
    EXPECT_NE(missing.find("Content-Type: text/html; charset=utf-8\r\n"), std::string::npos);
    EXPECT_NE(missing.find("Content-Security-Policy: "), std::string::npos);
}

TEST_F(AdminPort, WithoutAListenAddressNothingListens)
{
    take_a_port();
    give_back();
    administrator_->use(settings_, "mail.example.org");
    ASSERT_NE(where(), "nowhere");
    administrator_->use({}, "mail.example.org");
    EXPECT_EQ(where(), "nowhere");
    EXPECT_EQ(failures(), 0u);
}

TEST_F(AdminPort, BeyondLoopbackItListensWithACertificateOrNotAtAll)
{
    take_a_port();
    give_back();
    settings_.listen->address = "0.0.0.0";
    administrator_->use(settings_, "mail.example.org");
    EXPECT_EQ(failures(), 1u);
    EXPECT_EQ(where(), "nowhere");
}

// How long it is wanted is known from a sound configuration alone.
TEST_F(AdminPort, OldDaysOfTheAuditLogGoWithASoundConfigurationAndNotWhileHeld)
{
    ASSERT_TRUE(make_folders(real_files(), paths_.audit()));
    for (const char* day : {"20200101", "20200102"})
        ASSERT_TRUE(write_file_atomically(real_files(), paths_.audit() + "/" + day + ".log",
                                          "{\"number\":" + std::string{day + 7} + "}\n"));
    const auto is_there = [&](const char* day) {
        return static_cast<bool>(real_files().status(paths_.audit() + "/" + day + ".log"));
    };
    const auto look = [&] {
        administrator_->look();
        std::promise<void> done;  // the pool has one thread
        net::post(pool_, [&done] { done.set_value(); });
        done.get_future().wait();
    };
    administrator_->use(settings_, "held.example.org");
    look();
    EXPECT_TRUE(is_there("20200101")) << "365 days are the built-in value, nobody's wish";
    metrics::Registry metrics;
    AuthDesk desk{paths_, {}, events_, metrics};
    config::Config config;
    config.admin = settings_;
    administrator_->use(config, {}, desk);
    look();
    EXPECT_FALSE(is_there("20200101"));
    EXPECT_TRUE(is_there("20200102")) << "its numbers go on";
    std::size_t said = 0;
    for (const auto& record : ring_->records())
        said += record.id == EventId::audit_days_removed ? 1 : 0;
    EXPECT_EQ(said, 1u);
    administrator_->use(settings_, "held.example.org");  // lets go of the desk
}

TEST(AdminListenerCheck, BeyondLoopbackACertificateMustBeThere)
{
    const kit::Folder folder;
    config::Config config;
    config.paths = Paths{folder / "root"};
    config.tls.certificates = {{"*", folder / "imc.crt", folder / "imc.key"}};
    const auto judged = [&] {
        std::vector<config::Assertion> out;
        judge_admin_listener(config, out);
        return out;
    };
    EXPECT_TRUE(judged().empty()) << "AdminListen is not set";
    config.admin.listen = config::AdminListen{"127.0.0.1", 8025};
    EXPECT_TRUE(judged().empty()) << "loopback needs none";
    config.admin.listen->address = "192.0.2.1";
    ASSERT_EQ(judged().size(), 1u);
    EXPECT_EQ(judged().front().event, EventId::admin_listener_without_tls);
    EXPECT_EQ(judged().front().status, config::Status::failed);
    EXPECT_NE(judged().front().fix.find("127.0.0.1:8025"), std::string::npos);
    const auto made = kit::make_certificate({.name = "mail.example.org"});
    kit::write_certificate(made, folder / "imc.crt");
    kit::write_key(made, folder / "imc.key");
    ASSERT_EQ(judged().size(), 1u);
    EXPECT_EQ(judged().front().status, config::Status::passed);
}

// Who breaks the registry does not move the pages away.
TEST(ReadableWhileHeld, RegistryThatCannotBeReadIsTheLastGoodOne)
{
    const kit::Folder folder;
    const Paths paths{folder / "root"};
    StartCheck check;
    ASSERT_TRUE(make_folders(real_files(), paths.generations()));
    ASSERT_TRUE(write_file_atomically(
        real_files(), paths.generations() + "/current.reg",
        "Windows Registry Editor Version 5.00\n\n"
        "[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters]\n"
        "\"AdminListen\"=\"127.0.0.1:8025\"\n"));
    const auto readable = readable_while_held(paths, check, "mail.example.org");
    ASSERT_TRUE(readable.admin.listen);
    EXPECT_EQ(readable.admin.listen->port, 8025);
    EXPECT_EQ(readable.host_name, "mail.example.org");
    check.tls.certificates = {{"*", "a", "b"}};
    EXPECT_FALSE(readable_while_held(paths, check, "").admin.listen)
        << "it was read, and says nothing";
}

}  // namespace
}  // namespace imc::app
