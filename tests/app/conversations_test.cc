#include "app/service/conversations.h"

#include "event/sinks.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace imc::app {
namespace {

using namespace std::chrono_literals;

struct Overheard : testing::Test {
    std::string folder;
    std::shared_ptr<Ring> ring = std::make_shared<Ring>();
    EventLog events;
    std::unique_ptr<Conversations> conversations;

    Overheard()
    {
        char name[] = "/tmp/imc-conversations-XXXXXX";
        folder = ::mkdtemp(name);
        events.add(ring_sink(ring));
        conversations = std::make_unique<Conversations>(Paths{folder}, 7, events);
        conversations->take(std::make_shared<const config::Config>());
    }
    ~Overheard() override
    {
        conversations.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    Overheard(const Overheard&) = delete;
    Overheard& operator=(const Overheard&) = delete;

    Result<> order(unsigned level, std::vector<std::string> peers, std::chrono::minutes length,
                   bool dry_run = false)
    {
        admin::ProtocolLogOrder out;
        out.level = level;
        out.peers = std::move(peers);
        out.length = length;
        out.by = "uid=0";
        return conversations->order(std::move(out), dry_run);
    }
    std::vector<EventId> raised() const
    {
        std::vector<EventId> out;
        for (const auto& record : ring->records())
            out.push_back(record.id);
        return out;
    }
};

TEST_F(Overheard, AnOrderStandsBesideWhatLastsUntilItIsEnded)
{
    ASSERT_TRUE(order(3, {"192.0.2.0/24", "mx.example.net"}, 15min));
    auto state = conversations->state();
    EXPECT_EQ(state.level, 0U);
    ASSERT_TRUE(state.temporary);
    EXPECT_EQ(state.temporary->level, 3U);
    EXPECT_EQ(state.temporary->by, "uid=0");
    conversations->look();
    EXPECT_TRUE(conversations->state().temporary) << "its time is not over";

    // Another generation of the configuration does not end it.
    conversations->take(std::make_shared<const config::Config>());
    EXPECT_TRUE(conversations->state().temporary);

    ASSERT_TRUE(order(0, {}, 10min));
    EXPECT_FALSE(conversations->state().temporary);
    EXPECT_EQ(raised(),
              (std::vector{EventId::protocol_log_switched, EventId::protocol_log_reverted}));
    ASSERT_TRUE(order(0, {}, 10min));
    EXPECT_EQ(raised().size(), 2U) << "there is nothing to end";
}

TEST_F(Overheard, ItEndsByItself)
{
    ASSERT_TRUE(order(5, {}, 0min));
    conversations->look();
    EXPECT_FALSE(conversations->state().temporary);
    EXPECT_EQ(raised().back(), EventId::protocol_log_reverted);
}

TEST_F(Overheard, APeerThatIsNoneIsNamedAndNothingIsChanged)
{
    const auto done = order(3, {"192.0.2.0/24", "not a host"}, 10min);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().detail().find("\"not a host\""), std::string::npos);
    EXPECT_FALSE(conversations->state().temporary);
    ASSERT_TRUE(order(3, {}, 10min, true));
    EXPECT_FALSE(conversations->state().temporary) << "a dry run changes nothing";
    EXPECT_TRUE(raised().empty());
}

}  // namespace
}  // namespace imc::app
