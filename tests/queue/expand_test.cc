#include "list_world.h"

#include "base/notify.h"

namespace imc::queue {
namespace {

using transfer::name_of;
using transfer::person;

class Expanding : public ListWorld {};

TEST_F(Expanding, EverybodyOnAListGetsACopyUnderTheSendersName)
{
    list("staff", crowd(3)).attributes["displayName"] = {"Staff"};
    start();
    const auto id = send({"staff@contoso.example"});
    settle_down();
    EXPECT_EQ(reached(), "m0@a.example m1@a.example m2@a.example");
    EXPECT_EQ(waiting(), 0U);
    const auto* copy = taken_by("m1@a.example");
    ASSERT_NE(copy, nullptr);
    EXPECT_EQ(copy->sender, "ann@elsewhere.example") << "the list has no owner";
    EXPECT_EQ(copy->original, "rfc822;staff@contoso.example") << "Q246881";
    EXPECT_EQ(copy->text, "Delivered-To: staff@contoso.example\r\n"
                          "List-Id: \"Staff\" <staff.contoso.example>\r\n"
                          "List-Post: <mailto:staff@contoso.example>\r\n"
                          "Precedence: list\r\nSubject: x\r\n\r\ntext\r\n");
    EXPECT_FALSE(spool_->body(id)) << "the message itself is done";
}

// Q143375, whatever he is called here and there.
TEST_F(Expanding, WhoIsAddressedByASecondaryAddressGetsNoCopyOfTheList)
{
    entries_.push_back(person("bob"));
    entries_.back().attributes["proxyAddresses"].emplace_back("smtp:robert@contoso.example");
    list("staff", {"bob"});
    start();
    send({"Robert@contoso.example", "staff@contoso.example"});
    settle_down();
    EXPECT_EQ(reached(), "Robert@contoso.example");
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(Expanding, WhoGetsTheMailOfAnotherGetsNoCopyOfTheList)
{
    entries_.push_back(person("bob"));
    entries_.push_back(person("alice"));
    entries_.back().attributes["altRecipient"] = {name_of("bob")};
    list("staff", {"bob", "alice"});
    start();
    send({"alice@contoso.example", "staff@contoso.example"});
    settle_down();
    EXPECT_EQ(reached(), "bob@contoso.example");
}

// What one does not get himself, the list may bring.
TEST_F(Expanding, WhoIsNotReachedHimselfIsReachedByTheList)
{
    entries_.push_back(person("bob"));
    list("staff", {"bob"});
    start();
    send({"nobody@contoso.example", "staff@contoso.example"});
    settle_down();
    ASSERT_NE(taken_by("bob@contoso.example"), nullptr);
}

TEST_F(Expanding, ListWaitsWhileTheDirectoryCannotSayWhoIsAddressedBesideIt)
{
    entries_.push_back(person("bob"));
    list("staff", {"bob"});
    stepwise_ = true;
    start();
    send({"staff@contoso.example", "bob@contoso.example"});
    settle_down();
    ASSERT_FALSE(background_.empty());
    people_->answers = 0;
    step();
    const auto rows = queue_->list({.recipient = "staff@contoso.example"});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows.front().recipients.front().reason, Reason::directory_cannot_say);
    people_->answers = 1000;
    pass(2000s);
    while (step()) {
    }
    EXPECT_EQ(reached(), "bob@contoso.example") << "once";
}

// RFC 5321 3.9.2: reports on members go to who looks after them.
TEST_F(Expanding, CopiesOfAListWithAnOwnerAreSentByTheOwner)
{
    entries_.push_back(person("olga"));
    list("staff", crowd(1)).attributes["owner"] = {name_of("olga")};
    start();
    spool::Envelope letter;
    letter.sender = "ann@elsewhere.example";
    letter.envid = "E1";
    letter.recipients = {{"staff@contoso.example", "rfc822;old@x.example", notify::success}};
    post(letter);
    settle_down();
    const auto* copy = taken_by("m0@a.example");
    ASSERT_NE(copy, nullptr);
    EXPECT_EQ(copy->sender, "olga@contoso.example");
    EXPECT_EQ(copy->envid, "") << "of another message";
    EXPECT_EQ(copy->notify, notify::failure);
    EXPECT_EQ(copy->original, "rfc822;old@x.example");
    // RFC 3461 5.2.7.3: for its sender the message is delivered.
    const auto* report = taken_by("ann@elsewhere.example");
    ASSERT_NE(report, nullptr);
    EXPECT_NE(report->text.find("Action: delivered"), std::string::npos) << report->text;
}

// RFC 5321 4.5.5: a report must not become one that could cause another.
TEST_F(Expanding, MessageWithoutASenderGetsNoneFromAList)
{
    entries_.push_back(person("olga"));
    list("staff", crowd(1)).attributes["owner"] = {name_of("olga")};
    start();
    spool::Envelope letter;
    letter.recipients = {{"staff@contoso.example"}};
    post(letter);
    settle_down();
    ASSERT_NE(taken_by("m0@a.example"), nullptr);
    EXPECT_EQ(taken_by("m0@a.example")->sender, "");
}

// RFC 3461 5.2.7.2
TEST_F(Expanding, SenderWhoKeepsTheReportsHearsThatTheListWasExpanded)
{
    list("staff", crowd(1));
    start();
    spool::Envelope letter;
    letter.sender = "ann@elsewhere.example";
    letter.envid = "E1";
    letter.recipients = {{"staff@contoso.example", "", notify::success | notify::failure}};
    post(letter);
    settle_down();
    EXPECT_EQ(taken_by("m0@a.example")->notify, notify::failure) << "success was told of the list";
    EXPECT_EQ(taken_by("m0@a.example")->envid, "E1");
    const auto* report = taken_by("ann@elsewhere.example");
    ASSERT_NE(report, nullptr);
    EXPECT_NE(report->text.find("Action: expanded"), std::string::npos) << report->text;
    EXPECT_NE(report->text.find("staff@contoso.example"), std::string::npos);
}

TEST_F(Expanding, ListThatReportsToNobodySendsWithoutASender)
{
    list("staff", crowd(1)).attributes["imcReportsTo"] = {"nobody"};
    answer_ = [](const auto&) { return refused; };
    start();
    send({"staff@contoso.example"});
    settle_down();
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(reached(), "") << "neither the sender nor the administrator is told";
}

TEST_F(Expanding, FailureOfAMemberNamesTheMemberAndTheList)
{
    list("staff", crowd(2));
    answer_ = [](const std::string& address) {
        return address == "m0@a.example" ? refused : delivered;
    };
    start();
    send({"staff@contoso.example"});
    settle_down();
    const auto* report = taken_by("ann@elsewhere.example");
    ASSERT_NE(report, nullptr);
    EXPECT_NE(report->text.find("Final-Recipient: rfc822; m0@a.example"), std::string::npos)
        << report->text;
    EXPECT_NE(report->text.find("Original-Recipient: rfc822; staff@contoso.example"),
              std::string::npos)
        << report->text;
}

// duplicate-to-overlapping-lists (Q143375)
TEST_F(Expanding, WhoIsAddressedAndOnAListGetsOneCopy)
{
    list("staff", crowd(3));
    list("sales", {"m1", "m2"});
    start();
    send({"staff@contoso.example", "m0@a.example", "sales@contoso.example"});
    settle_down();
    EXPECT_EQ(reached(), "m0@a.example m1@a.example m2@a.example");
}

TEST_F(Expanding, NoCopyOfALargeListIsSentBeforeAllAreDurable)
{
    portion_ = 4;
    list("staff", crowd(10));
    start();
    stepwise_ = true;
    send({"staff@contoso.example"});
    ASSERT_TRUE(step()) << "the list is opened";
    ASSERT_TRUE(step()) << "four members";
    ASSERT_TRUE(step()) << "eight";
    EXPECT_EQ(reached(), "");
    while (step()) {
    }
    EXPECT_EQ(taken_.size(), 10U);
    EXPECT_EQ(waiting(), 0U);
}

// Killed at any moment: nobody is lost, nobody gets two.
TEST_F(Expanding, CrashAtAnyPointOfAnExpansionLosesAndDoublesNobody)
{
    portion_ = 4;
    list("staff", crowd(10));
    for (int steps = 0;; ++steps) {
        store_ = spool::make_memory_store();
        taken_.clear();
        stepwise_ = true;
        start();
        send({"staff@contoso.example"});
        bool more = true;
        for (int i = 0; more && i < steps; ++i)
            more = step();
        const auto before = taken_.size();
        crash();
        stepwise_ = false;
        start();
        settle_down();
        EXPECT_EQ(taken_.size(), 10U)
            << "crash after " << steps << " steps, " << before << " were sent before it";
        EXPECT_EQ(waiting(), 0U) << steps;
        crash();
        start();
        EXPECT_EQ(found_, 0U) << "what was staged is gone, after " << steps << " steps";
        crash();
        if (!more) break;
        ASSERT_LT(steps, 50);
    }
    EXPECT_GT(raised(EventId::list_begun_again), 0U);
}

TEST_F(Expanding, CopiesOfALargeListOutliveARestartBeforeTheyAreTaken)
{
    portion_ = 4;
    list("staff", crowd(10));
    answer_ = [](const auto&) { return deferred; };
    start();
    send({"staff@contoso.example"});
    settle_down();
    EXPECT_EQ(waiting(), 10U);
    crash();
    answer_ = [](const auto&) { return delivered; };
    start();
    EXPECT_EQ(found_, 3U);
    pass(20min);
    EXPECT_EQ(taken_.size(), 10U);
    EXPECT_EQ(raised(EventId::list_begun_again), 0U);
}

TEST_F(Expanding, DirectoryThatFallsSilentInTheMiddleSendsToNobodyUntilItAnswers)
{
    portion_ = 4;
    list("staff", crowd(10));
    start();
    for (const int answers : {0, 1, 2, 8, 11}) {
        people_->answers = answers;
        taken_.clear();
        const auto id = send({"staff@contoso.example"});
        settle_down();
        EXPECT_EQ(reached(), "") << answers;
        EXPECT_EQ(waiting(), 1U) << answers;
        const auto rows = queue_->list({.recipient = "staff@contoso.example"});
        ASSERT_EQ(rows.size(), 1U);
        EXPECT_EQ(rows.front().recipients.front().reason, Reason::directory_cannot_say);
        people_->answers = 1'000'000;
        pass(20min);
        EXPECT_EQ(taken_.size(), 10U) << answers;
        EXPECT_EQ(waiting(), 0U);
        EXPECT_FALSE(spool_->body(id));
    }
}

// A service that stops does not ask for each of a thousand recipients whether he is addressed.
TEST_F(Expanding, DrainEndsTheLookUpOfWhoIsAddressedBesideAList)
{
    std::vector<std::string> all{"staff@contoso.example"};
    for (int i = 0; i < 10; ++i) {
        const auto name = "d" + std::to_string(i);
        entries_.push_back(transfer::person(name));
        all.push_back(name + "@contoso.example");
    }
    list("staff", crowd(2));
    stepwise_ = true;
    start();
    send(all);
    settle_down();
    ASSERT_FALSE(background_.empty());
    const int asked = people_->asked;
    (void)queue_->drain(after(0s));
    while (step()) {
    }
    EXPECT_EQ(people_->asked, asked);
    EXPECT_EQ(taken_by("m0@a.example"), nullptr);
    EXPECT_GE(waiting(), 1U) << "the list waits for the next start";
}

// ndr-recipient-overflow (Q246051, Q126497)
TEST_F(Expanding, RegressionNdrRecipientOverflow)
{
    config_.lists.members = 9;
    portion_ = 4;
    list("staff", crowd(10));
    start();
    send({"staff@contoso.example"});
    settle_down();
    EXPECT_EQ(reached(), "ann@elsewhere.example") << "nobody got a part of it";
    EXPECT_NE(taken_.front().text.find("Status: 5.5.3"), std::string::npos) << taken_.front().text;
    EXPECT_NE(taken_.front().text.find("more than 9 members"), std::string::npos);
    EXPECT_EQ(raised(EventId::list_too_large), 1U);
    crash();
    start();
    EXPECT_EQ(found_, 0U) << "what was staged is gone";
}

TEST_F(Expanding, CircleIsAnEventAndMembersThatAreGoneAreAnother)
{
    list("staff", {"m0", "sales", "gone"});
    list("sales", {"staff"});
    crowd(1);
    start();
    send({"staff@contoso.example"});
    settle_down();
    EXPECT_EQ(reached(), "m0@a.example");
    EXPECT_EQ(field(EventId::list_contains_itself, "path"), "staff > sales > staff");
    EXPECT_EQ(field(EventId::list_members_left_out, "count"), "1");
    EXPECT_EQ(field(EventId::list_members_left_out, "detail"),
              name_of("gone") + ": no such object");
}

TEST_F(Expanding, CopyThatComesBackToItsListIsNotSentRound)
{
    list("staff", crowd(1));
    start();
    spool::Envelope letter;
    letter.sender = "ann@elsewhere.example";
    letter.recipients = {{"staff@contoso.example"}};
    post(letter, "Delivered-To: Staff@contoso.example\r\n");
    settle_down();
    EXPECT_EQ(reached(), "ann@elsewhere.example");
    EXPECT_NE(taken_.front().text.find("Status: 5.4.6"), std::string::npos);
    EXPECT_EQ(field(EventId::list_mail_came_back, "list"), "staff@contoso.example");
}

TEST_F(Expanding, MailboxThatPassesACopyOnKeepsItsOwnAndPassesItOnOnce)
{
    entries_.push_back(person("alice"));
    entries_.back().attributes["altRecipient"] = {name_of("m0")};
    entries_.back().attributes["deliverAndRedirect"] = {"TRUE"};
    crowd(1);
    bool full = true;
    answer_ = [&full](const std::string& address) {
        return full && address == "alice@contoso.example" ? deferred : delivered;
    };
    start();
    send({"alice@contoso.example"});
    settle_down();
    EXPECT_EQ(reached(), "m0@a.example");
    crash();
    start();
    pass(20min);
    full = false;
    pass(20min);
    EXPECT_EQ(reached(), "alice@contoso.example m0@a.example");
    EXPECT_EQ(taken_by("alice@contoso.example")->sender, "ann@elsewhere.example");
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(Expanding, MembersThatPassCopiesOnAreReachedWithThemOnce)
{
    entries_.push_back(person("alice"));
    entries_.back().attributes["altRecipient"] = {name_of("m0")};
    entries_.back().attributes["deliverAndRedirect"] = {"TRUE"};
    crowd(1);
    list("staff", {"alice", "m0"});
    start();
    send({"staff@contoso.example", "alice@contoso.example"});
    settle_down();
    EXPECT_EQ(reached(), "alice@contoso.example m0@a.example");
}

TEST_F(Expanding, ListThatDoesNotTakeTheSendersMailIsRefused)
{
    list("staff", crowd(1)).attributes["imcAuthOnly"] = {"TRUE"};
    start();
    send({"staff@contoso.example"});
    settle_down();
    EXPECT_EQ(reached(), "ann@elsewhere.example");
    EXPECT_NE(taken_.front().text.find("Status: 5.7.1"), std::string::npos) << taken_.front().text;
    EXPECT_EQ(field(EventId::delivery_restricted, "rule"), "imcAuthOnly of " + name_of("staff"));
    taken_.clear();
    spool::Envelope letter;
    letter.sender = "ann@elsewhere.example";
    letter.account = "ann";
    letter.recipients = {{"staff@contoso.example"}};
    post(letter);
    settle_down();
    EXPECT_EQ(reached(), "m0@a.example");
}

// A directory that cannot say who the sender is must not let him in later.
TEST_F(Expanding, RestrictionIsAskedAgainAfterASilence)
{
    list("staff", crowd(1)).attributes["authOrig"] = {name_of("m0")};
    start();
    people_->answers = 1;
    send({"staff@contoso.example"});
    settle_down();
    EXPECT_EQ(waiting(), 1U);
    people_->answers = 1'000'000;
    pass(20min);
    EXPECT_EQ(reached(), "ann@elsewhere.example") << "with a report";
}

TEST_F(Expanding, ListWithinThatRefusesIsReportedWhileTheOthersGetTheirs)
{
    const auto names = crowd(2);
    list("board", {"m1"}).attributes["authOrig"] = {name_of("m1")};
    list("staff", {"m0", "board"});
    start();
    send({"staff@contoso.example"});
    settle_down();
    EXPECT_EQ(reached(), "ann@elsewhere.example m0@a.example");
    const auto* report = taken_by("ann@elsewhere.example");
    EXPECT_NE(report->text.find("Final-Recipient: rfc822; board@contoso.example"),
              std::string::npos)
        << report->text;
    EXPECT_EQ(raised(EventId::delivery_restricted), 1U);
}

TEST_F(Expanding, ListWithinThatIsDisabledOrTakesNoneSoLargeIsReportedWithItsReason)
{
    crowd(3);
    list("closed", {"m1"}).attributes["imcDisabled"] = {"TRUE"};
    list("small", {"m2"}).attributes["imcMaxReceiveKB"] = {"1"};
    list("staff", {"m0", "closed", "small"});
    text_ = std::string(8000, 'x') + "\r\n";
    start();
    send({"staff@contoso.example"});
    settle_down();
    EXPECT_EQ(reached(), "ann@elsewhere.example m0@a.example");
    const auto* report = taken_by("ann@elsewhere.example");
    ASSERT_NE(report, nullptr);
    for (const char* part : {"Final-Recipient: rfc822; closed@contoso.example", "Status: 5.2.1",
                             "Final-Recipient: rfc822; small@contoso.example", "Status: 5.2.3"})
        EXPECT_NE(report->text.find(part), std::string::npos) << part << "\n" << report->text;
}

// Whoever may not send out may not by a list, either; the list's owner sends by himself.
TEST_F(Expanding, CopyThatLeavesIsAskedWhoSendsIt)
{
    entries_.push_back(person("eve"));
    entries_.push_back(person("olga"));
    auto& dora = entries_.emplace_back(person("dora"));
    dora.attributes["objectClass"] = {"imcContact"};
    dora.attributes["targetAddress"] = {"SMTP:dora@partner.example"};
    list("staff", {"olga", "dora"});
    list("news", {"dora"}).attributes["owner"] = {name_of("olga")};
    config_.outbound.reject = {{name_of("eve"), transfer::dn_of("eve").normalized()}};
    start();
    spool::Envelope letter;
    letter.sender = "eve@contoso.example";
    letter.recipients = {{"staff@contoso.example"}};
    post(letter);
    settle_down();
    EXPECT_EQ(taken_by("dora@partner.example"), nullptr);
    EXPECT_NE(taken_by("olga@contoso.example"), nullptr) << "she is at home";
    const auto* report = taken_by("eve@contoso.example");
    ASSERT_NE(report, nullptr);
    EXPECT_NE(report->text.find("imcOutboundReject of"), std::string::npos) << report->text;
    letter.recipients = {{"news@contoso.example"}};
    post(letter);
    settle_down();
    EXPECT_NE(taken_by("dora@partner.example"), nullptr);
}

TEST_F(Expanding, RecipientThatTakesNoneSoLargeIsReported)
{
    entries_.push_back(person("alice"));
    entries_.back().attributes["imcMaxReceiveKB"] = {"1"};
    text_ = std::string(8000, 'x') + "\r\n";
    start();
    send({"alice@contoso.example"});
    settle_down();
    EXPECT_EQ(reached(), "ann@elsewhere.example");
    EXPECT_NE(taken_.front().text.find("Status: 5.2.3"), std::string::npos);
    EXPECT_NE(taken_.front().text.find("imcMaxReceiveKB of"), std::string::npos);
}

// What is on the disk is copied there, and never in memory as a whole.
TEST_F(Expanding, LargeTextsAreCopiedOnTheDisk)
{
    text_ = std::string(700'000, 'x') + "\r\n";
    portion_ = 2;
    list("staff", crowd(3));
    start();
    send({"staff@contoso.example"});
    settle_down();
    EXPECT_EQ(reached(), "m0@a.example m1@a.example m2@a.example");
    for (const auto& each : taken_)
        EXPECT_TRUE(each.text.starts_with("Delivered-To: ") && each.text.ends_with(text_))
            << each.text.size();
    for (const auto& each : taken_)
        EXPECT_TRUE(each.on_disk);
}

// On a thread that expands it may have ended before the one that looked it up goes on.
TEST_F(Expanding, WhatWasDecidedOfAMessageThatHasEndedIsForgotten)
{
    list("staff", crowd(2));
    start();
    spool::NewMessage message;
    message.envelope.sender = "ann@elsewhere.example";
    message.envelope.recipients.push_back({"staff@contoso.example"});
    message.envelope.arrived_at = clock_.wall;
    message.body = std::make_shared<const std::string>("Subject: x\r\n\r\ntext\r\n");
    auto kept = message;
    const auto id = *kit::run(*io_, spool_->store(std::move(message)));
    const auto add = [&] { queue_->add(id, std::move(kept.envelope), std::move(kept.body)); };
    io_->restart();
    net::post(*io_, add);
    settle_down();
    EXPECT_EQ(reached(), "m0@a.example m1@a.example");
    QueueRow row;
    row.id = id;
    row.recipients.emplace_back();
    queue_->add_decisions(row);
    EXPECT_EQ(row.recipients.front().decided, "");
}

TEST_F(Expanding, EmptyListIsNoFault)
{
    list("staff", {});
    start();
    send({"staff@contoso.example"});
    settle_down();
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(reached(), "");
}

TEST_F(Expanding, OrderOfAnAdministratorKeepsAListFromBeingExpanded)
{
    list("staff", crowd(1));
    start();
    spool::Envelope letter;
    letter.sender = "ann@elsewhere.example";
    letter.held_until = WallTime::max();
    letter.recipients = {{"staff@contoso.example"}};
    post(letter);
    settle_down();
    EXPECT_EQ(reached(), "");
    EXPECT_EQ(waiting(), 1U);
}

}  // namespace
}  // namespace imc::queue
