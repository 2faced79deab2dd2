#include "queue/link.h"

#include <cstdlib>
#include <gtest/gtest.h>

namespace imc::queue {
namespace {

using namespace std::chrono_literals;

/// A link, and the clocks that it is told. Thursday 2026-11-26 00:00 UTC at first.
class LinkTest : public testing::Test {
protected:
    void use(const std::vector<std::string>& rows, std::chrono::minutes timeout = 60min)
    {
        link_.set(config::parse_schedule(rows).value(), timeout);
    }
    void pass(std::chrono::milliseconds time)
    {
        at_.wall += time;
        at_.steady += time;
    }
    /// What the driver does, with hooks that work. @return why it moved; empty: it did not
    std::string step()
    {
        const auto move = link_.step(at_, needs_);
        if (!move) return {};
        move->open ? link_.opened(at_) : link_.closed(at_);
        return move->why;
    }
    void mail_waits_since(std::chrono::milliseconds ago) { needs_ = {true, at_.wall - ago}; }
    void nothing_waits() { needs_ = {}; }

    Link link_;
    Link::Moment at_{WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 26}},
                     Link::Steady{1000h}};
    Link::Needs needs_;
};

TEST_F(LinkTest, AlwaysOpensAtOnceAndStays)
{
    use({});
    EXPECT_EQ(step(), "its schedule is always");
    for (int hour = 0; hour < 200; ++hour) {
        pass(1h);
        EXPECT_EQ(step(), "");
    }
    EXPECT_TRUE(link_.is_open());
}

TEST_F(LinkTest, AWindowOpensItAndItsEndClosesIt)
{
    use({"Thu 01:00-02:00 UTC"});
    EXPECT_EQ(step(), "");
    EXPECT_EQ(link_.opens_at(at_, needs_), at_.wall + 1h);
    pass(60min);
    EXPECT_EQ(step(), "its schedule has an open window");
    mail_waits_since(1min);
    pass(59min);
    EXPECT_EQ(step(), "");
    pass(1min);
    EXPECT_EQ(step(), "its schedule has no open window any more");
    EXPECT_EQ(link_.opens_at(at_, {}), at_.wall + 6 * 24h + 23h);
}

TEST_F(LinkTest, OpensWhenSomethingHasWaitedAndClosesWhenNothingWaits)
{
    use({"queued 15"});
    mail_waits_since(14min);
    EXPECT_EQ(step(), "");
    EXPECT_EQ(link_.opens_at(at_, needs_), at_.wall + 1min);
    pass(1min);
    EXPECT_EQ(step(), "mail has waited for 15 minutes");
    pass(10min);
    EXPECT_EQ(step(), "") << "it is still being sent";
    nothing_waits();
    pass(59s);
    EXPECT_EQ(step(), "") << "more may come";
    pass(1s);
    EXPECT_EQ(step(), "nothing has waited for a minute");
}

// dial Q158318: it was not dialled at the start when the time had passed meanwhile.
TEST_F(LinkTest, WhatIsPastDueAtTheStartOpensItAtOnce)
{
    use({"queued 15"});
    mail_waits_since(3h);
    EXPECT_EQ(step(), "mail has waited for 15 minutes");
}

// dial-new-mail-during-session, Q159209: what comes while it is open keeps it open.
TEST_F(LinkTest, MailThatComesMeanwhileIsSentInTheSameSession)
{
    use({"queued 15"});
    mail_waits_since(15min);
    EXPECT_NE(step(), "");
    nothing_waits();
    pass(40s);
    EXPECT_EQ(step(), "");
    mail_waits_since(0s);
    pass(1s);
    EXPECT_EQ(step(), "");
    nothing_waits();
    pass(59s);
    EXPECT_EQ(step(), "") << "a minute from the last";
    pass(1s);
    EXPECT_EQ(step(), "nothing has waited for a minute");
}

