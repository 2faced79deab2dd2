#include "tracking/reject_journal.h"

#include "tracking/kit.h"
#include "tracking/search.h"

#include <gtest/gtest.h>

#include <set>

namespace imc::tracking {
namespace {

using namespace std::chrono_literals;

const auto noon = at(std::chrono::year{2026} / 11 / 25, 12h);

Rejection refused(const std::string& peer, const std::string& recipient)
{
    Rejection r;
    r.peer = peer;
    r.helo = "evil\thost";
    r.listener = "0.0.0.0:25";
    r.sender = "ann@example.net";
    r.recipients = {recipient};
    r.stage = "RCPT";
    r.rule = "recipient: unknown";
    r.evidence = "no object has this address";
    r.reply = "550 5.1.1 No such recipient";
    return r;
}

struct Journal : testing::Test {
    Bench bench;
    SetClock clock{noon};
    RejectJournalSettings settings{bench.folder, 30, 8, 1 << 20, 1h};
    std::unique_ptr<RejectJournal> journal = open();

    std::unique_ptr<RejectJournal> open()
    {
        return std::make_unique<RejectJournal>(settings, bench.disk, bench.events, clock);
    }
    std::vector<Rejection> find(const RejectFilter& filter = {})
    {
        journal->flush();
        auto found = find_rejections(bench.disk, bench.folder, filter);
        EXPECT_TRUE(found);
        return std::move(found->rejections);
    }
};

TEST_F(Journal, CodeInTheReplyOpensItsRecord)
{
    const auto code = journal->note(refused("192.0.2.1", "bob@contoso.example"));
    journal->note(refused("192.0.2.1", "carol@contoso.example"));

    EXPECT_EQ(parse_code(code), code);
    RejectFilter filter;
    filter.code = code;
    const auto found = find(filter);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].recipients, std::vector<std::string>{"bob@contoso.example"});
    EXPECT_EQ(found[0].helo, "evil\thost");
    EXPECT_EQ(found[0].reply, "550 5.1.1 No such recipient");
    EXPECT_EQ(found[0].time, noon);
}

TEST_F(Journal, CodesDoNotRepeat)
{
    std::set<std::string> codes;
    for (int i = 0; i < 200; ++i) {
        codes.insert(journal->note(refused("192.0.2.1", "bob@contoso.example")));
        clock.advance(1s);
    }
    EXPECT_EQ(codes.size(), 200U);
    EXPECT_FALSE(codes.contains(""));
}

TEST_F(Journal, IsSearchedByRecipientSenderPeerAndTime)
{
    journal->note(refused("192.0.2.1", "bob@contoso.example"));
    clock.advance(1h);
    journal->note(refused("198.51.100.7", "carol@contoso.example"));

    RejectFilter by_recipient;
    by_recipient.recipient = "BOB@contoso.example";
    EXPECT_EQ(find(by_recipient).size(), 1U);
    RejectFilter by_domain;
    by_domain.recipient = "@contoso.example";
    EXPECT_EQ(find(by_domain).size(), 2U);
    RejectFilter by_sender;
    by_sender.sender = "<>";
    EXPECT_EQ(find(by_sender).size(), 0U);
    RejectFilter by_peer;
    by_peer.peer = [](const std::string& address) { return address.starts_with("198.51.100."); };
    EXPECT_EQ(find(by_peer).at(0).recipients.at(0), "carol@contoso.example");
    RejectFilter by_time;
    by_time.since = noon + 30min;
    EXPECT_EQ(find(by_time).size(), 1U);
}

TEST_F(Journal, IsSearchedByPartOfARulesName)
{
    auto unknown = refused("192.0.2.1", "bob@contoso.example");
    unknown.rule = "recipient: unknown, the directory proved it absent";
    journal->note(unknown);
    auto relayed = refused("192.0.2.1", "carol@elsewhere.example");
    relayed.rule = "relay: nobody";
    journal->note(relayed);
    RejectFilter filter;
    filter.rule = "Recipient: Unknown";
    const auto found = find(filter);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].recipients.front(), "bob@contoso.example");
    filter.rule = "filter";
    EXPECT_TRUE(find(filter).empty());
}

