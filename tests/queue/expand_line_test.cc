/// Lists that wait for others to be expanded: seen, ordered about, and small.
#include "queue/administration.h"

#include "list_world.h"

namespace imc::queue {
namespace {

class ExpandLine : public ListWorld {
protected:
    /// Four lists that are at work, and others that wait; one member each.
    void begin(std::size_t count)
    {
        for (const auto& name : crowd(count))
            list("list-of-" + name, {name});
        stepwise_ = true;
        start();
        for (std::size_t i = 0; i < count; ++i)
            ids_.push_back(send({at(i)}));
        settle_down();
    }
    static std::string at(std::size_t i)
    {
        return "list-of-m" + std::to_string(i) + "@contoso.example";
    }
    void finish()
    {
        while (step()) {
        }
    }
    RecipientRow row(std::size_t i) const
    {
        const auto rows = queue_->list({.recipient = at(i), .deleted = Selector::Deleted::too});
        return rows.size() == 1 ? rows.front().recipients.front() : RecipientRow{};
    }
    Done act(Verb verb, Selector selector)
    {
        Instruction instruction;
        instruction.verb = verb;
        instruction.selector = std::move(selector);
        instruction.by = "uid=0";
        instruction.until = WallTime::max();
        instruction.text = "ticket 4711";
        auto done = kit::run(*io_, Administration{*queue_}.carry_out(std::move(instruction)));
        settle_down();
        return done.value();
    }

    std::vector<spool::MessageId> ids_;
};

TEST_F(ExpandLine, ListThatWaitsSaysWhyAndIsFoundByIt)
{
    begin(6);
    EXPECT_EQ(row(4).reason, Reason::expansion_limit);
    EXPECT_EQ(row(5).reason, Reason::expansion_limit);
    EXPECT_NE(row(0).reason, Reason::expansion_limit);
    const auto rows = queue_->list({.reason = Reason::expansion_limit});
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows.front().id, ids_[4]);
    EXPECT_EQ(queue_->waiting()[static_cast<std::size_t>(Reason::expansion_limit)], 2U);
    finish();
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(taken_.size(), 6U) << reached();
}

TEST_F(ExpandLine, HeldWhileItWaitsItIsExpandedWhenItIsReleased)
{
    begin(6);
    EXPECT_EQ(act(Verb::hold, {.recipient = at(4)}).recipients, 1U);
    EXPECT_EQ(row(4).reason, Reason::held);
    finish();
    EXPECT_EQ(taken_by("m4@a.example"), nullptr);
    ASSERT_NE(taken_by("m5@a.example"), nullptr) << "others do not wait for it";
    EXPECT_EQ(act(Verb::release, {.recipient = at(4)}).recipients, 1U);
    pass(1s);
    finish();
    EXPECT_NE(taken_by("m4@a.example"), nullptr);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(ExpandLine, DeletedOrBouncedWhileItWaitsNobodyOnItGetsACopy)
{
    begin(7);
    EXPECT_EQ(act(Verb::remove, {.recipient = at(4)}).recipients, 1U);
    EXPECT_EQ(act(Verb::bounce, {.recipient = at(5)}).recipients, 1U);
    finish();
    EXPECT_EQ(taken_by("m4@a.example"), nullptr);
    EXPECT_EQ(taken_by("m5@a.example"), nullptr);
    EXPECT_NE(taken_by("m6@a.example"), nullptr);
    EXPECT_NE(taken_by("ann@elsewhere.example"), nullptr) << "the report on the bounced one";
    EXPECT_EQ(row(4).reason, Reason::deleted);
}

// Who was called and is no list any more gives its place to the next: none may be lost.
TEST_F(ExpandLine, ListsThatAreNoneAnyMoreKeepNobodyWaiting)
{
    begin(40);
    config_.local_domains = {"other.example"};
    config_.mode = config::TransferMode::inbound;
    const auto config = std::make_shared<const config::Config>(config_);
    queue_->set_config(config, std::make_shared<transfer::RecipientResolver>(config, people_));
    finish();
    EXPECT_TRUE(queue_->list({.reason = Reason::expansion_limit}).empty());
    config_.local_domains = {"contoso.example"};
    config_.mode = config::TransferMode::both;
    const auto again = std::make_shared<const config::Config>(config_);
    queue_->set_config(again, std::make_shared<transfer::RecipientResolver>(again, people_));
    pass(1000s);
    finish();
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(taken_.size(), 40U) << reached();
}

// A service that was stopped with lists in its line.
TEST_F(ExpandLine, WhatWaitedAtACrashIsExpandedAfterTheNextStart)
{
    begin(6);
    crash();
    start();
    finish();
    pass(1s);
    finish();
    EXPECT_EQ(taken_.size(), 6U) << reached();
    EXPECT_EQ(waiting(), 0U);
}

}  // namespace
}  // namespace imc::queue
