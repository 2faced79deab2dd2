#include "administered.h"
#include "restarted.h"

namespace imc::queue {
namespace {

TEST_F(Administered, EmptySelectorTouchesNobody)
{
    open();
    deferred_mail();
    for (std::size_t verb = 0; verb < verbs; ++verb) {
        Instruction instruction{static_cast<Verb>(verb), {}};
        EXPECT_EQ(Administration{*queue_}.preview(instruction).recipients, 0U);
        const auto done = kit::run(io_, Administration{*queue_}.carry_out(instruction));
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().event(), EventId::admin_refused);
    }
    EXPECT_EQ(queue_->counts().deferred, 4U);
}

TEST_F(Administered, PreviewCountsAndShowsTenAndChangesNothing)
{
    open();
    for (int i = 0; i < 12; ++i)
        send({"bob" + std::to_string(i) + "@a.example", "bob@b.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 24; }));
    const auto seen = Administration{*queue_}.preview({Verb::remove, at_a_});
    EXPECT_EQ(seen.recipients, 12U);
    EXPECT_EQ(seen.messages, 12U);
    ASSERT_EQ(seen.sample.size(), 10U);
    EXPECT_EQ(seen.sample[9].address, "bob9@a.example");
    EXPECT_EQ(recipients(at_a_), 12U);
}

TEST_F(Administered, HeldMailWaitsUntilItIsReleased)
{
    open();
    deferred_mail();
    const auto done = act({Verb::hold, at_a_, WallTime::max(), "until Monday"});
    EXPECT_EQ(done.recipients, 2U);
    EXPECT_EQ(done.messages, 2U);
    EXPECT_EQ(row("ann@a.example").reason, Reason::held);
    EXPECT_NE(row("ann@a.example").why.find("until Monday"), std::string::npos);
    EXPECT_EQ(queue_->waiting()[static_cast<std::size_t>(Reason::held)], 2U);
    pass(20min);
    act({Verb::retry, {.all = true}});
    EXPECT_EQ(sent_to("a.example"), 0U) << "neither its time nor a retry sends it";
    EXPECT_GT(sent_to("b.example"), 0U);
    EXPECT_EQ(act({Verb::release, {.all = true}}).recipients, 2U);
    EXPECT_EQ(sent_to("a.example"), 2U);
}

TEST_F(Administered, HoldUntilATimeEndsByItself)
{
    open();
    deferred_mail();
    act({Verb::hold, at_a_, clock_.wall + 3h});
    EXPECT_EQ(row("ann@a.example").until, clock_.wall + 3h);
    for (int i = 0; i < 11; ++i)
        pass(16min);
    EXPECT_EQ(sent_to("a.example"), 0U);
    pass(5min);
    EXPECT_EQ(sent_to("a.example"), 2U);
}

TEST_F(Administered, MailHeldLongerThanItsTimeOutHasAllOfItAgain)
{
    open();
    deferred_mail();
    act({Verb::hold, at_a_, WallTime::max()});
    for (int i = 0; i < 80; ++i)
        pass(1h);
    EXPECT_EQ(recipients(at_a_), 2U) << "nothing expires while it is held";
    act({Verb::release, at_a_});
    EXPECT_EQ(recipients(at_a_), 2U) << "nor the moment it is released";
    for (int i = 0; i < 47; ++i)
        pass(1h);
    EXPECT_EQ(recipients(at_a_), 2U);
    for (int i = 0; i < 3; ++i)
        pass(1h);
    EXPECT_EQ(recipients(at_a_), 0U);
}

TEST_F(Administered, DeletedMailIsHiddenAndComesBackByUndelete)
{
    open();
    deferred_mail();
    const auto done = act({Verb::remove, at_a_});
    EXPECT_EQ(done.recipients, 2U);
    EXPECT_EQ(recipients({.all = true}), 2U);
    EXPECT_EQ(recipients({.all = true, .deleted = Selector::Deleted::only}), 2U);
    EXPECT_EQ(queue_->counts().recipients, 2U) << "it does not wait";
    EXPECT_EQ(act({Verb::hold, {.all = true}, WallTime::max()}).recipients, 2U)
        << "who is deleted is not touched by others";
    act({Verb::release, {.all = true}});
    pass(20min);
    EXPECT_EQ(sent_to("a.example"), 0U);
    EXPECT_EQ(act({Verb::undelete, {.action = done.action}}).recipients, 2U);
    EXPECT_EQ(recipients(at_a_), 2U);
    EXPECT_TRUE(until([&] { return sent_to("a.example") == 2; })) << "it is due when it was";
}

TEST_F(Administered, DeletedMailIsPurgedAfterADay)
{
    open();
    deferred_mail();
    act({Verb::hold, {.domain = "b.example"}, WallTime::max()});
    act({Verb::remove, at_a_});
    for (int i = 0; i < 23; ++i)
        pass(1h);
    EXPECT_EQ(recipients({.all = true, .deleted = Selector::Deleted::only}), 2U);
    for (int i = 0; i < 2; ++i)
        pass(1h);
    EXPECT_EQ(recipients({.all = true, .deleted = Selector::Deleted::too}), 2U);
    EXPECT_EQ(queue_->counts().messages, 2U);
    EXPECT_EQ(act({Verb::undelete, {.all = true}}).recipients, 0U);
}

TEST_F(Administered, DeletedAtOnceIsGone)
{
    open();
    deferred_mail();
    act({.verb = Verb::remove, .selector = {.all = true}, .at_once = true});
    EXPECT_EQ(queue_->counts().messages, 0U);
    EXPECT_EQ(act({Verb::undelete, {.all = true}}).recipients, 0U);
}

TEST_F(Administered, ExpiryCanBeSetTakenBackAndCome)
{
    open();
    deferred_mail();
    act({Verb::expire, at_a_, clock_.wall + 30min});
    EXPECT_EQ(row("ann@a.example").expires, clock_.wall + 30min);
    act({Verb::expire, {.recipient = "ann@a.example"}});
    EXPECT_GT(row("ann@a.example").expires, clock_.wall + 40h);
    pass(31min);
    EXPECT_EQ(queue_->counts().failed, 1U);
    EXPECT_EQ(recipients(at_a_), 1U);
    act({Verb::expire, {.recipient = "bob@b.example"}, clock_.wall});
    pass(1s);
    EXPECT_EQ(queue_->counts().failed, 2U);
    act({Verb::hold, at_a_, WallTime::max()});
    act({Verb::expire, at_a_, clock_.wall});
    pass(1s);
    EXPECT_EQ(recipients(at_a_), 0U) << "the word of an administrator ends a hold, too";
}

TEST_F(Administered, ReroutedMailGoesThereAtOnceAndBack)
{
    config_.smart_hosts = {{"usual.example", 25}};
    open();
    deferred_mail();
    act({.verb = Verb::reroute, .selector = at_a_, .route = "other.example:2525"});
    ASSERT_EQ(sent_to("a.example"), 2U);
    for (const auto& sent : internet_.sent)
        EXPECT_EQ(sent.site, "rerouted:[other.example]:2525");
    EXPECT_EQ(row("ann@a.example").terms.route, "other.example:2525");
    EXPECT_EQ(recipients({.route = "other.example"}), 2U);
    internet_.sent.clear();
    act({.verb = Verb::reroute, .selector = at_a_});
    ASSERT_EQ(sent_to("a.example"), 2U);
    EXPECT_EQ(internet_.sent.front().site, "smtp:[usual.example]:25");
}

TEST_F(Administered, PasswordOfTheUsualHostIsNotGivenToAnother)
{
    auto signs_in = profile("a.example");
    signs_in.auth_user = "contoso";
    signs_in.auth_password_file = "/secret";
    signs_in.hosts = {{"usual.example", 25}};
    config_.profiles = {signs_in};
    open();
    deferred_mail();
    EXPECT_TRUE(internet_.signs_in);
    act({.verb = Verb::reroute, .selector = at_a_, .route = "other.example"});
    ASSERT_EQ(sent_to("a.example"), 2U);
    EXPECT_FALSE(internet_.signs_in);
}

TEST_F(Administered, WhatIsBeingDeliveredIsLeftAloneAndCounted)
{
    internet_.slow = true;
    open();
    send({"ann@a.example"});
    settle_down();
    ASSERT_EQ(queue_->counts().in_delivery, 1U);
    for (const auto verb : {Verb::hold, Verb::reroute, Verb::expire, Verb::bounce, Verb::remove}) {
        const auto done = act({verb, {.all = true}, WallTime::max(), "x"});
        EXPECT_EQ(done.recipients, 0U) << name_of(verb);
        EXPECT_EQ(done.in_delivery, 1U) << name_of(verb);
    }
    internet_.answer = [](const auto&) { return delivered; };
    internet_.open();
    EXPECT_TRUE(until([&] { return queue_->counts().delivered == 1; }));
}

TEST_F(Administered, WhatCannotBeRecordedStaysAsItWas)
{
    open();
    deferred_mail();
    act({Verb::hold, at_a_, WallTime::max()});
    for (const auto verb : {Verb::hold, Verb::remove, Verb::bounce, Verb::expire}) {
        spool_.fail_commits(1);
        const auto done =
            kit::run(io_, Administration{*queue_}.carry_out({verb, {.all = true}, clock_.wall}));
        EXPECT_FALSE(done) << name_of(verb);
        settle_down();
    }
    EXPECT_EQ(row("ann@a.example").reason, Reason::held);
    EXPECT_EQ(row("bob@b.example").reason, Reason::due_later);
    EXPECT_EQ(queue_->counts().recipients, 4U);
    EXPECT_TRUE(queue_->drain(after(10s))) << "nobody is counted as on the way";
}

TEST_F(Administered, WhatIsCancelledTakesNoFurtherGroup)
{
    open();
    send({"bob@a.example", "bill@a.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 2; }));
    for (const auto verb : {Verb::hold, Verb::remove, Verb::bounce, Verb::retry}) {
        auto progress = std::make_shared<Progress>();
        progress->cancelled = true;
        const auto done =
            kit::run(io_, Administration{*queue_}.carry_out(
                              {verb, at_a_, WallTime::max(), "x", {}, {}, "uid=0"}, progress));
        ASSERT_TRUE(done) << done.error().to_string();
        EXPECT_EQ(done->recipients, 0U) << name_of(verb);
        EXPECT_EQ(progress->of, 2U) << name_of(verb);
        EXPECT_EQ(queue_->counts().deferred, 2U) << name_of(verb);
    }
}

// Two take groups of a thousand from one list.
TEST_F(Administered, ManyAreBouncedSideBySideAndEachIsOnce)
{
    open();
    std::vector<std::string> many;
    for (int i = 0; i < 100; ++i)
        many.push_back("bob" + std::to_string(i) + "@a.example");
    for (int i = 0; i < 25; ++i)
        send(many);
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 2500; }));
    auto progress = std::make_shared<Progress>();
    const auto done = kit::run(
        io_, Administration{*queue_}.carry_out(
                 {Verb::bounce, at_a_, {}, "nobody reads this", {}, {}, "uid=0"}, progress));
    ASSERT_TRUE(done) << done.error().to_string();
    EXPECT_EQ(done->recipients, 2500U);
    EXPECT_EQ(done->messages, 25U);
    EXPECT_EQ(done->in_delivery, 0U) << "what the other one works on is no delivery";
    EXPECT_GT(done->action, 0U);
    EXPECT_EQ(progress->done, 2500U);
    EXPECT_EQ(queue_->counts().failed, 2500U);
    EXPECT_EQ(recipients(at_a_), 0U);
}

TEST_F(Administered, MailOfAPausedConnectorCanBeHeldAndDeleted)
{
    config_.mode = config::TransferMode::inbound;
    open();
    send({"ann@a.example"});
    send({"bob@b.example"});
    settle_down();
    ASSERT_EQ(row("ann@a.example").reason, Reason::paused);
    act({Verb::hold, at_a_, WallTime::max()});
    act({Verb::remove, {.domain = "b.example"}});
    config_.mode = config::TransferMode::both;
    internet_.answer = [](const auto&) { return delivered; };
    reconfigure();
    settle_down();
    EXPECT_TRUE(internet_.sent.empty());
    act({Verb::release, at_a_});
    act({Verb::undelete, {.all = true}});
    EXPECT_TRUE(until([&] { return queue_->counts().delivered == 2; }));
}

// A site that is down keeps whole messages; when it is asked anew, only who still waits may go.
TEST_F(Administered, WhoIsHeldOrDeletedWhileTheSiteIsDownIsNotSentWithTheRestOfTheMessage)
{
    internet_.answer = [](const auto&) { return no_answer; };
    // So soon out of date that DNS is asked before the next host is.
    internet_.dns["a.example"] = Located{"mx.a.example", {{"mx.a.example", 25, {"192.0.2.1"}}}, 1s};
    open();
    send({"first@a.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().attempts_deferred == 1; }));
    send({"goes@a.example", "held@a.example", "deleted@a.example"});
    settle_down();
    ASSERT_EQ(row("held@a.example").reason, Reason::site_down);
    act({Verb::hold, {.recipient = "held@a.example"}, WallTime::max()});
    act({Verb::remove, {.recipient = "deleted@a.example"}});
    std::multiset<std::string> tried;
    internet_.answer = [&](const auto& address) { return tried.insert(address), delivered; };
    for (int i = 0; i < 20; ++i)
        pass(1min);
    EXPECT_EQ(tried, (std::multiset<std::string>{"first@a.example", "goes@a.example"}));
    EXPECT_EQ(row("held@a.example").reason, Reason::held);
    EXPECT_EQ(recipients({.all = true, .deleted = Selector::Deleted::only}), 1U);
}

TEST_F(Administered, WhoIsHeldOrDeletedWhileParkedIsNotSentWhenTheConfigurationChanges)
{
    config_.mode = config::TransferMode::inbound;
    open();
    send({"goes@a.example", "held@a.example", "deleted@a.example"});
    settle_down();
    act({Verb::hold, {.recipient = "held@a.example"}, WallTime::max()});
    act({Verb::remove, {.recipient = "deleted@a.example"}});
    std::multiset<std::string> tried;
    internet_.answer = [&](const auto& address) { return tried.insert(address), delivered; };
    config_.mode = config::TransferMode::both;
    reconfigure();
    settle_down();
    EXPECT_EQ(tried, std::multiset<std::string>{"goes@a.example"});
}

// It was released at a time that, by a clock that was put back, is still to come.
TEST_F(Administered, ClockThatIsPutBackHoldsNothingThatWasReleased)
{
    open();
    deferred_mail();
    act({Verb::hold, at_a_, WallTime::max()});
    act({Verb::release, at_a_});
    ASSERT_EQ(sent_to("a.example"), 2U);
    clock_.wall -= 24h;
    queue_->look_at_the_clock();
    act({Verb::retry, at_a_});
    EXPECT_EQ(sent_to("a.example"), 4U);
    EXPECT_EQ(row("ann@a.example").reason, Reason::due_later) << row("ann@a.example").why;
}

TEST_F(Administered, HeldMailThatCouldNotBeRemovedIsStillHeld)
{
    open();
    deferred_mail();
    act({Verb::hold, at_a_, WallTime::max()});
    spool_.fail_commits(1);
    EXPECT_FALSE(kit::run(io_, queue_->remove(at_a_)));
    EXPECT_EQ(row("ann@a.example").reason, Reason::held);
    pass(1h);
    EXPECT_EQ(sent_to("a.example"), 0U);
}

using AdministeredAndRestarted = Restarted<Administered>;

TEST_F(AdministeredAndRestarted, HeldDeletedReroutedAndExpiringAreSoAfterARestart)
{
    mail({"held@a.example", "deleted@b.example"});
    mail({"rerouted@c.example"});
    mail({"expiring@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 4; }));
    act({Verb::hold, at_a_, WallTime::max(), "ticket 4"});
    const auto deletion = act({Verb::remove, {.domain = "b.example"}});
    act({.verb = Verb::reroute, .selector = {.domain = "c.example"}, .route = "other.example"});
    act({Verb::expire, {.domain = "d.example"}, clock_.wall + 20min});
    restart();
    EXPECT_EQ(row("held@a.example").reason, Reason::held);
    EXPECT_EQ(row("held@a.example").terms.text, "ticket 4");
    EXPECT_EQ(recipients({.all = true, .deleted = Selector::Deleted::only}), 1U);
    EXPECT_EQ(row("expiring@d.example").expires, clock_.wall + 20min);
    internet_.sent.clear();
    pass(17min);
    for (const auto& sent : internet_.sent)
        EXPECT_EQ(sent.site, sent.address == "rerouted@c.example" ? "rerouted:[other.example]:25"
                                                                  : "mx.d.example");
    EXPECT_EQ(sent_to("c.example"), 1U);
    pass(4min);
    EXPECT_EQ(recipients({.domain = "d.example"}), 0U);
    EXPECT_EQ(act({Verb::undelete, {.action = deletion.action}}).recipients, 1U);
    act({Verb::release, at_a_});
    restart();
    EXPECT_EQ(recipients({.recipient = "deleted@b.example"}), 1U);
    EXPECT_NE(row("held@a.example").reason, Reason::held);
}

TEST_F(AdministeredAndRestarted, DeletionThatIsADayOldIsPurgedAfterARestart)
{
    mail({"deleted@b.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));
    act({Verb::remove, {.all = true}});
    clock_.pass(25h);
    restart();
    pass(1s);
    EXPECT_EQ(queue_->counts().messages, 0U);
    EXPECT_EQ(kept_->health().live_messages, 0U);
}

}  // namespace
}  // namespace imc::queue
