/// What is told of keeping recipients fresh: events 40890, 40891, 40892 and 40893.
#include "app/service/recipients_keeper.h"

#include "event/sinks.h"

#include <gtest/gtest.h>

namespace imc::app {
namespace {

using namespace std::chrono_literals;

class Followed final : public Following {
public:
    void end() override {}
};

/// Ten people, and whoever follows.
class People final : public Directory {
public:
    std::string description() const override { return "people"; }
    bool is_local() const override { return false; }
    Answer<Entry> read(const Dn&, Deadline) override { return ProvenAbsent{}; }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view, Deadline,
                                      std::size_t) override
    {
        if (refuses) return Error{EventId::directory_refused, "the size limit is 5"};
        std::vector<Entry> out;
        for (int i = 0; i < 10; ++i) {
            const auto alias = "m" + std::to_string(i);
            out.push_back(
                {Dn{}.child("cn", alias), {{"proxyAddresses", {"SMTP:" + alias + "@a.example"}}}});
        }
        return out;
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override { return std::uint64_t{1}; }
    std::unique_ptr<Following> follow(std::vector<std::string> attributes,
                                      std::shared_ptr<Follower> told) override
    {
        EXPECT_EQ(attributes, std::vector<std::string>{"proxyAddresses"});
        follower = std::move(told);
        return std::make_unique<Followed>();
    }

    bool refuses = false;
    std::weak_ptr<Follower> follower;
};

class RecipientsKeeping : public testing::Test {
protected:
    RecipientsKeeping()
    {
        events.add(ring_sink(ring));
        people.cache = {.entries = 100, .found = 600s};
    }

    std::shared_ptr<RecipientCache> keep()
    {
        keeper.emplace(people, Dn{}, metrics, events);
        return keeper->cache();
    }
    /// Of the first with this number; waits for it a minute at most.
    std::string told(EventId event)
    {
        for (const auto end = after(60s); std::chrono::steady_clock::now() < end;
             std::this_thread::sleep_for(2ms)) {  // the ring tells nobody
            events.flush();
            for (const auto& record : ring->records())
                if (record.id == event) return record.description;
        }
        return "nothing";
    }

    EventLog events;
    std::shared_ptr<Ring> ring = std::make_shared<Ring>();
    metrics::Registry metrics;
    std::shared_ptr<People> directory = std::make_shared<People>();
    config::People people{directory};
    std::optional<RecipientsKeeper> keeper;
};

TEST_F(RecipientsKeeping, DirectoryThatTellsOfChangesIsAnEventAndSoIsItsEnd)
{
    const auto cache = keep();
    const auto follower = directory->follower.lock();
    ASSERT_NE(follower, nullptr);
    follower->follows("ldap://a.example");
    EXPECT_NE(told(EventId::recipients_followed).find("ldap://a.example"), std::string::npos);
    EXPECT_TRUE(cache->is_following());
    follower->lost(Error{EventId::directory_unreachable, "the wire was cut"});
    EXPECT_NE(told(EventId::recipients_follow_lost).find("the wire was cut"), std::string::npos);
    EXPECT_FALSE(cache->is_following());
}

TEST_F(RecipientsKeeping, NobodyFollowsWhereNothingIsBelievedOrItIsNotWanted)
{
    people.follows = false;
    (void)keep();
    EXPECT_EQ(directory->follower.lock(), nullptr);
    people.follows = true;
    people.cache.found = 0s;
    people.cache.stale = 600s;
    EXPECT_NE(keep(), nullptr);
    EXPECT_EQ(directory->follower.lock(), nullptr);
    people.cache.stale = 0s;
    EXPECT_EQ(keep(), nullptr);
}

TEST_F(RecipientsKeeping, EverybodyIsReadBeforehandAndItIsSaidHowMany)
{
    people.follows = false;
    people.preloads = true;
    const auto cache = keep();
    EXPECT_NE(told(EventId::recipients_loaded).find("10 recipients"), std::string::npos);
    EXPECT_EQ(cache->size(), 10U);
    EXPECT_TRUE(cache->is_loaded());
}

TEST_F(RecipientsKeeping, LoadingInVainIsAnEventWithTheReason)
{
    people.follows = false;
    people.preloads = true;
    directory->refuses = true;
    (void)keep();
    EXPECT_NE(told(EventId::recipients_not_loaded).find("size limit is 5"), std::string::npos);
}

}  // namespace
}  // namespace imc::app
