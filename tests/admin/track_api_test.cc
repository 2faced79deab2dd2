#include "admin/track_api.h"

#include "admin/desk_world.h"
#include "event/record_json.h"
#include "tracking/record.h"
#include "tracking/rejection.h"

namespace imc::admin {
namespace {

using tracking::Record;
using tracking::Rejection;
using tracking::What;

constexpr const char* noon = "2026-11-27T12:00:00.000Z";

WallTime at(int seconds) { return *parse_time(noon, {}) + std::chrono::seconds{seconds}; }

Record record(const std::string& id, int seconds, What what, const std::string& sender,
              const std::string& recipient)
{
    Record out;
    out.id = id;
    out.what = what;
    out.time = at(seconds);
    out.sender = sender;
    out.recipient = recipient;
    return out;
}

class TrackApi : public DeskWorld {
protected:
    TrackApi()
    {
        add_track_api(desk_, [](const std::string& id) { return id == "A1"; });
        add_rejects_api(desk_);
        std::filesystem::create_directories(paths_.tracking());
        std::filesystem::create_directories(paths_.rejects());
        std::ofstream log{paths_.tracking() + "/20261127.log", std::ios::binary};
        for (const auto& r :
             {record("A1", 0, What::received, "ann@example.net", "bob@contoso.example"),
              record("A1", 5, What::transferred_to_store, "ann@example.net", "bob@contoso.example"),
              record("B2", 10, What::received, "eve@example.org", "cas@fabrikam.example"),
              record("C3", 20, What::received, "\"<b>x\x01\"@example.net", "bob@contoso.example")})
            log << write_record(r);
        std::ofstream journal{paths_.rejects() + "/20261127.log", std::ios::binary};
        journal << write_rejection(refusal("7K3M9QXB", 1, "nobody@contoso.example"));
        journal << write_rejection(refusal("8K3M9QXB", 2, "nobody@fabrikam.example"));
    }

