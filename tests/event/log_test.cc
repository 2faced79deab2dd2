#include "event/diagnostics.h"
#include "event/explain.h"
#include "event/query.h"
#include "event/record_json.h"
#include "event/sinks.h"
#include "event/status_codes.h"
#include "kit/paths.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/un.h>
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

// subject-percent-s-log (Q239816)
TEST_F(Events, StrangersTextIsNeverAFormat)
{
    log_.raise(EventId::session_refused,
               {{"peer", "{recipient} %s\r\n"}, {"recipient", "x@example.org"}});
    EXPECT_EQ(ring_->records().at(0).description,
              "{recipient} %s\\x0d\\x0a may not send to x@example.org: -.");
}

TEST(Catalogue, EachEventIsFoundByItsNumber)
{
    unsigned last = 0;
    for (const auto& row : event_catalogue()) {
        EXPECT_GE(row.number, last) << "rows stand by number";
        last = row.number;
        if (row.kind == EventKind::event) {
            EXPECT_EQ(&info(static_cast<EventId>(row.number)), &row) << row.number;
        }
    }
}

// Q185108: trouble is written at any level.
TEST_F(Events, ACategoryIsWrittenUpToItsLevel)
{
    log_.raise(EventId::message_received);
    log_.raise(EventId::outbound_connected);
    EXPECT_TRUE(ring_->records().empty());
    EXPECT_FALSE(log_.wants(EventId::message_received));

    log_.set_levels({{"Message Transfer", 3}, {"Addressing", 5}});
    log_.raise(EventId::message_received);
    log_.raise(EventId::delivery_attempt_result);  // Maximum
    log_.raise(EventId::outbound_connected);       // another category
    log_.raise(EventId::tracking_write_failed);    // trouble
    ASSERT_EQ(ring_->records().size(), 2U);
    EXPECT_EQ(ring_->records()[0].id, EventId::message_received);
    EXPECT_EQ(ring_->records()[1].id, EventId::tracking_write_failed);

    log_.set_levels({});
    EXPECT_FALSE(log_.wants(EventId::message_received));
    EXPECT_TRUE(log_.wants(EventId::tracking_write_failed));
}

