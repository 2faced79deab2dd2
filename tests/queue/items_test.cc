#include "queue/items.h"

#include <gtest/gtest.h>

#include <malloc.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IMC_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IMC_SANITIZED 1
#endif
#endif
#ifdef IMC_SANITIZED
#include <sanitizer/allocator_interface.h>
#endif

namespace imc::queue {
namespace {

/// By everybody in this process. The sanitizer's allocator puts zones between its blocks.
#ifdef IMC_SANITIZED
constexpr bool sanitized = true;
std::size_t octets_allocated() { return __sanitizer_get_current_allocated_bytes(); }
#else
constexpr bool sanitized = false;
std::size_t octets_allocated()
{
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}
#endif

using namespace std::chrono_literals;
using spool::Outcome;

constexpr WallTime noon{std::chrono::milliseconds{1'700'000'000'000}};

ItemPtr message(std::uint64_t id, const std::vector<WallTime>& due)
{
    spool::Envelope envelope;
    envelope.recipients.resize(due.size());
    ItemPtr item{new Item{spool::MessageId{id}, envelope, noon - 24h}};
    for (std::uint32_t i = 0; i < due.size(); ++i)
        item->recipient(i).next_attempt = due[i];
    return item;
}

spool::RecipientState outcome(Outcome outcome, WallTime next = {})
{
    spool::RecipientState state;
    state.outcome = outcome;
    state.next_attempt = next;
    return state;
}

TEST(Items, OnlyThoseAreTakenWhoseTimeHasCome)
{
    Items items;
    items.insert(message(1, {noon, noon + 1h}));
    items.insert(message(2, {noon - 1s}));

    EXPECT_EQ(items.next_due(), noon - 1s);
    const auto taken = items.take_due(noon);

    ASSERT_EQ(taken.size(), 2U);
    EXPECT_EQ(taken[0].item->id.number, 2U);
    EXPECT_EQ(taken[1].item->id.number, 1U);
    EXPECT_EQ(taken[1].recipients, std::vector<std::uint32_t>{0});
    EXPECT_EQ(items.next_due(), noon + 1h);
    EXPECT_TRUE(items.take_due(noon).empty());
}

// An administrator's retry must not leave an old date behind, at which it is tried once more.
TEST(Items, OneTakenBeforeItsTimeIsDueOnlyAtItsNextDate)
{
    Items items;
    const auto item = message(1, {noon + 60s});
    items.insert(item);

    ASSERT_TRUE(items.take(*item, 0));
    EXPECT_FALSE(items.take(*item, 0));
    items.settle(*item, 0, outcome(Outcome::waiting, noon + 300s));

    EXPECT_TRUE(items.take_due(noon + 60s).empty());
    EXPECT_EQ(items.take_due(noon + 300s).size(), 1U);
}

// A million that wait have 600 MB; this is what the queue itself keeps of each.
TEST(Items, TenThousandThatWaitTakeFourHundredOctetsEach)
{
    constexpr std::size_t count = 10'000;
    Items items;
    const auto before = octets_allocated();
    for (std::size_t i = 0; i < count; ++i) {
        spool::Envelope envelope;
        envelope.sender = "sender" + std::to_string(i) + "@contoso.example";
        envelope.recipients = {{"recipient" + std::to_string(i) + "@example.net"}};
        envelope.arrived_at = noon;
        envelope.peer = "[192.0.2.1]:4711 (client.example.net)";
        ItemPtr item{new Item{spool::MessageId{i + 1}, envelope, noon}};
        item->recipient(0).next_attempt = noon + std::chrono::seconds{i};
        items.insert(std::move(item));
    }
    const auto each = (octets_allocated() - before) / count;
    EXPECT_LE(each, sanitized ? 700U : 400U);
    EXPECT_GE(each, sizeof(Item)) << "it was measured";
}

TEST(Items, OneGivenBackIsDueWhenItWas)
{
    Items items;
    const auto item = message(1, {noon});
    items.insert(item);
    ASSERT_TRUE(items.take(*item, 0));
    EXPECT_FALSE(items.next_due());

    items.release(*item, 0);

    EXPECT_EQ(items.next_due(), noon);
}

TEST(Items, MessageIsGoneWithItsLastRecipient)
{
    Items items;
    const auto item = message(1, {noon, noon});
    items.insert(item);
    (void)items.take_due(noon);

    items.settle(*item, 0, outcome(Outcome::delivered));
    EXPECT_NE(items.find(1), nullptr);
    items.settle(*item, 1, outcome(Outcome::deleted));
    EXPECT_EQ(items.find(1), nullptr);
}

// Counters are asked for by every metric; they are kept, not counted anew.
TEST(Items, TallyFollowsEachRecipient)
{
    Items items;
    const auto item = message(1, {noon, noon, noon + 1h});
    items.insert(item);
    (void)items.take_due(noon);
    items.move(*item, 0, Stage::flying);
    auto tally = items.tally();
    EXPECT_EQ(tally.messages, 1U);
    EXPECT_EQ(tally.recipients, 3U);
    EXPECT_EQ(tally.in_delivery, 1U);
    EXPECT_EQ(tally.deferred, 1U);

    items.settle(*item, 0, outcome(Outcome::failed));
    items.settle(*item, 1, outcome(Outcome::waiting, noon + 2h));
    tally = items.tally();
    EXPECT_EQ(tally.recipients, 2U);
    EXPECT_EQ(tally.in_delivery, 0U);
    EXPECT_EQ(tally.deferred, 2U);
}

}  // namespace
}  // namespace imc::queue
