#include "queue/administration.h"

#include "scheduler_world.h"
#include "spool/memory_spool.h"

namespace imc::queue {
namespace {

class Administered : public SchedulerWorld {
protected:
    Administered()
    {
        internet_.answer = [](const auto&) { return deferred; };
    }

    Done act(Instruction instruction)
    {
        instruction.by = "uid=0";
        auto done = kit::run(io_, Administration{*queue_}.carry_out(std::move(instruction)));
        settle_down();
        EXPECT_TRUE(done) << (done ? "" : done.error().to_string());
        return done ? *done : Done{};
    }
    /// Two domains, a message each and one for both; all have been tried once.
    void deferred_mail()
    {
        a_ = send({"ann@a.example"});
        b_ = send({"bob@b.example"});
        both_ = send({"carol@a.example", "dave@b.example"});
        ASSERT_TRUE(until([&] { return queue_->counts().deferred == 4; }));
        internet_.sent.clear();
    }
    std::size_t recipients(const Selector& selector) const
    {
        std::size_t count = 0;
        for (const auto& row : queue_->list(selector))
            count += row.recipients.size();
        return count;
    }
    std::size_t sent_to(const std::string& domain) const
    {
        std::size_t count = 0;
        for (const auto& sent : internet_.sent)
            count += sent.address.ends_with("@" + domain) ? sent.recipients : 0;
        return count;
    }

    const Selector at_a_{.domain = "a.example"};
    spool::MessageId a_, b_, both_;
};

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

TEST_F(Administered, BouncedMailIsReportedWithTheTextGiven)
{
    open();
    deferred_mail();
    EXPECT_EQ(act({.verb = Verb::bounce, .selector = {.ids = {both_}}, .text = "no such project"})
                  .recipients,
              2U);
    EXPECT_EQ(queue_->counts().failed, 2U);
    std::size_t reports = 0;
    for (const auto& row : queue_->list({.recipient = "ann@elsewhere.example"})) {
        const auto body = *spool_.body(row.id);
        const auto text = std::string{body.memory()};
        EXPECT_NE(text.find("no such project"), std::string::npos) << text;
        EXPECT_NE(text.find("carol@a.example"), std::string::npos);
        EXPECT_NE(text.find("dave@b.example"), std::string::npos);
        ++reports;
    }
    EXPECT_EQ(reports, 1U) << "one report for both";
    EXPECT_EQ(recipients(at_a_), 1U);
}

/// Remembers how large the groups are that become durable at once.
class Watched final : public spool::Spool {
public:
    explicit Watched(spool::Spool& below) : below_{below} {}
    std::size_t most_reports = 0;
    std::uint64_t most_octets = 0;