    static Rejection refusal(const std::string& code, int seconds, const std::string& recipient)
    {
        Rejection out;
        out.time = at(seconds);
        out.code = code;
        out.peer = "192.0.2.7";
        out.sender = "ann@example.net";
        out.recipients = {recipient};
        out.stage = "RCPT";
        out.rule = "recipient: unknown, the directory proved it absent";
        out.reply = "550 5.1.1 No such recipient";
        return out;
    }
    std::vector<std::string> ids(const std::string& target)
    {
        std::vector<std::string> out;
        for (const auto& line : lines(target))
            out.push_back(text(line, "id"));
        return out;
    }
};

TEST_F(TrackApi, NewestMessagesComeFirstAndTheirRecordsInOrder)
{
    EXPECT_EQ(ids("/api/v1/track?since=2026-11-27"),
              (std::vector<std::string>{"C3", "B2", "A1", "A1"}));
    const auto all = lines("/api/v1/track?id=A1");
    EXPECT_EQ(all.front().at("event"), 1012);
    EXPECT_EQ(all.back().at("event"), 1013);
}

TEST_F(TrackApi, APageIsNeverHalfAMessage)
{
    const auto first = ask("GET", "/api/v1/track?since=2026-11-27&limit=2");
    EXPECT_EQ(lines_of(first).size(), 2U);
    const auto next = next_of(first);
    ASSERT_FALSE(next.empty());
    const auto second =
        ask("GET", "/api/v1/track?since=2026-11-27&limit=2&after=" + url_encode(next));
    EXPECT_EQ(lines_of(second).size(), 2U);
    EXPECT_EQ(text(lines_of(second).front(), "id"), "A1");
    EXPECT_EQ(next_of(second), "");
}

TEST_F(TrackApi, OfTooManyMessagesTheNewestAreShownAndItIsSaid)
{
    Server small{folder_ + "/small.sock", io_.get_executor()};
    Desk desk{small, pool_, paths_};
    add_track_api(desk, nullptr, 2);
    const auto all = ask(small, "GET", "/api/v1/track?since=2026-11-27");
    ASSERT_EQ(all.status, 200U) << all.body;
    ASSERT_EQ(lines_of(all).size(), 2U);
    EXPECT_EQ(text(lines_of(all).front(), "id"), "C3");
    EXPECT_EQ(text(lines_of(all).back(), "id"), "B2");
    EXPECT_NE(header_of(all, "imc-note").find("the newest 2; for older ones say an address"),
              std::string::npos)
        << header_of(all, "imc-note");
    const auto first = ask(small, "GET", "/api/v1/track?since=2026-11-27&limit=1");
    const auto second = ask(
        small, "GET", "/api/v1/track?since=2026-11-27&limit=1&after=" + url_encode(next_of(first)));
    EXPECT_EQ(text(lines_of(second).front(), "id"), "B2") << "they have pages, too";
    EXPECT_EQ(next_of(second), "");
    EXPECT_EQ(header_of(ask(small, "GET", "/api/v1/track?id=A1"), "imc-note"), "");
}

TEST_F(TrackApi, OneMessageIsToldWhole)
{
    const auto story = get("/api/v1/track/A1");
    EXPECT_EQ(story.at("sender"), "ann@example.net");
    EXPECT_EQ(story.at("story").as_array().size(), 2U);
    EXPECT_EQ(story.at("in_queue"), true);
    EXPECT_EQ(get("/api/v1/track/B2").at("in_queue"), false);
    EXPECT_EQ(json::serialize(story.at("recipients")), R"(["bob@contoso.example"])");
    get("/api/v1/track/Z9", 404);
}

TEST_F(TrackApi, AQuestionThatMeansEverythingIsRefused)
{
    get("/api/v1/track", 400);
    get("/api/v1/track?since=yesterday", 400);
    get("/api/v1/track?id=A1&limit=0", 400);
    get("/api/v1/track?id=A1&after=x", 400);
}

TEST_F(TrackApi, AStrangersNameComesAsValidJson)
{
    EXPECT_EQ(lines("/api/v1/track?id=C3").front().at("sender"), "\"<b>x\\x01\"@example.net");
}

TEST_F(TrackApi, RefusalsAreFoundByIntendedRecipient)
{
    const auto found = lines("/api/v1/rejects?recipient=nobody%40contoso.example");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().at("code"), "7K3M9QXB");
    EXPECT_EQ(lines("/api/v1/rejects?peer=192.0.2.0%2F24").size(), 2U);
    EXPECT_TRUE(lines("/api/v1/rejects?peer=198.51.100.1").empty());
    EXPECT_TRUE(lines("/api/v1/rejects?rule=relay").empty());
    EXPECT_EQ(lines("/api/v1/rejects?rule=Recipient%3A%20UNKNOWN").size(), 2U);
    get("/api/v1/rejects?peer=nonsense", 400);
    get("/api/v1/rejects?code=!", 400);
}

TEST_F(TrackApi, ACodeOpensItsRefusalWithWhatTheStatusMeans)
{
    const auto one = get("/api/v1/rejects/7k3m9qxb");
    EXPECT_EQ(one.at("status").as_object().at("code"), "5.1.1");
    get("/api/v1/rejects/ZZZZZZZZ", 404);
    get("/api/v1/rejects/%22%3E", 404);
}

TEST_F(TrackApi, RefusalsHavePagesNewestFirst)
{
    const auto first = ask("GET", "/api/v1/rejects?limit=1");
    ASSERT_EQ(lines_of(first).size(), 1U);
    EXPECT_EQ(lines_of(first).front().at("code"), "8K3M9QXB");
    const auto second = ask("GET", "/api/v1/rejects?limit=1&after=" + url_encode(next_of(first)));
    ASSERT_EQ(lines_of(second).size(), 1U);
    EXPECT_EQ(lines_of(second).front().at("code"), "7K3M9QXB");
}

Caller help_desk()
{
    Caller out;
    out.role = Role::help_desk;
    out.domain = "contoso.example";
    return out;
}

TEST(HelpDesk, SeesOfAStrangersMailWhatItsOwnRecipientsGot)
{
    std::vector<Record> story{
        record("A1", 0, What::received, "ann@example.net", "bob@contoso.example"),
        record("A1", 0, What::received, "ann@example.net", "cas@fabrikam.example")};
    keep_seen(story, help_desk());
    ASSERT_EQ(story.size(), 1U);
    EXPECT_EQ(story.front().recipient, "bob@contoso.example");
    std::vector<Record> foreign{
        record("B2", 0, What::received, "ann@example.net", "cas@fabrikam.example")};
    keep_seen(foreign, help_desk());
    EXPECT_TRUE(foreign.empty());
}

TEST(HelpDesk, SeesAllOfWhatItsOwnDomainSent)
{
    std::vector<Record> story{
        record("A1", 0, What::received, "bob@contoso.example", "cas@fabrikam.example")};
    keep_seen(story, help_desk());
    EXPECT_EQ(story.size(), 1U);
}

TEST(HelpDesk, SeesRefusalsOfItsOwnDomainOnly)
{
    Rejection refusal;
    refusal.sender = "ann@example.net";
    refusal.recipients = {"cas@fabrikam.example"};
    EXPECT_FALSE(is_seen(refusal, help_desk()));
    refusal.recipients.emplace_back("bob@contoso.example");
    EXPECT_TRUE(is_seen(refusal, help_desk()));
    EXPECT_TRUE(is_seen(refusal, Caller{}));
}

}  // namespace
}  // namespace imc::admin
