#include "queue_world.h"

#include "admin/client.h"
#include "event/sinks.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <set>
#include <thread>

namespace imc::admin {
namespace {

using QueueLists = QueueApi;

TEST_F(QueueLists, PagesShowEachMessageOnceBeyondTenThousandWhileMailComesAndGoes)
{
    constexpr std::size_t count = 10'500;
    std::vector<spool::Recovered> found(count);
    for (std::size_t i = 0; i < count; ++i) {
        found[i].id = {i + 1};
        found[i].envelope = envelope({"bob" + std::to_string(i) + "@a.example"});
        found[i].states.resize(1);
        found[i].states[0].attempts = 1;
        found[i].states[0].next_attempt = clock_.wall + 10min;
    }
    queue_->start(std::move(found));
    std::vector<std::string> seen;
    for (std::string after;;) {
        const auto rows = lines("/api/v1/queue?limit=2000" + after);
        for (const auto& row : rows)
            seen.push_back(text(row.at("id")));
        if (rows.size() < 2000) break;
        after = "&after=" + seen.back();
        // One of those that were shown leaves, and one of those to come.
        order("delete", {{"ids", {seen.back()}}, {"now", true}});
        order("delete",
              {{"ids", {spool::MessageId{count - seen.size() / 2000}.to_string()}}, {"now", true}});
    }
    EXPECT_EQ(seen.size(), count - 5);
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size());
    EXPECT_TRUE(std::ranges::is_sorted(seen));
    EXPECT_EQ(lines("/api/v1/queue?offset=10480").size(), 10U) << "10 are deleted by then";
}

TEST_F(QueueLists, DumpTellsOfEachRecipientAllThatIsKnownDeletedOnesToo)
{
    const auto first = put(envelope({"ann@a.example", "bob@b.example"}));
    const auto second = put(envelope({"carol@c.example"}));
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 3; }));
    order("delete", {{"domain", "b.example"}});
    order("hold", {{"domain", "c.example"}, {"text", "ticket 4711"}});
    const auto rows = lines("/api/v1/queue?deleted=too&all=true&limit=2000");
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(text(rows[0].at("id")), first);
    const auto& both = rows[0].at("recipients").as_array();
    ASSERT_EQ(both.size(), 2U);
    EXPECT_EQ(text(both[0].at("reason")), "due_later");
    EXPECT_EQ(text(both[0].at("last_reply")), "450 later");
    EXPECT_EQ(text(both[0].at("last_host")), "mx[192.0.2.1]:25");
    EXPECT_EQ(both[0].at("attempts").as_int64(), 1);
    EXPECT_FALSE(both[0].as_object().contains("by"));
    EXPECT_EQ(text(both[1].at("reason")), "deleted");
    EXPECT_EQ(text(both[1].at("by")), "uid=0");
    EXPECT_TRUE(both[1].at("deleted").is_string());
    const auto& held = rows[1].at("recipients").at(0);
    EXPECT_EQ(text(held.at("reason")), "held");
    EXPECT_EQ(text(held.at("held_until")), "never");
    EXPECT_EQ(text(held.at("text")), "ticket 4711");
    EXPECT_EQ(object("/api/v1/queue/" + second).at("recipients").as_array().size(), 1U);
}

// It is not in the audit log, so it must not be done.
TEST_F(QueueLists, DryRunSaidByTheQueryChangesNothing)
{
    put(envelope({"ann@a.example"}));
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));
    const auto seen =
        ask("POST", "/api/v1/queue/delete?dry_run=true", R"({"all":true,"now":true})");
    settle_down();
    EXPECT_EQ(seen.status, 200U) << seen.body;
    EXPECT_NE(seen.body.find("\"dry_run\":true"), std::string::npos) << seen.body;
    EXPECT_EQ(lines("/api/v1/queue").size(), 1U);
}

