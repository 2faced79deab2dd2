#include "tracking/search.h"

#include "tracking/kit.h"

#include <gtest/gtest.h>

namespace imc::tracking {
namespace {

using namespace std::chrono_literals;

const auto noon = at(std::chrono::year{2026} / 11 / 25, 12h);

Record record(std::string id, What what, std::string recipient)
{
    Record r{std::move(id), what, noon};
    r.gateway = "mail.contoso.example";
    r.partner = "[192.0.2.1]:4711";
    r.sender = "ann@example.net";
    r.octets = 2048;
    r.recipients = 1;
    r.recipient = std::move(recipient);
    return r;
}

Record received(std::string id, std::string recipient, std::string message_id)
{
    auto r = record(std::move(id), What::received, std::move(recipient));
    r.message_id = std::move(message_id);
    r.helo = "mx1\texample";
    r.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
    r.account = "ann";
    return r;
}

TEST(TrackingRecord, IsReadAsItWasWritten)
{
    auto r = received("000000000001A", "bob@contoso.example", "<a\nb@x>");
    r.priority = -1;
    r.seconds = 7;
    r.remote_id = "4XYZ";
    r.report_id = "000000000001B";
    r.delivered = false;
    r.status = "5.1.1";
    r.text = "550 5.1.1 \xff no";
    r.route = "mx:example.net";
    auto line = write_record(r);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    line.pop_back();
    EXPECT_EQ(parse_record(line), r);
    EXPECT_FALSE(parse_record(line.substr(0, line.rfind('\t'))));
}

struct Story : testing::Test {
    Bench bench;
    void write(const std::string& file, const std::vector<Record>& records)
    {
        std::string text = "# " + std::string{tracking_title()} + "\n";
        for (const auto& each : records)
            text += write_record(each);
        bench.disk.put(bench.folder + "/" + file, text + "0000\ttorn");
    }
    std::vector<std::string> find(const StoryFilter& filter)
    {
        const auto found = find_stories(bench.disk, bench.folder, filter);
        EXPECT_TRUE(found);
        std::vector<std::string> out;
        for (const auto& r : found->records)
            out.push_back(r.id + " " + std::to_string(static_cast<int>(r.what)));
        return out;
    }
    Story()
    {
        auto report = record("R", What::queued_outbound, "ann@example.net");
        report.sender = "";
        auto made = record("1", What::report_made, "bob@contoso.example");
        made.report_id = "R";
        write("20261125.log", {received("1", "bob@contoso.example", "<x@example.net>"),
                               received("2", "carol@contoso.example", "<y@example.net>")});
        write("20261126.log", {record("1", What::failed, "bob@contoso.example"), made, report,
                               record("2", What::transferred_to_store, "carol@contoso.example")});
    }
};

TEST_F(Story, IsToldFromTheFirstRecordToTheLastWithItsReport)
{
    const std::vector<std::string> story{"1 1012", "1 40732", "1 1017", "R 1010"};
    StoryFilter by_message_id;
    by_message_id.message_id = "x@example.net";
    EXPECT_EQ(find(by_message_id), story);
    StoryFilter by_id;
    by_id.id = "1";
    EXPECT_EQ(find(by_id), story);
    StoryFilter by_recipient;
    by_recipient.recipient = "BOB@contoso.example";
    EXPECT_EQ(find(by_recipient), story);
}

TEST_F(Story, OfMoreThanWereAskedForThoseThatMatchedLastAreFound)
{
    StoryFilter filter;
    filter.recipient = "@contoso.example";
    filter.most = 2;
    EXPECT_EQ(find(filter).size(), 6U);
    filter.most = 1;
    const auto found = find_stories(bench.disk, bench.folder, filter);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->too_many);
    EXPECT_EQ(find(filter), (std::vector<std::string>{"2 1012", "2 1013"}));
}

TEST_F(Story, HoweverManyMatchThoseThatAreKeptAreTheLastOnes)
{
    std::vector<Record> day;
    for (int i = 0; i < 100; ++i)
        day.push_back(record("M" + std::to_string(i), What::received, "dave@contoso.example"));
    day.push_back(record("M7", What::transferred_to_store, "dave@contoso.example"));
    write("20261128.log", day);
    StoryFilter filter;
    filter.recipient = "dave@contoso.example";
    filter.most = 3;
    EXPECT_EQ(find(filter),
              (std::vector<std::string>{"M7 1012", "M7 1013", "M98 1012", "M99 1012"}));
}

TEST_F(Story, OthersAreNotInIt)
{
    StoryFilter filter;
    filter.recipient = "@contoso.example";
    filter.message_id = "<y@example.net>";
    EXPECT_EQ(find(filter), (std::vector<std::string>{"2 1012", "2 1013"}));
}

TEST_F(Story, ReportsAloneAreFoundByTheirEmptySender)
{
    StoryFilter filter;
    filter.sender = "<>";
    EXPECT_EQ(find(filter), std::vector<std::string>{"R 1010"});
}

TEST_F(Story, MessageOfADayNotAskedForIsLeftOut)
{
    StoryFilter filter;
    filter.since = at(std::chrono::year{2026} / 11 / 27, 0ms);
    EXPECT_TRUE(find(filter).empty());
}

}  // namespace
}  // namespace imc::tracking
