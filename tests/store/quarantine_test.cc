#include "store/quarantine.h"

#include "kit/faulty_files.h"
#include "kit/octets.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace imc::store {
namespace {

using kit::octets;

class Folder : public testing::Test {
protected:
    std::string folder_ =
        (std::filesystem::temp_directory_path() / ("imc-quarantine-" + std::to_string(::getpid())))
            .string();
    Quarantine quarantine_{real_files(), folder_ + "/deep/quarantine"};
    void TearDown() override { std::filesystem::remove_all(folder_); }

    Quarantined record(const char* sender = "x@bad.example") const
    {
        Quarantined r;
        r.kept_at = WallTime{std::chrono::milliseconds{1'700'000'000'123}};
        r.sender = sender;
        r.recipients = {{"bob@ours.example"}, {"\"a b\"@ours.example"}};
        r.peer = "[192.0.2.1]:4711";
        r.helo = "client\xff";
        r.rule = "@bad.example quarantine";
        r.matched = sender;
        r.where = "From";
        r.eight_bit = true;
        return r;
    }
};

// turf-dir-missing, Q193926: the folder was never made, and every message was lost.
TEST_F(Folder, RegressionTurfDirMissing)
{
    const auto id = quarantine_.keep(record(), octets("Subject: x\r\n\r\nbody\r\n"));
    ASSERT_TRUE(id) << id.error().to_string();
    EXPECT_TRUE(id->starts_with("20231114T221320123Z-")) << *id;
    EXPECT_EQ(*quarantine_.text(*id), "Subject: x\r\n\r\nbody\r\n");
    const auto found = quarantine_.find(*id);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->recipients, record().recipients);
    EXPECT_EQ(found->helo, "client\\xff");
    EXPECT_EQ(found->octets, 20U);
    EXPECT_TRUE(found->eight_bit);
    EXPECT_FALSE(found->smtp_utf8);
}

TEST_F(Folder, WhatCannotBeKeptIsAnErrorAndLeavesNothing)
{
    std::filesystem::create_directories(folder_);
    {
        const auto file = real_files().open(folder_ + "/file", OpenMode::create_new);
    }
    Quarantine broken{real_files(), folder_ + "/file/quarantine"};
    EXPECT_EQ(broken.keep(record(), octets("x")).error().event(), EventId::quarantine_failed);
    EXPECT_TRUE(broken.list().empty());
}

TEST_F(Folder, TextWithoutItsRecordIsNotKept)
{
    const auto id = quarantine_.keep(record(), octets("x"));
    ASSERT_TRUE(id);
    std::filesystem::remove(folder_ + "/deep/quarantine/" + *id + ".json");
    EXPECT_TRUE(quarantine_.list().empty());
    EXPECT_EQ(quarantine_.find(*id).error().event(), EventId::quarantine_no_such);
}

TEST_F(Folder, IdLeadsNowhereElse)
{
    for (const char* id : {"", "../registry", "a/b", "a.b", ".", "a\nb"}) {
        EXPECT_FALSE(is_quarantine_id(id)) << id;
        EXPECT_EQ(quarantine_.remove(id).error().event(), EventId::quarantine_no_such);
        EXPECT_FALSE(quarantine_.text(id));
    }
}

TEST_F(Folder, ListIsOldestFirstAndForgetsWhatIsRemoved)
{
    auto second = record("second@bad.example");
    second.kept_at += std::chrono::seconds{1};
    const auto later = quarantine_.keep(second, octets("2"));
    const auto first = quarantine_.keep(record("first@bad.example"), octets("1"));
    ASSERT_EQ(quarantine_.list().size(), 2U);
    EXPECT_EQ(quarantine_.list().front().sender, "first@bad.example");
    EXPECT_TRUE(quarantine_.remove(*first));
    ASSERT_EQ(quarantine_.list().size(), 1U);
    EXPECT_EQ(quarantine_.list().front().id, *later);
    EXPECT_FALSE(std::filesystem::exists(quarantine_.path(*first)));
}

// What a client asked for at MAIL and RCPT holds when the message is released, too.
TEST(QuarantineRecord, KeepsAllThatWasSaidOfTheEnvelope)
{
    Quarantined record;
    record.recipients = {{"a@b", "rfc822;c@d", 2 | 4}, {"e@f", "", 1}, {"g@h"}};
    record.envid = "QQ 314";
    record.ret = "HDRS";
    record.priority = -3;
    record.smtp_utf8 = record.eight_bit = true;
    const auto line = to_json_line(record);
    EXPECT_NE(line.find(R"("notify":["SUCCESS,FAILURE","NEVER",""])"), line.npos) << line;
    const auto read = parse_quarantined(line);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->recipients, record.recipients);
    EXPECT_EQ(read->envid, "QQ 314");
    EXPECT_EQ(read->ret, "HDRS");
    EXPECT_EQ(read->priority, -3);
    EXPECT_TRUE(read->smtp_utf8 && read->eight_bit);
}

TEST(QuarantineRecord, OlderFilesSayNothingOfTheEnvelope)
{
    const auto read = parse_quarantined(R"({"recipients":["a@b","c@d"],"eight_bit":true})");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->recipients, (std::vector<QuarantinedRecipient>{{"a@b"}, {"c@d"}}));
    EXPECT_TRUE(read->eight_bit);
    EXPECT_EQ(read->ret, "");
    EXPECT_FALSE(parse_quarantined(R"({"recipients":["a@b","c@d"],"notify":["NEVER"]})"));
    EXPECT_FALSE(parse_quarantined(R"({"recipients":["a@b"],"originals":[1]})"));
}

TEST(QuarantineRecord, ThatIsNoneIsAnError)
{
    for (const char* text : {"", "{", "[]", "{}", "{\"recipients\":[]}", "{\"recipients\":[1]}",
                             "{\"recipients\":\"a\"}"})
        EXPECT_FALSE(parse_quarantined(text)) << text;
    EXPECT_TRUE(parse_quarantined("{\"recipients\":[\"a@b\"]}"));
}

}  // namespace
}  // namespace imc::store