// Whoever says "yes" means a dry run, and would have changed something.
TEST_F(QueueLists, DryRunThatIsNeitherTrueNorFalseChangesNothing)
{
    put(envelope({"ann@a.example"}));
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));
    for (const char* query :
         {"?dry_run=yes", "?dry_run=TRUE", "?dry_run", "?dry_run=&dry_run=true"}) {
        const auto target = "/api/v1/queue/delete" + std::string{query};
        EXPECT_EQ(ask("POST", target, R"({"all":true,"now":true})").status, 400U) << query;
    }
    settle_down();
    EXPECT_EQ(lines("/api/v1/queue").size(), 1U);
}

TEST_F(QueueLists, WordThatAVerbDoesNotTakeIsRefusedAndNotPassedOver)
{
    put(envelope({"ann@a.example"}));
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));
    const auto refuses = [&](const char* verb, const char* words) {
        const auto body = R"({"all":true,)" + std::string{words} + "}";
        EXPECT_EQ(ask("POST", "/api/v1/queue/" + std::string{verb}, body).status, 400U) << body;
    };
    refuses("release", R"("in":"2h")");
    refuses("delete", R"("at":"2036-11-24T12:00")");
    refuses("retry", R"("to":"relay.example")");
    refuses("hold", R"("now":true)");
    refuses("undelete", R"("normal":true)");
    settle_down();
    EXPECT_EQ(lines("/api/v1/queue").size(), 1U);
    order("retry", {{"all", true}, {"now", false}});
}

TEST_F(QueueLists, TimeThatWasLeftEmptyOrSaidTwiceIsRefusedAndNotTakenForNow)
{
    put(envelope({"ann@a.example"}));
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));
    const auto refuses = [&](const char* verb, const char* words) {
        const auto body = R"({"all":true,)" + std::string{words} + "}";
        EXPECT_EQ(ask("POST", "/api/v1/queue/" + std::string{verb}, body).status, 400U) << body;
    };
    refuses("expire", R"("in":"")");
    refuses("expire", R"("at":"")");
    refuses("expire", R"("in":"2d","now":true)");
    refuses("expire", R"("in":"2d","at":"2036-11-24T12:00")");
    refuses("expire", R"("normal":true,"in":"2d")");
    refuses("hold", R"("in":"")");
    settle_down();
    ASSERT_EQ(lines("/api/v1/queue").size(), 1U);
    EXPECT_EQ(queue_->counts().deferred, 1U);
}

TEST_F(QueueLists, EachActionIsTakenBackByWhatItsAnswerSays)
{
    put(envelope({"ann@a.example", "bob@b.example"}));
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 2; }));
    const auto before = lines("/api/v1/queue?all=true").at(0).at("recipients").as_array();
    const std::pair<const char*, json::object> done[] = {
        {"hold", {{"domain", "a.example"}}},
        {"reroute", {{"domain", "a.example"}, {"to", "relay.example"}}},
        {"expire", {{"domain", "a.example"}, {"in", "9d"}}},
        {"delete", {{"domain", "a.example"}}}};
    for (const auto& [verb, body] : done) {
        const auto answer = act(verb, body);
        ASSERT_TRUE(until([&] { return lines("/api/v1/queue?reason=in_delivery").empty(); }));
        const auto step = answer.at("undo_by").at(0).as_object();
        const auto number = std::to_string(answer.at("action").to_number<std::uint64_t>());
        EXPECT_EQ(text(step.at("action")), number) << verb;
        const auto command = text(answer.at("undo"));
        EXPECT_TRUE(command.starts_with("imc queue ") && command.ends_with(" --action " + number))
            << command;
        auto back = step;
        back.erase("queue");
        EXPECT_EQ(act(text(step.at("queue")), back).at("recipients"), 1) << verb;
        ASSERT_TRUE(until([&] { return queue_->counts().deferred == 2; })) << verb;
        const auto now = lines("/api/v1/queue?all=true").at(0).at("recipients").at(0).as_object();
        EXPECT_EQ(now.at("reason"), "due_later") << verb;
        EXPECT_EQ(text(now.at("rerouted")), "") << verb;
        EXPECT_EQ(now.at("expires"), before.at(0).at("expires")) << verb;
    }
    for (const auto& [verb, body] : {std::pair<const char*, json::object>{"retry", {{"all", true}}},
                                     {"delete", {{"domain", "b.example"}, {"now", true}}},
                                     {"hold", {{"domain", "nobody.example"}}}})
        EXPECT_TRUE(act(verb, body).at("undo").is_null()) << verb;
}

