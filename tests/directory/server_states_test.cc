/// Each server of several URLs, as `imc check` sees it.
#include "directory/health.h"

#include "kit/ldap_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

namespace imc {
namespace {

using namespace std::chrono_literals;

using Words = std::vector<std::string>;
using Answered = std::vector<kit::LdapObject>;

/// A server with a contextCSN of an hour, told anew at each question for it.
std::unique_ptr<kit::LdapServer> server_at(std::function<std::string()> hour,
                                           std::chrono::milliseconds slow = 0ms)
{
    return std::make_unique<kit::LdapServer>(
        [hour = std::move(hour), slow](const std::string& base, const Words& asked) -> Answered {
            if (base.empty()) return {{"", {{"namingContexts", {"dc=example"}}}}};
            if (asked == Words{"contextCSN"})
                return {
                    {base, {{"contextCSN", {"20261124" + hour() + "0000Z#000000#001#000000"}}}}};
            std::this_thread::sleep_for(slow);
            return {};
        });
}

std::vector<ServerState> states_of(std::vector<std::string> urls,
                                   std::shared_ptr<ChangeMemory> memory = nullptr)
{
    return server_states(
        {.urls = std::move(urls), .base = "dc=example", .memory = std::move(memory)},
        "(mail=nobody@nowhere.invalid)", 10ms, after(20s));
}

TEST(ServerStates, ReplicaThatLacksChangesIsNamedWithTheDifference)
{
    const auto provider = server_at([] { return "13"; });
    const auto replica = server_at([] { return "12"; });
    const auto states = states_of({provider->url(), replica->url()});
    ASSERT_EQ(states.size(), 2U);
    EXPECT_EQ(states[0].missing, "");
    EXPECT_FALSE(states[0].silent || states[1].silent);
    EXPECT_EQ(states[1].url, replica->url());
    for (const char* word : {"provider 001", "2026112412", "2026112413"})
        EXPECT_NE(states[1].missing.find(word), std::string::npos) << states[1].missing;
}

TEST(ServerStates, ReplicaThatCatchesUpAtOnceIsNotBehind)
{
    std::atomic<int> asked{0};
    const auto provider = server_at([] { return "13"; });
    const auto replica = server_at([&asked] { return asked++ == 0 ? "12" : "13"; });
    EXPECT_EQ(states_of({provider->url(), replica->url()})[1].missing, "");
    EXPECT_EQ(asked, 2);
}

// The provider is not among the URLs, or gone: what was seen of it before counts.
TEST(ServerStates, OnlyServerIsBehindOfWhatWasSeenBefore)
{
    const auto replica = server_at([] { return "12"; });
    const auto memory = std::make_shared<ChangeMemory>();
    SeenChanges seen;
    seen.take("dc=example", "20261124130000Z#000000#001#000000");
    memory->take(seen);
    EXPECT_NE(states_of({replica->url()}, memory)[0].missing, "");
    EXPECT_EQ(states_of({replica->url()})[0].missing, "");
}

TEST(ServerStates, ServerThatDoesNotAnswerIsSaidAndTheOthersAreAsked)
{
    const auto there = server_at([] { return "13"; });
    const auto states = states_of({"ldap://127.0.0.1:1", there->url()});
    ASSERT_EQ(states.size(), 2U);
    ASSERT_TRUE(states[0].silent);
    EXPECT_EQ(states[0].silent->event(), EventId::directory_unreachable);
    EXPECT_FALSE(states[1].silent);
}

TEST(ServerStates, TimeOfALookUpIsMeasured)
{
    const auto slow = server_at([] { return "13"; }, 30ms);
    EXPECT_GE(states_of({slow->url()})[0].latency, 30ms);
}

}  // namespace
}  // namespace imc
