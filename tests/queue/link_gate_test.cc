#include "queue/scheduler_world.h"

namespace imc::queue {
namespace {

class LinkGateTest : public SchedulerWorld {
protected:
    void open_with_the_link_closed()
    {
        open();
        queue_->set_link({false, clock_.wall + 1h, "in the windows of its schedule"});
    }
};

TEST_F(LinkGateTest, MailForOtherHostsWaitsForTheLinkAndSaysWhenItOpens)
{
    open_with_the_link_closed();
    send({"bob@d.example"});
    settle_down();
    EXPECT_TRUE(internet_.sent.empty());
    EXPECT_TRUE(internet_.asked.empty()) << "DNS is behind the link, too";
    const auto waits = row("bob@d.example");
    EXPECT_EQ(waits.reason, Reason::outside_window);
    EXPECT_EQ(waits.until, clock_.wall + 1h);
    EXPECT_NE(waits.why.find("it opens next at "), std::string::npos) << waits.why;
    EXPECT_NE(waits.why.find("in the windows of its schedule"), std::string::npos) << waits.why;
    EXPECT_EQ(queue_->waiting()[static_cast<std::size_t>(Reason::outside_window)], 1U);
    EXPECT_EQ(queue_->link_needs().waiting, 1U);
    EXPECT_EQ(queue_->oldest_for_link(), clock_.wall);
}

// dial-new-mail-during-session (Q159209): it waited for the next call.
TEST_F(LinkGateTest, WhatWaitsAndWhatComesMeanwhileGoesWhileItIsOpen)
{
    open_with_the_link_closed();
    send({"a@d.example"});
    pass(1h);
    EXPECT_TRUE(internet_.sent.empty());
    queue_->set_link({});
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 1; }));
    send({"b@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 2; }));
    EXPECT_FALSE(queue_->link_needs().wants);
}

TEST_F(LinkGateTest, WhatIsBeingSentWhenItClosesIsTheLast)
{
    config_.smart_hosts = {{"hub.example", 25}};
    config_.outbound_connections_per_host = 1;
    open();
    internet_.slow = true;
    send({"a@d.example"});
    send({"b@d.example"});
    ASSERT_TRUE(until([&] { return internet_.at_work == 1; }));
    EXPECT_EQ(queue_->link_needs().sending, 1U);
    queue_->set_link({false});
    internet_.open();
    settle_down();
    EXPECT_EQ(queue_->counts().delivered, 1U);
    EXPECT_EQ(reason("b@d.example"), Reason::outside_window);
    queue_->set_link({});
    EXPECT_TRUE(until([&] { return queue_->counts().delivered == 2; }));
}

TEST_F(LinkGateTest, WhatFailedBeforeItClosedIsTriedWhenItOpens)
{
    internet_.answer = [](const auto&) { return no_answer; };
    config_.retry_after = {4h};
    open();
    send({"a@d.example"});
    send({"b@d.example"});
    settle_down();
    queue_->set_link({false});
    pass(5h);
    EXPECT_EQ(reason("a@d.example"), Reason::outside_window);
    internet_.answer = [](const auto&) { return delivered; };
    queue_->set_link({});
    EXPECT_TRUE(until([&] { return queue_->counts().delivered == 2; }));
}

TEST_F(LinkGateTest, WhatWaitsForTheLinkExpires)
{
    open_with_the_link_closed();
    send({"bob@d.example"});
    pass(47h);
    EXPECT_EQ(queue_->counts().failed, 0U);
    pass(61min);
    EXPECT_EQ(queue_->counts().failed, 1U);
}

TEST_F(LinkGateTest, MailHeldForEtrnNeitherOpensTheLinkNorGoesWithIt)
{
    auto held = profile("d.example");
    held.hold_for_etrn = true;
    config_.profiles = {held};
    open_with_the_link_closed();
    send({"bob@d.example"});
    settle_down();
    EXPECT_EQ(queue_->link_needs().waiting, 0U);
    EXPECT_EQ(reason("bob@d.example"), Reason::waiting_for_etrn);
    queue_->set_link({});
    settle_down();
    EXPECT_TRUE(internet_.sent.empty());
    EXPECT_EQ(queue_->release_etrn("@example"), 1U) << "d.example is below it";
    EXPECT_TRUE(until([&] { return queue_->counts().delivered == 1; }));
}

TEST_F(LinkGateTest, AnotherConfigurationDoesNotOpenIt)
{
    open_with_the_link_closed();
    send({"bob@d.example"});
    reconfigure();
    settle_down();
    EXPECT_TRUE(internet_.sent.empty());
    EXPECT_EQ(reason("bob@d.example"), Reason::outside_window);
}

}  // namespace
}  // namespace imc::queue