TEST_F(QueueLists, AuditLogKnowsWhomAnActionMetAndItsWayBack)
{
    put(envelope({"ann@a.example", "bob@b.example"}));
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 2; }));
    const auto answer = act("delete", {{"domain", "a.example"}});
    ASSERT_EQ(notebook_->changes.size(), 1U);
    const auto& meant = notebook_->changes[0];
    EXPECT_EQ(meant.action, "queue.delete");
    EXPECT_EQ(meant.object, "--domain a.example");
    EXPECT_EQ(meant.before.at("recipients"), 1);
    EXPECT_EQ(text(meant.before.at("sample").at(0).at("address")), "ann@a.example");
    ASSERT_EQ(notebook_->outcomes.size(), 1U);
    const auto& [number, outcome] = notebook_->outcomes[0];
    EXPECT_EQ(number, 1U);
    EXPECT_EQ(outcome.after.at("action"), answer.at("action"));
    EXPECT_EQ(outcome.undo, text(answer.at("undo")));
    // What cannot be written down is not done.
    notebook_->full = true;
    EXPECT_EQ(ask("POST", "/api/v1/queue/delete", R"({"all":true,"now":true})").status, 503U);
    settle_down();
    EXPECT_EQ(queue_->counts().deferred, 1U);
}

TEST_F(QueueLists, OrderIsLoggedBeforeItIsDoneWhereInternalProcessingIsLogged)
{
    const auto ring = std::make_shared<Ring>();
    events_.add(ring_sink(ring));
    put(envelope({"ann@a.example"}));
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));
    const auto count = [&](EventId id) {
        events_.flush();
        return std::ranges::count(ring->records(), id, &EventRecord::id);
    };
    order("retry", {{"all", true}});
    EXPECT_EQ(count(EventId::queue_action_begun), 0) << "the level is None";
    events_.set_levels({{"Internal Processing", 3}});
    order("hold", {{"all", true}});
    EXPECT_EQ(count(EventId::queue_action_begun), 1);
}

TEST_F(QueueLists, ActionThatHasEndedIsToldAsItIsWhenItIsCancelled)
{
    put(envelope({"ann@a.example"}));
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));
    const auto held = act("hold", {{"all", true}});
    const auto number = std::to_string(held.at("number").to_number<std::uint64_t>());
    const auto answer = ask("DELETE", "/api/v1/queue-actions/" + number);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    const auto state = json::parse(answer.body).as_object();
    EXPECT_EQ(state.at("cancelled"), false);
    EXPECT_EQ(state.at("undo"), held.at("undo"));
    EXPECT_EQ(notebook_->changes.size(), 1U) << "nothing was changed";
    EXPECT_EQ(ask("DELETE", "/api/v1/queue-actions/77").status, 404U);
}

TEST_F(QueueLists, PageThatIsNoNumberIsRefused)
{
    for (const char* query :
         {"limit=0", "limit=-1", "limit=x", "offset=-1", "offset=1.5", "after=u"})
        EXPECT_EQ(get("/api/v1/queue?" + std::string{query}).status, 400U) << query;
    EXPECT_EQ(get("/api/v1/queue?limit=1&offset=0").status, 200U);
}

