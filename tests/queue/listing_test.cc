#include "scheduler_world.h"

#include <thread>

namespace imc::queue {
namespace {

using Listing = SchedulerWorld;

// queue-view-10001 (Q147051): the view ended at 10,000 rows.
TEST_F(Listing, QueueView10001)
{
    config_.mode = config::TransferMode::inbound;
    open();
    for (int i = 0; i < 10'001; ++i)
        queue_->add({static_cast<std::uint64_t>(i) + 1}, envelope({"bob@d.example"}), {});
    std::size_t rows = 0;
    std::uint64_t last = 0;
    for (Page page{.after = {}, .offset = 0, .most = 1000};;) {
        const auto some = queue_->list({.all = true}, page);
        for (const auto& row : some) {
            EXPECT_GT(row.id.number, last) << "oldest first";
            last = row.id.number;
        }
        rows += some.size();
        if (some.empty()) break;
        page.after = some.back().id;
    }
    EXPECT_EQ(rows, 10'001U);
    EXPECT_EQ(queue_->counts().messages, 10'001U);
    EXPECT_EQ(queue_->list({.all = true}, {.after = {}, .offset = 10'000}).size(), 1U);
}

// queue-view-refresh-race (Q235533): refreshing a view while the queue drained ended the service.
TEST_F(Listing, QueueViewRefreshRace)
{
    config_.mode = config::TransferMode::inbound;
    open();
    for (int i = 0; i < 3000; ++i)
        send({"bob@d" + std::to_string(i % 7) + ".example", "carol@e.example"});
    config_.mode = config::TransferMode::both;
    reconfigure();
    std::atomic<bool> over{false};
    std::thread viewer{[&] {
        for (int i = 0; i < 1000 && !over; ++i) {
            const auto rows = queue_->list({.all = true}, {.after = {}, .offset = 0, .most = 100});
            for (const auto& row : rows)
                EXPECT_FALSE(row.recipients.empty());
            (void)queue_->by_reason();
            (void)queue_->waiting();
        }
    }};
    EXPECT_TRUE(until([&] { return queue_->counts().delivered == 6000; }));
    over = true;
    viewer.join();
    EXPECT_TRUE(queue_->list({.all = true}).empty());
}

TEST_F(Listing, WhatComesAndGoesBetweenTwoPagesMovesNothing)
{
    internet_.answer = [](const auto&) { return deferred; };
    open();
    std::vector<spool::MessageId> ids;
    for (int i = 0; i < 10; ++i)
        ids.push_back(send({"bob" + std::to_string(i) + "@d.example"}));
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 10; }));
    const auto first = queue_->list({.all = true}, {.after = {}, .offset = 0, .most = 5});
    (void)kit::run(io_, queue_->remove({.ids = {ids[0], ids[1], ids[2]}}));
    const auto second = queue_->list({.all = true}, {.after = first.back().id});
    ASSERT_EQ(second.size(), 5U);
    EXPECT_EQ(second.front().id, ids[5]);
}

TEST_F(Listing, EveryReasonIsCountedWithItsOldestAndASample)
{
    auto held = profile("held.example");
    held.hold_for_etrn = true;
    config_.profiles = {held};
    internet_.answer = [](const std::string& address) {
        if (address.ends_with("@down.example")) return no_answer;
        auto result = deferred;
        if (address.ends_with("@tls.example")) {
            result.status = "4.7.5";
            result.reply = "STARTTLS is not offered";
        }
        return result;
    };
    open();
    const auto oldest = send({"a@later.example"});
    settle_down();
    clock_.pass(1s);
    send({"b@later.example", "a@held.example", "a@tls.example"});
    send({"a@down.example"});
    settle_down();
    send({"b@down.example"});
    settle_down();

    std::map<Reason, ReasonRow> rows;
    for (const auto& row : queue_->by_reason())
        rows[row.reason] = row;
    EXPECT_EQ(rows[Reason::due_later].recipients, 3U);
    EXPECT_EQ(rows[Reason::due_later].sample, oldest);
    EXPECT_EQ(rows[Reason::due_later].oldest, clock_.wall - 1s);
    EXPECT_EQ(rows[Reason::waiting_for_etrn].recipients, 1U);
    EXPECT_EQ(rows[Reason::tls_unmet].recipients, 1U);
    EXPECT_EQ(rows[Reason::site_down].recipients, 1U);
    const auto metric = queue_->waiting();
    for (std::size_t i = 0; i < reasons; ++i)
        EXPECT_EQ(metric[i], rows[static_cast<Reason>(i)].recipients)
            << name_of(static_cast<Reason>(i));
    EXPECT_EQ(queue_->list({.reason = Reason::site_down}).size(), 1U);
}

TEST_F(Listing, WhatIsNotRecordedIsTheReasonForAllThatCouldGo)
{
    internet_.slow = true;
    config_.outbound_connections_per_host = 1;
    open();
    send({"a@d.example"});
    send({"b@d.example"});
    settle_down();
    spool_.fail_commits(1'000'000);
    internet_.open();
    ASSERT_TRUE(until([&] { return reason("b@d.example") == Reason::spool_unhealthy; }));
    EXPECT_EQ(reason("a@d.example"), Reason::spool_unhealthy) << "nobody is delivering it any more";
    clock_.pass(1s);  // the metric is counted once a second
    EXPECT_EQ(queue_->waiting()[static_cast<std::size_t>(Reason::spool_unhealthy)], 2U);
    spool_.fail_commits(0);
    EXPECT_TRUE(until([&] { return queue_->counts().delivered == 2; }));
}

TEST_F(Listing, DiskWithoutRoomForResultsIsTheReasonForAllThatCouldGo)
{
    internet_.slow = true;
    config_.outbound_connections_per_host = 1;
    open();
    send({"a@d.example"});
    send({"b@d.example"});
    settle_down();
    spool_.fail_commits(1'000'000, EventId::flush_mode_entered);
    internet_.open();
    ASSERT_TRUE(until([&] { return reason("b@d.example") == Reason::disk_low; }));
    spool_.fail_commits(0);
    EXPECT_TRUE(until([&] { return queue_->counts().delivered == 2; }));
}

TEST_F(Listing, RowSaysWhoWasAskedWhatWasSaidAndWhoIsNext)
{
    internet_.answer = [](const auto&) { return deferred; };
    open();
    send({"bob@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));
    const auto r = row("bob@d.example");
    EXPECT_EQ(r.reason, Reason::due_later);
    EXPECT_EQ(r.state.last_reply, "450 later");
    EXPECT_EQ(r.state.last_host, "mx[192.0.2.1]:25");
    EXPECT_EQ(r.hosts, std::vector<std::string>{"mx.d.example:25"});
    EXPECT_EQ(r.next_host, "mx.d.example:25");
    EXPECT_EQ(r.since, clock_.wall);
    EXPECT_TRUE(r.until);
}

TEST_F(Listing, RowSaysWhoWasAskedInVainAndThatTheNextOneIsNotAmongThem)
{
    const auto tried = std::make_shared<const std::vector<TriedHost>>(
        std::vector<TriedHost>{{"a.example[192.0.2.1]:25", "connecting failed: refused"},
                               {"b.example[192.0.2.2]:25", "421 4.3.2 closed"}});
    internet_.dns["d.example"] = Located{"hosts",
                                         {{"a.example", 25, {"192.0.2.1"}},
                                          {"b.example", 25, {"192.0.2.2"}},
                                          {"c.example", 25, {"192.0.2.3"}}},
                                         1h};
    auto result = deferred;
    result.host = "c.example[192.0.2.3]:25";
    result.tried_hosts = tried;
    internet_.answer = [&](const auto&) { return result; };
    open();
    send({"bob@d.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));
    ASSERT_TRUE(row("bob@d.example").tried);
    EXPECT_EQ(*row("bob@d.example").tried, *tried);
    EXPECT_EQ(row("bob@d.example").next_host, "c.example:25");

    // The connection that is there asks nobody else; the first host answers again.
    result.tried_hosts = {};
    pass(20min);
    ASSERT_TRUE(row("bob@d.example").tried);
    result.host = "a.example[192.0.2.1]:25";
    pass(40min);
    EXPECT_FALSE(row("bob@d.example").tried);
    EXPECT_EQ(row("bob@d.example").next_host, "a.example:25");
}

}  // namespace
}  // namespace imc::queue
