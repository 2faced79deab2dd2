#include "scheduler_world.h"

namespace imc::queue {
namespace {

using spool::Outcome;

class Timetable : public SchedulerWorld {
protected:
    /// Texts of the reports that were made, oldest first.
    std::vector<std::string> reports() const
    {
        std::vector<std::string> out;
        for (std::uint64_t id = 1; id < 1000; ++id)
            if (spool_.holds({id})) {
                const auto body = const_cast<kit::MemorySpool&>(spool_).body({id});
                if (body && body->memory().find("multipart/report") != std::string_view::npos)
                    out.emplace_back(body->memory());
            }
        return out;
    }
};

// The clock was a day wrong and is mended: nobody's time is up, nobody waits a day longer.
TEST_F(Timetable, ClockPutADayAheadMakesNothingDueAndNothingTooOld)
{
    internet_.answer = [](const auto&) { return deferred; };
    open();
    for (int i = 0; i < 20; ++i)
        send({"bob" + std::to_string(i) + "@d" + std::to_string(i) + ".example"});
    ASSERT_TRUE(until([&] { return queue_->counts().attempts_deferred == 20; }));
    clock_.wall += 72h;
    pass(0s);
    EXPECT_EQ(internet_.sent.size(), 20U);
    EXPECT_EQ(queue_->counts().failed, 0U);
    EXPECT_GT(row("bob0@d0.example").until.value_or(WallTime{}), clock_.wall)
        << "rows say it by the clock on the wall";
    pass(17min);
    EXPECT_EQ(internet_.sent.size(), 40U);
}

TEST_F(Timetable, ClockPutADayBackKeepsNobodyWaiting)
{
    internet_.answer = [](const auto&) { return deferred; };
    open();
    send({"bob@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().attempts_deferred == 1; }));
    clock_.wall -= 24h;
    pass(0s);
    EXPECT_EQ(internet_.sent.size(), 1U);
    pass(17min);
    EXPECT_EQ(internet_.sent.size(), 2U);
}

// Recorded while the clock was a year ahead, found after it was mended.
TEST_F(Timetable, DateThatNoPlanHasIsNotBelievedAtStart)
{
    spool::Recovered found;
    found.id = {7};
    found.envelope = envelope({"bob@d.example"});
    found.states.resize(1);
    found.states[0].attempts = 1;
    found.states[0].next_attempt = clock_.wall + std::chrono::days{365};
    spool::NewMessage kept;
    kept.id = {7};
    kept.body = std::make_shared<const std::string>("Subject: x\r\n\r\nx\r\n");
    (void)kit::run(io_, spool_.store(std::move(kept)));
    open({found});
    pass(2h);
    EXPECT_EQ(queue_->counts().delivered, 1U);
}

// Nobody is dropped without a word, and it is not tried for ever.
// outbound-open-failure-silent-loss (Q157684)
TEST_F(Timetable, MessageWhoseTextIsDamagedIsTriedAgainAndFailsWithAReportWhenItsTimeIsUp)
{
    config_.message_timeout = 2h;
    spool::Recovered found;
    found.id = {7};
    found.envelope = envelope({"bob@d.example"});
    found.states.resize(1);
    spool::NewMessage kept;
    kept.id = {7};
    kept.body = std::make_shared<const std::string>("Subject: x\r\n\r\nx\r\n");
    (void)kit::run(io_, spool_.store(std::move(kept)));
    spool_.damage({7});
    open({found});
    ASSERT_TRUE(until([&] { return queue_->counts().attempts_deferred == 1; }));
    EXPECT_NE(row("bob@d.example").state.last_reply.find("40152"), std::string::npos);
    pass(17min);
    EXPECT_EQ(queue_->counts().attempts_deferred, 2U) << "the disk may be well again";
    pass(2h);
    EXPECT_EQ(queue_->counts().failed, 1U);
    const auto made = reports();
    ASSERT_EQ(made.size(), 1U);
    EXPECT_NE(made[0].find("40152"), std::string::npos) << made[0];
    for (const auto& each : internet_.sent)
        EXPECT_EQ(each.address, "ann@elsewhere.example") << "nothing but the report was sent";
}

TEST_F(Timetable, EachPriorityHasItsPlan)
{
    auto plans = profile("d.example");
    plans.retry[0].after = {60s};
    plans.retry[2].after = {7200s};
    plans.retry[0].timeout = 30min;
    config_.profiles = {plans};
    internet_.answer = [](const auto&) { return deferred; };
    open();
    auto urgent = envelope({"urgent@d.example"});
    urgent.priority = spool::Priority::urgent;
    post(urgent);
    auto low = envelope({"low@d.example"});
    low.priority = spool::Priority::non_urgent;
    post(low);
    ASSERT_TRUE(until([&] { return queue_->counts().attempts_deferred == 2; }));
    EXPECT_LE(row("urgent@d.example").until.value_or(WallTime{}), clock_.wall + 66s);
    EXPECT_GE(row("low@d.example").until.value_or(WallTime{}), clock_.wall + 6480s);
    EXPECT_EQ(row("urgent@d.example").expires, clock_.wall + 30min);
    EXPECT_EQ(row("low@d.example").expires, clock_.wall + 48h);
}

// etrn-held-never-expires (Q184051): it waited for ever, since nobody ever tried it.
TEST_F(Timetable, EtrnHeldNeverExpires)
{
    auto held = profile("d.example");
    held.hold_for_etrn = true;
    config_.profiles = {held};
    open();
    send({"bob@d.example"});
    settle_down();
    EXPECT_TRUE(internet_.sent.empty());
    EXPECT_EQ(reason("bob@d.example"), Reason::waiting_for_etrn);
    pass(47h);
    EXPECT_EQ(queue_->counts().failed, 0U);
    pass(61min);
    EXPECT_EQ(queue_->counts().failed, 1U);
    ASSERT_EQ(reports().size(), 1U);
    EXPECT_NE(reports()[0].find("5.4.7"), std::string::npos);
}

TEST_F(Timetable, MailHeldForEtrnGoesWhenItsHostAsks)
{
    auto held = profile("d.example");
    held.hold_for_etrn = true;
    config_.profiles = {held};
    open();
    send({"a@d.example"});
    send({"b@d.example"});
    settle_down();
    EXPECT_EQ(queue_->release_etrn("other.example"), 0U);
    EXPECT_EQ(queue_->release_etrn("D.Example"), 2U);
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 2; }));
    pass(2min);
    send({"c@d.example"});
    settle_down();
    EXPECT_EQ(reason("c@d.example"), Reason::waiting_for_etrn) << "asked for once, not for ever";
}

TEST_F(Timetable, MailThatIsParkedForADeadSiteFailsWhenItsTimeIsUp)
{
    internet_.answer = [](const std::string& address) {
        return address.ends_with("@d.example") ? no_answer : delivered;
    };
    config_.message_timeout = 2h;
    config_.retry_after = {90min};
    open();
    for (int i = 0; i < 8; ++i)
        send({"bob" + std::to_string(i) + "@d.example"});
    settle_down();
    EXPECT_EQ(queue_->counts().failed, 0U);
    pass(1h);
    pass(59min);
    EXPECT_EQ(queue_->counts().failed, 0U);
    const auto attempts = queue_->counts().attempts_deferred;
    EXPECT_LT(attempts, 8U) << "some were never tried";
    pass(2min);
    pass(11min);
    EXPECT_EQ(queue_->counts().failed, 8U);
    for (const auto& report : reports())
        EXPECT_NE(report.find("connecting failed"), std::string::npos) << report;
}

TEST_F(Timetable, MailThatIsPausedByTransferModeFailsWhenItsTimeIsUp)
{
    config_.mode = config::TransferMode::inbound;
    config_.message_timeout = 2h;
    open();
    send({"bob@d.example"});
    settle_down();
    EXPECT_EQ(reason("bob@d.example"), Reason::paused);
    pass(121min);
    EXPECT_EQ(queue_->counts().failed, 1U);
}

TEST_F(Timetable, TransferModeIsChangedLive)
{
    config_.mode = config::TransferMode::inbound;
    internet_.dns["gone.example"] = Nowhere{{Delivery::failed, "5.1.2", "no such domain", ""}};
    open();
    send({"bob@d.example"});
    send({"bob@gone.example"});
    settle_down();
    EXPECT_TRUE(internet_.sent.empty());
    EXPECT_TRUE(internet_.asked.empty()) << "nobody is asked where it would go";
    EXPECT_EQ(reason("bob@gone.example"), Reason::paused);
    EXPECT_EQ(queue_->counts().failed, 0U);
    config_.mode = config::TransferMode::none;
    reconfigure();
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 1; }));
}

