#include "admin/client.h"
#include "admin/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>
#include <unistd.h>

namespace imc::admin {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;

net::awaitable<Response> echo(Request request)
{
    boost::json::object out{
        {"id", request.parameters["id"]}, {"q", request.first("q")}, {"body", request.body}};
    co_return Response::json(out);
}

net::awaitable<Response> fail(Request)
{
    throw std::runtime_error{"a defect"};
    co_return Response{};
}

net::awaitable<Response> held(Request)
{
    co_return Response::error(Error{EventId::service_held, "held by event 4086"}, 503);
}

class Socket : public testing::Test {
protected:
    Socket()
    {
        char name[] = "/tmp/imc-admin-XXXXXX";
        folder_ = ::mkdtemp(name);
        path_ = folder_ + "/admin.sock";
        server_ = std::make_unique<Server>(path_, io_.get_executor());
        server_->add("POST", "/api/v1/thing/{id}", echo);
        server_->add("GET", "/api/v1/defect", fail);
        thread_ = std::thread{[this] { io_.run(); }};
    }
    ~Socket() override
    {
        server_->stop();
        work_.reset();
        io_.stop();
        thread_.join();
        server_.reset();
        std::filesystem::remove_all(folder_);
    }
    std::string ask(const char* method, const char* target,
                    const boost::json::value& body = nullptr)
    {
        const auto answer = call(path_, method, target, body, after(20s));
        return answer ? *answer : "error " + answer.error().to_string();
    }

    std::string folder_, path_;
    net::io_context io_{1};
    net::executor_work_guard<net::io_context::executor_type> work_{io_.get_executor()};
    std::unique_ptr<Server> server_;
    std::thread thread_;
};

TEST_F(Socket, PathQueryAndBodyReachTheHandlerDecoded)
{
    ASSERT_TRUE(server_->start());
    EXPECT_EQ(ask("POST", "/api/v1/thing/a%20b?q=x%26y+z", boost::json::object{{"n", 1}}),
              "{\"id\":\"a b\",\"q\":\"x&y z\",\"body\":{\"n\":1}}\n");
}

TEST_F(Socket, UnknownPathAndDefectAreErrorsAndTheNextRequestIsAnswered)
{
    ASSERT_TRUE(server_->start());
    const auto nowhere = call(path_, "GET", "/nowhere", nullptr, after(20s));
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().event(), EventId::admin_refused);
    EXPECT_NE(nowhere.error().detail().find("no such path"), std::string::npos);
    EXPECT_NE(ask("GET", "/api/v1/defect").find("a defect"), std::string::npos);
    EXPECT_NE(ask("POST", "/api/v1/thing/1").find("\"id\":\"1\""), std::string::npos);
}

// RFC 9110 15.5.6.
TEST_F(Socket, PathAskedByAnotherMethodSaysByWhichItIsAsked)
{
    ASSERT_TRUE(server_->start());
    const auto answer = call(path_, "GET", "/api/v1/thing/1", nullptr, after(20s));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().detail(), "GET /api/v1/thing/1 found, POST expected");
}

TEST_F(Socket, ChangeWithADryRunThatIsNotClearIsNotMade)
{
    ASSERT_TRUE(server_->start());
    const auto answer = call(path_, "POST", "/api/v1/thing/1",
                             boost::json::object{{"dry_run", "true"}}, after(20s));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().detail(), "\"dry_run\": true or false expected");
}

// A held service has no queue to show; whoever asks for it hears why.
TEST_F(Socket, WhatNoPatternFitsIsAnsweredOtherwise)
{
    server_->otherwise(held);
    ASSERT_TRUE(server_->start());
    const auto queue = call(path_, "GET", "/api/v1/queue", nullptr, after(20s));
    ASSERT_FALSE(queue);
    EXPECT_EQ(queue.error().event(), EventId::service_held);
    EXPECT_EQ(queue.error().detail(), "held by event 4086");
    EXPECT_NE(ask("POST", "/api/v1/thing/1").find("\"id\":\"1\""), std::string::npos);
}

TEST_F(Socket, SecondServiceIsRefusedAndADeadOnesSocketIsReplaced)
{
    ASSERT_TRUE(server_->start());
    Server second{path_, io_.get_executor()};
    const auto refused = second.start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().event(), EventId::admin_socket_failed);
    EXPECT_NE(ask("POST", "/api/v1/thing/1").find("\"id\":\"1\""), std::string::npos);
}

TEST_F(Socket, NobodyThereIsSaidAsSuch)
{
    const auto answer = call(folder_ + "/none.sock", "GET", "/", nullptr, after(5s));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().event(), EventId::service_not_running);
    EXPECT_TRUE(is_nobody_there(answer.error()));
    const auto long_path = call("/" + std::string(120, 'x'), "GET", "/", nullptr, after(5s));
    ASSERT_FALSE(long_path);
    EXPECT_TRUE(is_nobody_there(long_path.error())) << "no service can have such a socket";
}

TEST_F(Socket, IsForItsOwnerOnly)
{
    ASSERT_TRUE(server_->start());
    EXPECT_EQ(std::filesystem::status(path_).permissions() & std::filesystem::perms::mask,
              std::filesystem::perms{0600});
}

TEST(Url, DecodingIsTheReverseOfEncoding)
{
    std::string all;
    for (int c = 0; c < 256; ++c)
        all += static_cast<char>(c);
    EXPECT_EQ(url_decode(url_encode(all), true), all);
    EXPECT_EQ(url_decode("%zz%4", false), "%zz%4");
}

}  // namespace
}  // namespace imc::admin
