#include "app/start/host_checks.h"

#include "smtp/server/listener.h"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace imc::app {
namespace {

/// A port of loopback that this process listens on.
struct Taken {
    int socket = smtp::bind_listener("127.0.0.1", 0).value();
    config::ListenerSetting setting;

    Taken()
    {
        sockaddr_in name{};
        socklen_t size = sizeof name;
        EXPECT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size), 0);
        setting.address = "127.0.0.1";
        setting.port = ntohs(name.sin_port);
    }
    ~Taken()
    {
        if (socket >= 0) ::close(socket);
    }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;

    config::Assertion judged(int service_pid) const
    {
        std::vector<config::Assertion> out;
        judge_listeners(Paths{"/nowhere"}, {setting}, service_pid, out);
        EXPECT_EQ(out.size(), 1U);
        return out.empty() ? config::Assertion{} : out.front();
    }
};

TEST(ListenerCheck, PortThatTheServiceItselfHasIsRightAndToldSo)
{
    const Taken taken;
    const auto a = taken.judged(::getpid());
    EXPECT_EQ(a.status, config::Status::passed);
    EXPECT_EQ(a.found,
              "taken by this service, which is right (process " + std::to_string(::getpid()) + ")");
    EXPECT_EQ(a.fix, "");
}

TEST(ListenerCheck, PortOfAnotherProcessIsAFailureThatNamesIt)
{
    const Taken taken;
    for (const int service : {0, ::getpid() + 1}) {  // none runs, or it is another one
        const auto a = taken.judged(service);
        EXPECT_EQ(a.status, config::Status::failed);
        EXPECT_EQ(a.found.find("taken by this service"), std::string::npos) << a.found;
        EXPECT_NE(a.found.find("process " + std::to_string(::getpid())), std::string::npos)
            << a.found;
        EXPECT_NE(a.fix.find("stop process " + std::to_string(::getpid())), std::string::npos)
            << a.fix;
    }
}

TEST(ListenerCheck, FreePortIsNotToldOf)
{
    Taken taken;
    ::close(taken.socket);
    taken.socket = -1;
    const auto a = taken.judged(0);
    EXPECT_EQ(a.status, config::Status::passed) << a.found;
    EXPECT_EQ(a.found, "");
}

}  // namespace
}  // namespace imc::app
