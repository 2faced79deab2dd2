/// What the queue says of recipients who have no way, and what it raises.
#include "config/parse.h"
#include "directory/recorded.h"
#include "event/sinks.h"
#include "queue/scheduler_world.h"

namespace imc::queue {
namespace {

class Verdicts : public SchedulerWorld {
protected:
    Verdicts()
    {
        events_.add(ring_sink(ring_));
        config_.organization = *Dn::parse("o=Contoso");
    }

    void among(std::vector<Entry> people)
    {
        const auto config = snapshot();
        const std::shared_ptr<Directory> directory =
            recorded_directory(std::move(people), "people");
        queue_->set_config(config,
                           std::make_shared<transfer::RecipientResolver>(config, directory));
    }
    void set_rows(const std::vector<std::string>& rows)
    {
        config_.routing.clear();
        for (const auto& row : rows)
            config_.routing.push_back(*config::parse_routing_row(row));
        reconfigure();
        settle_down();
    }
    static Entry mailbox(const std::string& name, const std::string& address)
    {
        Entry out{*Dn::parse("cn=" + name + ",o=Contoso"), {}};
        out.attributes["objectClass"] = {"imcMailbox"};
        out.attributes["mailNickname"] = {name};
        out.attributes["proxyAddresses"] = {"SMTP:" + address};
        return out;
    }
    /// A client brought it.
    void receive(const std::string& recipient)
    {
        auto letter = envelope({recipient});
        letter.peer = "[198.51.100.1]:4711 (client.example.net)";
        post(std::move(letter));
        settle_down();
    }
    std::vector<std::string> said(EventId id) const
    {
        std::vector<std::string> out;
        for (const auto& record : ring_->records())
            if (record.id == id) out.push_back(record.description);
        return out;
    }

    std::shared_ptr<Ring> ring_ = std::make_shared<Ring>();
};

// Pickup, members of lists, contacts' targets, what was taken unasked: no client is told 451.
TEST_F(Verdicts, AddressOfTwoObjectsIsAnEventOnceForAMessageAndNamesBoth)
{
    open();
    among({mailbox("ann", "both@contoso.example"), mailbox("bob", "both@contoso.example")});
    send({"both@contoso.example"});
    settle_down();
    for (int i = 0; i < 5; ++i)
        pass(2000s);
    EXPECT_EQ(row("both@contoso.example").state.last_status, "4.1.4");
    const auto events = said(EventId::address_not_unique);
    ASSERT_EQ(events.size(), 1U) << "it was tried again, and again";
    for (const auto* part : {"both@contoso.example", "cn=ann,", "cn=bob,"})
        EXPECT_NE(events[0].find(part), std::string::npos) << events[0];
    send({"both@contoso.example"});
    settle_down();
    EXPECT_EQ(said(EventId::address_not_unique).size(), 2U);
    EXPECT_EQ(queue_->counts().failed, 0u);
}

TEST_F(Verdicts, FolderOfTwoPeopleIsAnEventToo)
{
    open();
    auto twin = mailbox("twin", "twin@contoso.example");
    twin.attributes["mailNickname"] = {"ann"};
    among({mailbox("ann", "ann@contoso.example"), twin});
    send({"ann@contoso.example"});
    settle_down();
    pass(2000s);
    EXPECT_EQ(row("ann@contoso.example").state.last_status, "4.2.0");
    ASSERT_EQ(said(EventId::maildir_shared).size(), 1U);
    EXPECT_NE(said(EventId::maildir_shared)[0].find("cn=twin,"), std::string::npos);
}

TEST_F(Verdicts, RowThatRejectsSinceHoldsWhatWasTaken)
{
    internet_.answer = [](const std::string&) { return no_answer; };
    open();
    send({"tried@example.net"});  // by a program of this host, and on its way
    settle_down();
    set_rows({"example.net;reject;Not any more"});
    receive("new@example.net");  // the client heard 250 a moment ago
    pass(2000s);
    EXPECT_EQ(queue_->counts().failed, 0u);
    for (const auto* address : {"tried@example.net", "new@example.net"}) {
        EXPECT_EQ(row(address).state.last_status, "4.7.1") << address;
        for (const auto* part : {"Not any more", "routing row", "example.net;reject"})
            EXPECT_NE(row(address).why.find(part), std::string::npos) << row(address).why;
    }
    internet_.answer = [](const std::string&) { return delivered; };
    set_rows({});
    for (int i = 0; i < 4 && queue_->counts().delivered < 2; ++i)
        pass(2000s);
    EXPECT_EQ(queue_->counts().delivered, 2u);
}

TEST_F(Verdicts, CircleThatIsEditedInHoldsWhatWasTakenAndIsAnEvent)
{
    open();
    set_rows({"a.example;rewrite;b.example", "b.example;rewrite;a.example"});
    receive("x@a.example");
    pass(2000s);
    EXPECT_EQ(queue_->counts().failed, 0u);
    EXPECT_EQ(row("x@a.example").state.last_status, "4.4.6");
    ASSERT_EQ(said(EventId::route_in_circle).size(), 1U);
    EXPECT_NE(said(EventId::route_in_circle)[0].find("b.example"), std::string::npos);
    set_rows({});
    pass(2000s);
    EXPECT_TRUE(until([this] { return queue_->counts().delivered == 1; }));
}

// As a client would at RCPT: it was never taken as something that goes.
TEST_F(Verdicts, ProgramOfThisHostHearsAtOnceWhatARowRejects)
{
    open();
    set_rows({"example.net;reject;Not any more", "a.example;rewrite;b.example",
              "b.example;rewrite;a.example"});
    send({"x@example.net"});
    send({"x@a.example"});
    EXPECT_TRUE(until([this] { return queue_->counts().failed == 2; }));
    const auto failures = said(EventId::recipient_failed);
    ASSERT_EQ(failures.size(), 2U);
    EXPECT_NE((failures[0] + failures[1]).find("550 5.7.1 Not any more"), std::string::npos);
}

TEST_F(Verdicts, MessageThatADomainDoesNotTakeNamesTheRule)
{
    auto small = profile("a.example");
    small.message_octets = 10'000;
    config_.profiles = {small};
    open();
    const auto weigh = [this](std::size_t octets) {
        spool::NewMessage message;
        message.envelope = envelope({"x@a.example"});
        message.body = std::make_shared<const std::string>("Subject: x\r\n\r\n" +
                                                           std::string(octets, 'x') + "\r\n");
        auto kept = message;
        const auto id = *kit::run(io_, spool_.store(std::move(message)));
        queue_->add(id, std::move(kept.envelope), std::move(kept.body));
    };
    weigh(10'500);  // with our own lines in front; without them it was let in
    EXPECT_TRUE(until([this] { return queue_->counts().delivered == 1; }));
    weigh(20'000);
    EXPECT_TRUE(until([this] { return queue_->counts().failed == 1; }));
    const auto failures = said(EventId::recipient_failed);
    ASSERT_EQ(failures.size(), 1U);
    for (const auto* part : {"552 5.3.4", "10000", "imcMaxMessageKB of the profile a.example"})
        EXPECT_NE(failures[0].find(part), std::string::npos) << failures[0];
}

TEST_F(Verdicts, MailboxThatIsDisabledSinceIsStillANo)
{
    open();
    auto ann = mailbox("ann", "ann@contoso.example");
    ann.attributes["imcDisabled"] = {"TRUE"};
    among({ann});
    receive("ann@contoso.example");
    EXPECT_TRUE(until([this] { return queue_->counts().failed == 1; }));
}

}  // namespace
}  // namespace imc::queue