TEST_F(QueueLists, FourViewsCountByDirectionAndWhetherTheWayIsKnown)
{
    auto letter = envelope({"bob@b.example"});
    letter.arrived_at = clock_.wall - 1h;
    put(letter, std::string(100, 'x'));
    put(envelope({"carol@c.example", "dave@c.example"}), std::string(50, 'x'));
    auto held = envelope({"erin@d.example", "ann@contoso.example"});
    held.held_until = WallTime::max();
    put(held, std::string(7, 'x'));
    const auto views = lines("/api/v1/queue-views");
    ASSERT_EQ(views.size(), 4U);
    const auto is = [&](std::size_t at, const char* name, int messages, int recipients,
                        int octets) {
        EXPECT_EQ(text(views[at].at("view")), name);
        EXPECT_EQ(views[at].at("messages").as_int64(), messages) << name;
        EXPECT_EQ(views[at].at("recipients").as_int64(), recipients) << name;
        EXPECT_EQ(views[at].at("octets").as_int64(), octets) << name;
    };
    // Held before anybody asked for its way.
    is(0, "inbound awaiting conversion", 1, 1, 7);
    is(1, "inbound awaiting delivery", 0, 0, 0);
    is(2, "outbound awaiting conversion", 1, 1, 7);
    is(3, "outbound awaiting delivery", 2, 3, 150);
    // The list that each of them leads to.
    for (const auto& view : views) {
        const auto found = lines("/api/v1/queue?view=" + url_encode(text(view.at("view"))));
        EXPECT_EQ(static_cast<std::int64_t>(found.size()), view.at("messages").as_int64())
            << text(view.at("view"));
        std::size_t recipients = 0;
        for (const auto& row : found)
            recipients += row.at("recipients").as_array().size();
        EXPECT_EQ(static_cast<std::int64_t>(recipients), view.at("recipients").as_int64())
            << text(view.at("view")) << ": the other half of a message is in another";
    }
    EXPECT_EQ(get("/api/v1/queue?view=outbound").status, 400U);
    EXPECT_TRUE(views[1].at("oldest").is_null());
    // Each can be opened, and shows those counted.
    for (const auto& view : views) {
        auto name = text(view.at("view"));
        std::ranges::replace(name, ' ', '-');
        std::size_t recipients = 0;
        const auto rows = lines("/api/v1/queue?view=" + name);
        for (const auto& row : rows)
            recipients += row.at("recipients").as_array().size();
        EXPECT_EQ(rows.size(), static_cast<std::size_t>(view.at("messages").as_int64())) << name;
        EXPECT_EQ(recipients, static_cast<std::size_t>(view.at("recipients").as_int64())) << name;
    }
    EXPECT_EQ(text(views[3].at("oldest")), "2023-11-14T21:13:20.000Z");
    order("delete", {{"all", true}});
    for (const auto& view : lines("/api/v1/queue-views"))
        EXPECT_EQ(view.at("messages").as_int64(), 0) << text(view.at("view")) << ": deleted ones";
}

TEST_F(QueueLists, GroupsCountAllThatWaitsMostFirstAndTheRestInOneLine)
{
    auto old = envelope({"bob@B.example", "bill@b.example", "ann@a.example"});
    old.arrived_at = clock_.wall - 1h;
    put(old, std::string(100, 'x'));
    put(envelope({"carol@c.example"}), std::string(7, 'x'));
    put(envelope({"beth@b.example"}), std::string(10, 'x'));
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 5; }));
    const auto all = lines("/api/v1/queue-groups?by=domain");
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(text(all[0].at("key")), "b.example") << "in lower case";
    EXPECT_EQ(all[0].at("recipients").as_int64(), 3);
    EXPECT_EQ(all[0].at("messages").as_int64(), 2) << "one of them with two recipients";
    EXPECT_EQ(all[0].at("octets").as_int64(), 110);
    EXPECT_EQ(text(all[0].at("oldest")), "2023-11-14T21:13:20.000Z");
    EXPECT_EQ(text(all[0].at("reason")), "due_later");
    EXPECT_EQ(text(all[0].at("last_reply")), "450 later");
    EXPECT_TRUE(all[0].at("next_attempt").is_string());
    EXPECT_EQ(text(all[1].at("key")), "a.example") << "of equal ones the first by name";
    const auto one = lines("/api/v1/queue-groups?by=domain&limit=1");
    ASSERT_EQ(one.size(), 2U);
    EXPECT_TRUE(one[1].at("key").is_null());
    EXPECT_TRUE(one[1].at("rest").as_bool());
    EXPECT_EQ(one[1].at("groups").as_int64(), 2);
    EXPECT_EQ(one[1].at("recipients").as_int64(), 2);
    EXPECT_EQ(one[1].at("octets").as_int64(), 107);
}