    net::awaitable<Result<std::vector<spool::MessageId>>>
    commit_all(std::vector<spool::Commit> changes) override
    {
        std::size_t reports = 0;
        std::uint64_t octets = 0;
        for (const auto& change : changes)
            for (const auto& report : change.caused) {
                ++reports;
                octets += report.body.size();
            }
        most_reports = std::max(most_reports, reports);
        most_octets = std::max(most_octets, octets);
        return below_.commit_all(std::move(changes));
    }
    spool::MessageId new_id() override { return below_.new_id(); }
    Result<std::unique_ptr<spool::TextWriter>> begin_text() override { return below_.begin_text(); }
    net::awaitable<Result<spool::MessageId>> store(spool::NewMessage message) override
    {
        return below_.store(std::move(message));
    }
    net::awaitable<Result<std::vector<spool::MessageId>>> commit(spool::Commit change) override
    {
        return below_.commit(std::move(change));
    }
    Result<spool::Body> body(spool::MessageId id) override { return below_.body(id); }
    void forget_body(spool::MessageId id) override { below_.forget_body(id); }
    std::vector<spool::Recovered> recover(std::size_t most) override
    {
        return below_.recover(most);
    }
    spool::Health health() const override { return below_.health(); }
    void close() override { below_.close(); }

private:
    spool::Spool& below_;
};

// A group has to fit into the room that a full disk has left.
TEST_F(Administered, ReportsAreMadeInGroupsBoundedByNumberAndByWhatIsReturned)
{
    Watched watched{spool_};
    open(watched, {});
    for (int i = 0; i < 1200; ++i)
        send({"bob" + std::to_string(i) + "@a.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1200; }));
    EXPECT_EQ(act({.verb = Verb::bounce, .selector = at_a_, .text = "gone"}).recipients, 1200U);
    EXPECT_EQ(queue_->counts().failed, 1200U);
    EXPECT_GE(watched.most_reports, 100U);
    EXPECT_LE(watched.most_reports, 1000U);

    watched.most_octets = 0;
    std::string large;
    while (large.size() < 900'000)
        large += "some words in a line\r\n";
    for (int i = 0; i < 20; ++i) {
        spool::NewMessage message;
        message.envelope = envelope({"bob@b.example"});
        message.envelope.ret = "FULL";
        message.body = std::make_shared<const std::string>("Subject: x\r\n\r\n" + large);
        auto kept = message;
        const auto id = *kit::run(io_, spool_.store(std::move(message)));
        queue_->add(id, std::move(kept.envelope), std::move(kept.body));
    }
    ASSERT_TRUE(until([&] { return queue_->list({.domain = "b.example"}).size() == 20; }));
    settle_down();
    EXPECT_EQ(
        act({.verb = Verb::bounce, .selector = {.domain = "b.example"}, .text = "gone"}).recipients,
        20U);
    EXPECT_GT(watched.most_octets, 1U << 20) << "whole messages came back";
    EXPECT_LT(watched.most_octets, 6U << 20);
}

TEST_F(Administered, LargeMessagesThatAreBeingDeliveredDoNotEndABounceOfTheOthers)
{
    config_.reports.returned_octets = 2 << 20;
    open();
    internet_.slow = true;
    for (int i = 0; i < 5; ++i) {
        spool::NewMessage message;
        message.envelope = envelope({"large@" + std::to_string(i) + ".example"});
        message.body = std::make_shared<const std::string>(1 << 20, 'x');
        auto kept = message;
        const auto id = *kit::run(io_, spool_.store(std::move(message)));
        queue_->add(id, std::move(kept.envelope), std::move(kept.body));
    }
    settle_down();
    ASSERT_EQ(queue_->counts().in_delivery, 5U);
    internet_.slow = false;
    deferred_mail();
    const auto done = act({.verb = Verb::bounce, .selector = {.all = true}, .text = "gone"});
    EXPECT_EQ(done.recipients, 4U);
    EXPECT_EQ(done.in_delivery, 5U);
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

/// Over a spool that keeps what it is told.
class AdministeredAndRestarted : public Administered {
protected:
    AdministeredAndRestarted() { restart(); }
    ~AdministeredAndRestarted() override
    {
        internet_.open();
        queue_.reset();
        io_.restart();
        io_.run_for(50ms);
    }
    void restart()
    {
        queue_.reset();
        settle_down();
        if (kept_) kept_->close();
        kept_.reset();
        kept_ = *spool::open_memory_spool(store_);
        open(*kept_, kept_->recover());
        settle_down();
    }
    void mail(const std::vector<std::string>& to)
    {
        spool::NewMessage message;
        message.envelope = envelope(to);
        message.body = std::make_shared<const std::string>("Subject: x\r\n\r\ntext\r\n");
        auto copy = message;
        const auto id = *kit::run(io_, kept_->store(std::move(message)));
        queue_->add(id, std::move(copy.envelope), std::move(copy.body));
    }

    std::shared_ptr<spool::MemoryStore> store_ = spool::make_memory_store();
    std::unique_ptr<spool::Spool> kept_;
};

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