TEST(Diagnostics, CategoriesAndLevelsAreReadAsPeopleWriteThem)
{
    ASSERT_NE(find_category("message transfer"), nullptr);
    EXPECT_EQ(find_category("message transfer")->value, "DiagnosticsMessageTransfer");
    EXPECT_EQ(find_category("addr")->name, "Addressing");
    EXPECT_EQ(find_category("SMTP Protocol")->value, "ProtocolLogLevel");
    EXPECT_EQ(find_category("message"), nullptr) << "transfer or archival?";
    EXPECT_EQ(find_category(""), nullptr);
    EXPECT_EQ(parse_level("MEDIUM"), 3U);
    EXPECT_EQ(parse_level("5"), 5U);
    EXPECT_FALSE(parse_level("2"));
    EXPECT_FALSE(parse_level("loud"));
    EXPECT_EQ(name_of_level(4), "Medium");
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

TEST_F(Events, FilterChoosesByCategoryAndTime)
{
    const std::string path = folder_ + "/events.jsonl";
    EventLog log;
    log.add(file_sink({path}));
    log.raise(EventId::service_started);
    log.raise(EventId::session_refused);
    EventFilter filter;
    filter.category = "smtp interface events";
    ASSERT_EQ(read_events(path, filter).records.size(), 1U);
    EXPECT_EQ(read_events(path, filter).records.at(0).id, EventId::session_refused);
    EventFilter times;
    times.since = wall_clock().now() + std::chrono::hours{1};
    EXPECT_TRUE(read_events(path, times).records.empty());
    times.since = wall_clock().now() - std::chrono::hours{1};
    EXPECT_EQ(read_events(path, times).records.size(), 2U);
    times.until = *times.since;
    EXPECT_TRUE(read_events(path, times).records.empty());
}

// Whoever moves the log away (logrotate, an administrator) must not lose what comes next.
TEST_F(Events, RemovedOrRenamedFileIsMadeAgainAtOnce)
{
    const std::string path = folder_ + "/events.jsonl";
    EventLog log;
    log.add(file_sink({path}));
    log.raise(EventId::service_started);
    std::filesystem::rename(path, folder_ + "/elsewhere");
    log.raise(EventId::service_stopped);
    EXPECT_EQ(read_events(path, {}).records.size(), 1U);
    std::filesystem::remove(path);
    log.raise(EventId::service_started);
    ASSERT_EQ(read_events(path, {}).records.size(), 1U);
    EXPECT_EQ(read_events(path, {}).records.at(0).id, EventId::service_started);
}

std::vector<std::string> generations(const std::vector<EventRecord>& records)
{
    std::vector<std::string> out;
    for (const auto& record : records)
        out.push_back(record.fields.at(0).second);
    return out;
}

TEST_F(Events, FollowerNeitherLosesNorRepeatsOverRotations)
{
    const std::string path = folder_ + "/events.jsonl";
    EventLog log;
    log.add(file_sink({path, 700, 9}));  // rotates every few records
    EventFollower follower{path};
    EXPECT_TRUE(follower.more({}).empty());
    std::vector<std::string> written, seen;
    for (int i = 0; i < 60; ++i) {
        log.raise(EventId::generation_taken, {{"generation", std::to_string(i)}});
        written.push_back(std::to_string(i));
        // Sometimes two rotations lie between two looks.
        if (i % 7 != 0) continue;
        const auto some = generations(follower.more({}));
        seen.insert(seen.end(), some.begin(), some.end());
    }
    const auto rest = generations(follower.more({}));
    seen.insert(seen.end(), rest.begin(), rest.end());
    EXPECT_EQ(seen, written);
    EXPECT_TRUE(std::filesystem::exists(path + ".3")) << "nothing was rotated";
}

TEST_F(Events, FollowerWaitsForTheEndOfALineAndBeginsAgainAfterTruncation)
{
    const std::string path = folder_ + "/events.jsonl";
    EventLog log;
    log.add(file_sink({path}));
    log.raise(EventId::generation_taken, {{"generation", "1"}});
    std::ifstream in{path};
    std::string line;
    std::getline(in, line);
    EventFollower follower{path};
    EXPECT_EQ(follower.more({}).size(), 1U);
    std::ofstream{path, std::ios::app} << line.substr(0, 20) << std::flush;
    EXPECT_TRUE(follower.more({}).empty());
    std::ofstream{path, std::ios::app} << line.substr(20) << "\n" << std::flush;
    EXPECT_EQ(follower.more({}).size(), 1U);
    std::ofstream{path, std::ios::trunc} << line << "\n" << std::flush;
    EXPECT_EQ(follower.more({}).size(), 1U);
}

TEST_F(Events, JournalGetsNativeFieldsWithTheMessageIdOfTheCatalogue)
{
    const std::string path = folder_ + "/journal.socket";
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EventLog log;
    log.add(journal_sink(path));
    log.raise(EventId::session_refused,
              {{"peer", "[192.0.2.1]"}, {"recipient", "x@example.org"}, {"odd-name", "1"}});
    std::string got(65536, '\0');
    const auto size = ::recv(socket, got.data(), got.size(), MSG_DONTWAIT);
    ::close(socket);
    ASSERT_GT(size, 0);
    got.resize(static_cast<std::size_t>(size));
    const auto id = message_id(40201);
    EXPECT_EQ(got,
              "MESSAGE=40201: [192.0.2.1] may not send to x@example.org: -.\nMESSAGE_ID=" + id +
                  "\nPRIORITY=6\nSYSLOG_IDENTIFIER=imc\nIMC_EVENT_ID=40201\n"
                  "IMC_TYPE=Information\nIMC_CATEGORY=SMTP Interface Events\n"
                  "IMC_PEER=[192.0.2.1]\nIMC_RECIPIENT=x@example.org\nIMC_ODD_NAME=1\n");
    // The catalogue that is installed for journalctl -x has the same id.
    std::ifstream in{kit::binary_dir() + "/gen/imc.catalog"};
    const std::string catalogue{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_NE(catalogue.find("-- " + id), std::string::npos);
    log.raise(EventId::session_refused);  // nobody listens any more: the service goes on
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
    EXPECT_EQ(find_status("5.7.1")->title, "Delivery not authorized, message refused");
    EXPECT_TRUE(find_events("99999").empty());
}

}  // namespace
}  // namespace imc
