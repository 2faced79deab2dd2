#include "event/explain.h"
#include "event/query.h"
#include "event/record_json.h"
#include "event/sinks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace imc {
namespace {

class Events : public testing::Test {
protected:
    Events()
    {
        char name[] = "/tmp/imc-events-XXXXXX";
        folder_ = ::mkdtemp(name);
        log_.add(ring_sink(ring_));
    }
    ~Events() override { std::filesystem::remove_all(folder_); }
    std::string folder_;
    std::shared_ptr<Ring> ring_ = std::make_shared<Ring>(3);
    EventLog log_;
};

TEST_F(Events, StrangersTextIsNeverAFormat)
{
    log_.raise(EventId::session_refused,
               {{"peer", "{recipient} %s\r\n"}, {"recipient", "x@example.org"}});
    EXPECT_EQ(ring_->records().at(0).description,
              "{recipient} %s\\x0d\\x0a may not send to x@example.org: -.");
}

TEST_F(Events, RingKeepsTheNewest)
{
    for (int i = 0; i < 5; ++i)
        log_.raise(EventId::generation_taken, {{"generation", std::to_string(i)}});
    ASSERT_EQ(ring_->records().size(), 3U);
    EXPECT_EQ(ring_->records().front().fields.at(0).second, "2");
}

TEST_F(Events, FileIsReadBackAsItWasWrittenAcrossRotation)
{
    EventLog log;
    log.add(file_sink({folder_ + "/events.jsonl", 2000, 3}));
    for (int i = 0; i < 20; ++i)
        log.raise(EventId::generation_taken,
                  {{"generation", std::to_string(i)}, {"detail", "\"quoted\"\n"}});
    const auto found = read_events(folder_ + "/events.jsonl", {});
    EXPECT_EQ(found.broken_lines, 0U);
    EXPECT_GT(found.records.size(), 5U);
    EXPECT_EQ(found.records.back().fields.at(0).second, "19");
    EXPECT_TRUE(std::filesystem::exists(folder_ + "/events.jsonl.1"));
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/events.jsonl.4"));
}

TEST_F(Events, FilterChoosesByIdTypeTextAndLast)
{
    EventLog log;
    log.add(file_sink({folder_ + "/events.jsonl"}));
    log.raise(EventId::config_load_failed, {{"detail", "SiteDN"}});
    log.raise(EventId::service_started);
    log.raise(EventId::config_load_failed, {{"detail", "other"}});
    EventFilter filter;
    filter.ids = {4086};
    EXPECT_EQ(read_events(folder_ + "/events.jsonl", filter).records.size(), 2U);
    filter.text = "sitedn";
    EXPECT_EQ(read_events(folder_ + "/events.jsonl", filter).records.size(), 1U);
    EventFilter last;
    last.types = {"error"};
    last.last = 1;
    EXPECT_NE(read_events(folder_ + "/events.jsonl", last).records.at(0).description.find("other"),
              std::string::npos);
}

TEST(EventTime, IsReadAsPeopleWriteIt)
{
    const WallTime now{std::chrono::hours{24 * 365 * 50}};
    EXPECT_EQ(parse_time("90m", now), now - std::chrono::minutes{90});
    EXPECT_EQ(to_rfc3339(*parse_time("2026-11-24T12:30:00.5Z", now)), "2026-11-24T12:30:00.500Z");
    EXPECT_EQ(to_rfc3339(*parse_time("2026-11-24", now)), "2026-11-24T00:00:00.000Z");
    EXPECT_FALSE(parse_time("yesterday", now));
    EXPECT_FALSE(parse_time("2026-13-01", now));
}

TEST(Catalogue, HistoricNumbersKeepTheirSymbols)
{
    EXPECT_EQ(info(EventId::config_load_failed).symbol, "IMC_CONFIG_LOAD_FAILED");
    EXPECT_EQ(static_cast<unsigned>(EventId::not_configured), 4071U);
    ASSERT_EQ(find_events("2140").size(), 1U);
    EXPECT_NE(explain(*find_events("4086").front()).find("imc check --fix"), std::string::npos);
    EXPECT_FALSE(explain_status("5.7.1").empty());
    EXPECT_TRUE(find_events("99999").empty());
}

}  // namespace
}  // namespace imc