TEST_F(QueueLists, GroupsAreBySiteRouteReasonAndSenderToo)
{
    put(envelope({"bob@b.example"}));
    put(envelope({"carol@c.example"}));
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 2; }));
    order("hold", {{"domain", "c.example"}});
    EXPECT_EQ(lines("/api/v1/queue-groups?by=reason").size(), 2U);
    for (const std::string by : {"site", "route"}) {
        const auto rows = lines("/api/v1/queue-groups?by=" + by);
        ASSERT_FALSE(rows.empty()) << by;
        for (const auto& row : rows) {
            const auto key = text(row.at("key"));
            const auto found = lines("/api/v1/queue?route=" + url_encode(key));
            EXPECT_EQ(static_cast<std::int64_t>(found.size()), row.at("messages").as_int64())
                << "the list that the page leads to: " << by << " " << key;
        }
    }
    const auto senders = lines("/api/v1/queue-groups?by=sender");
    ASSERT_EQ(senders.size(), 1U);
    EXPECT_EQ(senders[0].at("recipients").as_int64(), 2);
    EXPECT_EQ(get("/api/v1/queue-groups?by=colour").status, 400U);
    EXPECT_EQ(get("/api/v1/queue-groups").status, 400U);
    order("delete", {{"all", true}});
    EXPECT_TRUE(lines("/api/v1/queue-groups?by=domain").empty()) << "deleted ones do not wait";
}

// A million senders with one message each, and one with many that came last.
TEST_F(QueueLists, WhoHasMostIsCountedExactlyWhenThereAreMoreGroupsThanAreKept)
{
    std::vector<spool::Recovered> found(300);
    for (std::size_t i = 0; i < found.size(); ++i) {
        found[i].id = {i + 1};
        found[i].envelope = envelope({"bob@b.example"});
        found[i].envelope.sender =
            i % 3 == 2 ? "list@many.example" : "s" + std::to_string(i) + "@one.example";
        found[i].states.resize(1);
        found[i].states[0].attempts = 1;
        found[i].states[0].next_attempt = clock_.wall + 10min;
    }
    queue_->start(std::move(found));
    const auto groups = queue::Views{*queue_}.groups(queue::GroupBy::sender, 1, 10);
    ASSERT_EQ(groups.top.size(), 1U);
    EXPECT_EQ(groups.top[0].key, "list@many.example");
    EXPECT_EQ(groups.top[0].recipients, 100U);
    EXPECT_EQ(groups.rest.recipients, 200U);
    EXPECT_FALSE(groups.in_rest) << "nobody counted them";
}

TEST_F(QueueLists, WhatIsStillReadIsSaidWithEachAnswer)
{
    char name[] = "/tmp/imc-queue-XXXXXX";
    const std::string folder = ::mkdtemp(name);
    Server over_socket{folder + "/admin.sock", io_.get_executor()};
    add_queue_api(over_socket, *queue_, background_);
    std::string loading = "segments=3/40 messages=0/2400";
    over_socket.say_with_each([&] { return loading; });
    over_socket.start().value();
    const auto ask_there = [&](std::string& said) {
        Result<std::string> answer = std::string{};
        std::atomic<bool> done{false};
        std::thread client{[&] {
            answer =
                call(folder + "/admin.sock", "GET", "/api/v1/queue", nullptr, after(20s), &said);
            done = true;
        }};
        EXPECT_TRUE(until([&] { return done.load(); }));
        client.join();
        return answer;
    };
    std::string said;
    EXPECT_TRUE(ask_there(said));
    EXPECT_EQ(said, "segments=3/40 messages=0/2400");
    loading.clear();
    EXPECT_TRUE(ask_there(said));
    EXPECT_EQ(said, "");
    over_socket.stop();
    settle_down();
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace imc::admin
