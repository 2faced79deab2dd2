/// Reports have copies in the archive, when copies are kept, before they are durable.
#include "administered.h"
#include "kit/copies.h"

namespace imc::queue {
namespace {

class ReportCopies : public Administered {
protected:
    ReportCopies()
    {
        copies_to_ = &copies_;
        internet_.answer = [](const auto&) { return refused; };
    }
    std::vector<std::string> told()
    {
        std::vector<std::string> out;
        for (const auto& kept : copies_.kept())
            for (const auto& recipient : kept.recipients)
                out.push_back(recipient);
        return out;
    }
    kit::Copies copies_;
};

TEST_F(ReportCopies, AReportIsCopiedUnderTheIdThatItIsThenDurableWith)
{
    open();
    const auto id = send({"bob@a.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().failed == 1; }));
    const auto kept = copies_.kept();
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].recipients, std::vector<std::string>{"ann@elsewhere.example"});
    EXPECT_EQ(kept[0].peer, "report on " + id.to_string());
    EXPECT_TRUE(spool_.holds(kept[0].id));
}

TEST_F(ReportCopies, NothingIsKeptWhereNoCopiesAreWanted)
{
    copies_.on = false;
    open();
    send({"bob@a.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().failed == 1; }));
    EXPECT_TRUE(copies_.kept().empty());
}

TEST_F(ReportCopies, OneIsMadeHoweverOftenTheResultMustBeRecorded)
{
    open();
    spool_.fail_commits(1);  // a second passes before it is tried again
    send({"bob@a.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().failed == 1; }));
    EXPECT_EQ(told().size(), 1U);
    EXPECT_TRUE(copies_.discarded().empty());
}

TEST_F(ReportCopies, ADefectOfTheArchiveStopsNoReport)
{
    copies_.broken = true;
    open();
    send({"bob@a.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().failed == 1; }));
    EXPECT_EQ(queue_->list({.recipient = "ann@elsewhere.example"}).size(), 1U);
}

TEST_F(ReportCopies, WhatAnAdministratorSendsBackIsReportedWithACopy)
{
    internet_.answer = [](const auto&) { return deferred; };
    open();
    deferred_mail();
    EXPECT_EQ(act({.verb = Verb::bounce, .selector = {.ids = {both_}}, .text = "no"}).recipients,
              2U);
    EXPECT_EQ(told(), std::vector<std::string>{"ann@elsewhere.example"});
}

TEST_F(ReportCopies, ABounceThatCannotBeRecordedLeavesNoCopy)
{
    internet_.answer = [](const auto&) { return deferred; };
    open();
    deferred_mail();
    spool_.fail_commits(1);
    Instruction bounce{.verb = Verb::bounce, .selector = {.ids = {both_}}, .text = "no"};
    bounce.by = "uid=0";
    const auto done = kit::run(io_, Administration{*queue_}.carry_out(std::move(bounce)));
    settle_down();
    EXPECT_FALSE(done);
    ASSERT_EQ(copies_.kept().size(), 1U);
    EXPECT_EQ(copies_.discarded(), std::vector<spool::MessageId>{copies_.kept()[0].id});
}

}  // namespace
}  // namespace imc::queue