TEST_F(LinkTest, WhatCannotBeSentDoesNotHoldItLongerThanTheTimeout)
{
    use({"queued 15"}, 30min);
    mail_waits_since(15min);
    EXPECT_NE(step(), "");
    pass(29min);
    EXPECT_EQ(step(), "");
    pass(1min);
    EXPECT_EQ(step(), "imcLinkTimeoutMinutes are over: 30 minutes");
    pass(14min);
    EXPECT_EQ(step(), "") << "N minutes between two calls (Q156063)";
    EXPECT_EQ(link_.opens_at(at_, needs_), at_.wall + 1min);
    pass(1min);
    EXPECT_EQ(step(), "mail has waited for 15 minutes");
}

// dial-lan-row-stops-dial, Q230051: a row beside another one must not switch it off.
TEST_F(LinkTest, DialLanRowStopsDialNoMore)
{
    use({"Thu 01:00-02:00 UTC", "queued 15", "on-demand"});
    mail_waits_since(15min);
    EXPECT_EQ(step(), "mail has waited for 15 minutes");
    nothing_waits();
    pass(1min);
    EXPECT_EQ(step(), "nothing has waited for a minute");
    pass(59min);
    EXPECT_EQ(step(), "its schedule has an open window");
    pass(30min);
    EXPECT_EQ(step(), "") << "quiet, but in the window";
    pass(30min);
    EXPECT_EQ(step(), "its schedule has no open window any more");
    mail_waits_since(15min);
    EXPECT_EQ(step(), "") << "it was closed just now";
    pass(15min);
    EXPECT_EQ(step(), "mail has waited for 15 minutes");
}

TEST_F(LinkTest, OnDemandOpensOnlyWhenAskedFor)
{
    use({"on-demand"});
    mail_waits_since(100h);
    EXPECT_EQ(step(), "");
    EXPECT_EQ(link_.opens_at(at_, needs_), std::nullopt);
    EXPECT_EQ(link_.opens_when(), "by imc link open");
    link_.ask_open(10min);
    EXPECT_EQ(step(), "an administrator has opened it, for 10 minutes");
    nothing_waits();
    pass(9min);
    EXPECT_EQ(step(), "");
    pass(1min);
    EXPECT_EQ(step(), "the time for which an administrator opened it is over");
    link_.ask_open({});
    EXPECT_EQ(step(), "an administrator has opened it");
    pass(1min);
    EXPECT_EQ(step(), "nothing has waited for a minute");
}

TEST_F(LinkTest, WhatAnAdministratorClosesStaysClosedUntilTheWindowEnds)
{
    use({"daily 00:00-02:00 UTC"});
    EXPECT_NE(step(), "");
    link_.ask_close();
    EXPECT_EQ(step(), "an administrator has closed it");
    pass(1h);
    EXPECT_EQ(step(), "");
    pass(1h);
    EXPECT_EQ(step(), "");
    pass(22h);
    EXPECT_EQ(step(), "its schedule has an open window");
}

TEST_F(LinkTest, AnOpenHookThatFailsIsTriedAgainLater)
{
    use({"daily 00:00-02:00 UTC"});
    ASSERT_TRUE(link_.step(at_, needs_));
    link_.failed(at_);
    EXPECT_FALSE(link_.is_open());
    EXPECT_EQ(step(), "");
    EXPECT_EQ(link_.opens_at(at_, needs_), at_.wall + 5min);
    pass(5min);
    EXPECT_EQ(step(), "its schedule has an open window");
}

TEST_F(LinkTest, AnAdministratorNeedNotWaitAfterAFailure)
{
    use({"on-demand"});
    link_.ask_open({});
    ASSERT_TRUE(link_.step(at_, needs_));
    link_.failed(at_);
    EXPECT_EQ(step(), "") << "asked for once is tried once";
    link_.ask_open({});
    EXPECT_EQ(step(), "an administrator has opened it");
}

TEST_F(LinkTest, AnotherScheduleTakesEffectAtOnce)
{
    use({});
    EXPECT_NE(step(), "");
    use({"on-demand"});
    EXPECT_EQ(step(), "its schedule has no open window any more");
    use({});
    EXPECT_EQ(step(), "its schedule is always");
}

}  // namespace
}  // namespace imc::queue
