#include "scheduler_world.h"

namespace imc::queue {
namespace {

class Sites : public SchedulerWorld {
protected:
    void lead(const std::string& domain, const std::string& host)
    {
        internet_.dns[domain] = Located{host, {{host, 25, {"192.0.2.1"}}}};
    }
};

TEST_F(Sites, DomainsOfOneProviderShareAConnection)
{
    open();
    for (int i = 0; i < 50; ++i) {
        const auto domain = "d" + std::to_string(i) + ".example";
        lead(domain, "mx.provider.example");
        send({"bob@" + domain});
    }
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 50; }));
    EXPECT_EQ(queue_->counts().sites, 1U);
    EXPECT_LE(internet_.hired, 5U);
}

TEST_F(Sites, ProviderThatIsDownIsTriedByOneOfAllItsDomains)
{
    internet_.answer = [](const auto&) { return no_answer; };
    lead("a.example", "mx.provider.example");
    lead("b.example", "mx.provider.example");
    open();
    send({"bob@a.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().attempts_deferred == 1; }));
    for (int i = 0; i < 20; ++i)
        send({"bob" + std::to_string(i) + "@b.example"});
    settle_down();
    EXPECT_EQ(internet_.sent.size(), 1U);
    EXPECT_EQ(queue_->counts().attempts_deferred, 1U) << "nothing is written for the others";
    EXPECT_EQ(reason("bob7@b.example"), Reason::site_down);
    EXPECT_EQ(row("bob7@b.example").state.attempts, 0U);
    EXPECT_EQ(row("bob7@b.example").site_reply, "connecting failed");

    pass(34s);
    EXPECT_EQ(internet_.sent.size(), 2U) << "one message tries for all";
    EXPECT_EQ(queue_->counts().attempts_deferred, 2U);

    internet_.answer = [](const auto&) { return delivered; };
    pass(70s);
    EXPECT_EQ(queue_->counts().delivered, 19U) << "all that were parked go at once";
}

// All that wait for it wait for the same, not for an answer that it has given.
TEST_F(Sites, HostWithoutTheTlsThatItMustHaveIsTheReasonForAllThatWaitForIt)
{
    const DeliveryResult no_tls{Delivery::deferred, "4.7.5", "STARTTLS is not offered",
                                "mx[192.0.2.1]:25", true};
    internet_.answer = [&](const auto&) { return no_tls; };
    open();
    for (int i = 0; i < 3; ++i) {
        send({"bob" + std::to_string(i) + "@a.example"});
        settle_down();
    }
    EXPECT_EQ(internet_.sent.size(), 1U);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(reason("bob" + std::to_string(i) + "@a.example"), Reason::tls_unmet) << i;
    EXPECT_EQ(row("bob2@a.example").site_reply, "STARTTLS is not offered");
    EXPECT_TRUE(row("bob2@a.example").until) << "when it is tried again";
}

// one-copy-per-smart-host (Q174035)
TEST_F(Sites, MessageToFiveDomainsByOneSmartHostIsSentOnce)
{
    config_.smart_hosts = {{"relay.example", 25}};
    open();
    send({"a@a.example", "b@b.example", "c@c.example", "d@d.example", "e@e.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 5; }));
    EXPECT_EQ(internet_.sent.size(), 1U);
}

// The domain moves to another provider while the old one does not answer.
TEST_F(Sites, MailParkedForADeadSiteFollowsItsDomainToOtherHosts)
{
    internet_.answer = [](const auto&) { return no_answer; };
    lead("a.example", "old.example");
    open();
    send({"bob@a.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().attempts_deferred == 1; }));
    for (int i = 0; i < 5; ++i)
        send({"bob" + std::to_string(i) + "@a.example"});
    settle_down();
    internet_.answer = [](const auto&) { return delivered; };
    lead("a.example", "new.example");
    clock_.pass(300s);
    pass(34s);
    EXPECT_EQ(queue_->counts().delivered, 5U);
    EXPECT_EQ(internet_.sent.back().site, "new.example");
}

TEST_F(Sites, OtherTermsAreAnotherSite)
{
    auto strict = profile("a.example");
    strict.tls = config::OutboundTls::verify;
    config_.profiles = {strict};
    lead("a.example", "mx.provider.example");
    lead("b.example", "mx.provider.example");
    open();
    send({"bob@a.example"});
    send({"bob@b.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 2; }));
    EXPECT_EQ(queue_->counts().sites, 2U);
}

// slow-dns-high-volume (Q184542)
TEST_F(Sites, OneSlowDomainBlocksNoOther)
{
    internet_.slow_domains = {"slow.example"};
    open();
    for (int i = 0; i < 30; ++i)
        send({"bob" + std::to_string(i) + "@slow.example"});
    send({"bob@quick.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 1; }));
    EXPECT_EQ(internet_.asked, (std::vector<std::string>{"slow.example", "quick.example"}))
        << "asked once for all that wait";
    EXPECT_EQ(reason("bob0@slow.example"), Reason::connecting);
}

TEST_F(Sites, WhereALookUpLeadsIsKnownForItsTime)
{
    open();
    send({"a@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 1; }));
    send({"b@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 2; }));
    EXPECT_EQ(internet_.asked.size(), 1U);
    pass(301s);
    send({"c@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 3; }));
    EXPECT_EQ(internet_.asked.size(), 2U);
}

TEST_F(Sites, DomainWithoutARouteIsAskedForAgainOnceForAll)
{
    internet_.dns["d.example"] = Nowhere{{Delivery::deferred, "4.4.3", "SERVFAIL", ""}};
    open();
    send({"a@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().attempts_deferred == 1; }));
    send({"b@d.example"});
    send({"c@d.example"});
    settle_down();
    EXPECT_EQ(internet_.asked.size(), 1U);
    EXPECT_EQ(reason("a@d.example"), Reason::no_route);
    EXPECT_EQ(reason("b@d.example"), Reason::no_route);
    EXPECT_NE(row("b@d.example").why.find("SERVFAIL"), std::string::npos);

    internet_.dns.clear();
    pass(31s);
    EXPECT_EQ(internet_.asked.size(), 2U);
    EXPECT_EQ(queue_->counts().delivered, 2U);
}

TEST_F(Sites, DomainThatDoesNotExistFailsForAll)
{
    internet_.dns["d.example"] = Nowhere{{Delivery::failed, "5.1.2", "no such domain", ""}};
    open();
    send({"a@d.example", "b@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().failed == 2; }));
}

TEST_F(Sites, ConnectionsOfOneSiteAreBoundedByItsProfile)
{
    config_.outbound_connections_per_host = 3;
    internet_.slow = true;
    open();
    for (int i = 0; i < 20; ++i)
        send({"bob" + std::to_string(i) + "@d.example"});
    settle_down();
    EXPECT_EQ(internet_.at_work, 3U);
    EXPECT_EQ(reason("bob19@d.example"), Reason::connection_limit);
    internet_.open();
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 20; }));
    EXPECT_EQ(internet_.most_at_work, 3U);
}

TEST_F(Sites, ConnectionCarriesNoMoreMessagesThanItsProfileSays)
{
    auto two = profile("d.example");
    two.messages_per_connection = 2;
    two.connections = 1;
    config_.profiles = {two};
    internet_.slow = true;
    open();
    for (int i = 0; i < 5; ++i)
        send({"bob" + std::to_string(i) + "@d.example"});
    settle_down();
    EXPECT_EQ(internet_.hired, 1U);
    internet_.open();
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 5; }));
    EXPECT_EQ(internet_.hired, 3U) << "two, two and one";
    EXPECT_EQ(internet_.most_at_work, 1U);
}

// Two busy sites hold both connections for ever, had they not to give them back.
TEST_F(Sites, NoSiteStarvesWhenConnectionsAreFewerThanSites)
{
    config_.outbound_connections = 2;
    internet_.slow = true;
    open();
    for (int i = 0; i < 500; ++i) {
        send({"bob" + std::to_string(i) + "@busy1.example"});
        send({"bob" + std::to_string(i) + "@busy2.example"});
    }
    settle_down();
    send({"bob@late.example"});
    internet_.open();
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 1001; }));
    const auto late =
        std::ranges::find(internet_.sent, "bob@late.example", &Internet::Sent::address);
    EXPECT_LT(late - internet_.sent.begin(), 100);
}

TEST_F(Sites, MoreConnectionsAreUsedAsSoonAsTheConfigurationHasThem)
{
    config_.outbound_connections = 1;
    internet_.slow = true;
    open();
    for (int i = 0; i < 4; ++i)
        send({"bob@d" + std::to_string(i) + ".example"});
    settle_down();
    EXPECT_EQ(internet_.at_work, 1U);
    config_.outbound_connections = 4;
    reconfigure();
    settle_down();
    EXPECT_EQ(internet_.at_work, 4U);
}

TEST_F(Sites, RateOfADomainIsKept)
{
    auto slow = profile("d.example");
    slow.messages_per_minute = 6;
    config_.profiles = {slow};
    open();
    for (int i = 0; i < 5; ++i)
        send({"bob" + std::to_string(i) + "@d.example"});
    settle_down();
    EXPECT_EQ(queue_->counts().delivered, 1U);
    EXPECT_EQ(reason("bob4@d.example"), Reason::rate_limit);
    EXPECT_EQ(row("bob4@d.example").until.value_or(WallTime{}), clock_.wall + 10s);
    pass(10s);
    EXPECT_EQ(queue_->counts().delivered, 2U);
    pass(10s);
    EXPECT_EQ(queue_->counts().delivered, 3U);
}

// rcpt-batch-250 (Q196818). A mailing of 5,000 is on its way to a host when one person writes to
// somebody there.
TEST_F(Sites, MailingIsSplitAndOnePersonsMailPassesIt)
{
    config_.outbound_connections_per_host = 1;
    internet_.slow = true;
    open();
    std::vector<std::string> everybody;
    for (int i = 0; i < 5000; ++i)
        everybody.push_back("r" + std::to_string(i) + "@d.example");
    send(everybody);
    settle_down();
    send({"bob@d.example"});
    internet_.open();
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 5001; }));
    EXPECT_EQ(internet_.sent.size(), 51U) << "100 recipients at most at a time";
    const auto bob = std::ranges::find(internet_.sent, "bob@d.example", &Internet::Sent::address);
    EXPECT_LE(bob - internet_.sent.begin(), 5);
    EXPECT_EQ(std::ranges::max(internet_.sent, {}, &Internet::Sent::recipients).recipients, 100U);
}

TEST_F(Sites, WithoutRetriesAParkedMessageFailsWithWhatItsSiteSaid)
{
    internet_.answer = [](const auto&) { return no_answer; };
    open();
    send({"a@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().attempts_deferred == 1; }));
    config_.retry_after.clear();
    reconfigure();
    send({"b@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().failed >= 1; }));
}

TEST_F(Sites, MailParkedForADeadSiteTakesAnotherWayWhenTheConfigurationSaysSo)
{
    internet_.answer = [](const auto&) { return no_answer; };
    open();
    send({"a@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().attempts_deferred == 1; }));
    send({"b@d.example"});
    settle_down();
    ASSERT_EQ(reason("b@d.example"), Reason::site_down);
    internet_.answer = [](const auto&) { return delivered; };
    config_.smart_hosts = {{"relay.example", 25}};
    reconfigure();
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 1; }));
    EXPECT_EQ(internet_.sent.back().address, "b@d.example");
    EXPECT_NE(internet_.sent.back().site.find("relay.example"), std::string::npos);
}

TEST_F(Sites, AdministratorsRetryEndsTheRestOfASite)
{
    internet_.answer = [](const auto&) { return no_answer; };
    open();
    send({"a@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().attempts_deferred == 1; }));
    send({"b@d.example"});
    settle_down();
    internet_.answer = [](const auto&) { return delivered; };
    EXPECT_EQ(queue_->retry({.all = true}), 2U);
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 2; }));
}

// It was told to go at once, and was parked when the configuration changed.
TEST_F(Sites, RetryOfAnAdministratorSurvivesAChangeOfConfiguration)
{
    internet_.answer = [](const auto&) { return deferred; };
    open();
    send({"a@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));
    config_.mode = config::TransferMode::inbound;
    reconfigure();
    EXPECT_EQ(queue_->retry({.all = true}), 1U);
    internet_.answer = [](const auto&) { return delivered; };
    config_.mode = config::TransferMode::both;
    reconfigure();
    EXPECT_TRUE(until([&] { return queue_->counts().delivered == 1; }));
}

TEST_F(Sites, ParkedMessageCanBeDeleted)
{
    internet_.answer = [](const auto&) { return no_answer; };
    open();
    send({"a@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().attempts_deferred == 1; }));
    send({"b@d.example"});
    settle_down();
    EXPECT_EQ(*kit::run(io_, queue_->remove({.recipient = "b@d.example"})), 1U);
    internet_.answer = [](const auto&) { return delivered; };
    pass(2h);
    EXPECT_EQ(queue_->counts().delivered, 1U);
    EXPECT_EQ(queue_->counts().messages, 0U);
    for (const auto& sent : internet_.sent)
        EXPECT_NE(sent.address, "b@d.example");
}

}  // namespace
}  // namespace imc::queue