TEST_F(Timetable, SenderIsToldOfADelayOncePerStep)
{
    auto plans = profile("d.example");
    for (auto& plan : plans.retry)
        plan.notice_after = {4h, 12h};
    config_.profiles = {plans};
    internet_.answer = [](const std::string& address) {
        return address.ends_with("@d.example") ? no_answer : delivered;
    };
    open();
    send({"bob@d.example"});
    pass(3h);
    EXPECT_TRUE(reports().empty());
    pass(61min);
    pass(2min);
    ASSERT_EQ(reports().size(), 1U);
    EXPECT_NE(reports()[0].find("Action: delayed"), std::string::npos) << reports()[0];
    EXPECT_NE(reports()[0].find("connecting failed"), std::string::npos) << reports()[0];
    for (int i = 0; i < 14; ++i)
        pass(30min);
    EXPECT_EQ(reports().size(), 1U);
    pass(61min);
    pass(2min);
    EXPECT_EQ(reports().size(), 2U);
    EXPECT_EQ(queue_->list({.recipient = "bob@d.example"}).size(), 1U) << "it still waits";
}

TEST_F(Timetable, WhoDidNotAskForDelaysAndTheNullSenderAreNotTold)
{
    auto plans = profile("d.example");
    for (auto& plan : plans.retry)
        plan.notice_after = {4h};
    config_.profiles = {plans};
    internet_.answer = [](const auto&) { return no_answer; };
    open();
    auto quiet = envelope({"bob@d.example"});
    quiet.recipients[0].notify = 4;
    post(quiet);
    auto report = envelope({"carol@d.example"});
    report.sender.clear();
    post(report);
    pass(5h);
    pass(5h);
    EXPECT_TRUE(reports().empty());
}

// priority-from-envelope (Q166587): it decides, whatever a header says.
TEST_F(Timetable, PriorityFromEnvelope)
{
    auto plans = profile("d.example");
    plans.retry[0].timeout = 1h;
    config_.profiles = {plans};
    internet_.answer = [](const auto&) { return deferred; };
    open();
    auto urgent = envelope({"urgent@d.example"});
    urgent.priority = spool::Priority::urgent;
    post(urgent);
    send({"normal@d.example"});
    settle_down();
    for (int i = 0; i < 6; ++i)
        pass(15min);
    EXPECT_TRUE(queue_->list({.recipient = "urgent@d.example"}).empty());
    EXPECT_FALSE(queue_->list({.recipient = "normal@d.example"}).empty());
}

// retries-zero (Q146669): a list without hours is said and meant.
TEST_F(Timetable, RetriesZero)
{
    config_.retry_after.clear();
    internet_.answer = [](const auto&) { return deferred; };
    open();
    send({"bob@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().failed == 1; }));
    ASSERT_EQ(reports().size(), 1U);
    EXPECT_NE(reports()[0].find("no retries are configured"), std::string::npos);
}

}  // namespace
}  // namespace imc::queue