TEST_F(Journal, NewestAreTheNewestOfThoseThatFit)
{
    journal->note(refused("192.0.2.1", "bob@contoso.example"));
    clock.advance(1h);
    journal->note(refused("192.0.2.1", "carol@contoso.example"));
    clock.advance(1h);
    journal->note(refused("192.0.2.1", "dave@contoso.example"));
    RejectFilter filter;
    filter.last = 1;
    filter.also = [](const Rejection& r) { return r.recipients.front() != "dave@contoso.example"; };
    const auto found = find(filter);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].recipients.front(), "carol@contoso.example");
}

// A message refused at its end was for all of them: each may ask.
TEST_F(Journal, RefusedMessageIsFoundByEachOfItsRecipients)
{
    auto message = refused("192.0.2.1", "bob@contoso.example");
    message.recipients.push_back("carol@contoso.example");
    message.stage = "message";
    journal->note(message);
    RejectFilter filter;
    filter.recipient = "carol@contoso.example";
    EXPECT_EQ(find(filter).size(), 1U);
}

TEST_F(Journal, FloodIsCountedNotRecordedAndSaidOnce)
{
    std::size_t coded = 0;
    for (int i = 0; i < 1000; ++i)
        coded += journal->note(refused("192.0.2." + std::to_string(i % 100), "x@y.example")) != "";
    clock.advance(1s);
    journal->note(refused("192.0.2.1", "bob@contoso.example"));

    EXPECT_EQ(coded, 8U);
    const auto found = find();
    std::uint64_t counted = 0;
    for (const auto& r : found)
        counted += r.count;
    EXPECT_EQ(counted, 1001U);
    EXPECT_LE(found.size(), 8U + 1U + 2U);
    EXPECT_EQ(bench.times(EventId::refusals_only_counted), 1U);
}

// The flood is told of even when nothing is refused after it.
TEST_F(Journal, SummaryNeedsNoFurtherRefusal)
{
    for (int i = 0; i < 50; ++i)
        journal->note(refused("192.0.2.9", "x@y.example"));
    const auto found = find();
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found.back().stage, "summary");
    EXPECT_EQ(found.back().peer, "192.0.2.9");
    EXPECT_EQ(found.back().count, 48U);
}

TEST_F(Journal, OneAddressLeavesRoomForOthers)
{
    for (int i = 0; i < 500; ++i)
        journal->note(refused("192.0.2.66", "x@y.example"));
    EXPECT_NE(journal->note(refused("198.51.100.7", "bob@contoso.example")), "");
}

TEST_F(Journal, DaysFileIsBoundedAlsoOverARestart)
{
    settings.octets_per_day = 600;
    journal.reset();
    journal = open();
    std::size_t coded = 0;
    for (int i = 0; i < 10; ++i) {
        coded += journal->note(refused("192.0.2.1", "bob@contoso.example")) != "";
        clock.advance(1s);
        journal->flush();
    }
    EXPECT_GE(coded, 1U);
    EXPECT_LE(coded, 5U);
    journal.reset();
    journal = open();
    EXPECT_EQ(journal->note(refused("192.0.2.1", "bob@contoso.example")), "");
    clock.advance(24h);
    EXPECT_NE(journal->note(refused("192.0.2.1", "bob@contoso.example")), "");
}

TEST_F(Journal, LinesThatAreNoRecordsAreSkippedAndCounted)
{
    bench.disk.put(bench.folder + "/20261125.log", "# imc rejects 1\nnonsense\n2026-11-25T1");
    journal->note(refused("192.0.2.1", "bob@contoso.example"));
    journal->flush();
    const auto found = find_rejections(bench.disk, bench.folder, {});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->rejections.size(), 1U);
    EXPECT_EQ(found->broken_lines, 2U);
}

TEST_F(Journal, FileThatCannotBeReadIsAnErrorNotAnEmptyAnswer)
{
    const auto found = find_rejections(bench.unreadable, bench.folder, {});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().event(), EventId::tracking_read_failed);
}

TEST(Code, IsReadAsPeopleTypeIt)
{
    EXPECT_EQ(parse_code("7k3m9qxb"), "7K3M9QXB");
    EXPECT_EQ(parse_code("OIL00000"), "01100000");
    EXPECT_FALSE(parse_code("4086"));
    EXPECT_FALSE(parse_code("7K3M9QX!"));
    EXPECT_FALSE(parse_code("7K3M9QXU"));
}

}  // namespace
}  // namespace imc::tracking
