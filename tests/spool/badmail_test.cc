#include "spool/badmail.h"

#include "spool/kit.h"

#include <gtest/gtest.h>

namespace imc::spool {
namespace {

BadMessage a_bad_message()
{
    auto letter = a_message("", 3);
    BadMessage out;
    out.id = MessageId{4711};
    out.why = "the service died 2 times";
    out.set_aside_at = "2026-11-26T10:00:00.000Z";
    out.envelope = letter.envelope;
    out.envelope.envid = "QQ 314";
    out.envelope.ret = "HDRS";
    out.envelope.eight_bit = out.envelope.smtp_utf8 = true;
    out.envelope.priority = Priority::urgent;
    out.envelope.peer = "[192.0.2.1]:4711 (client.example)";
    out.envelope.account = "ann";
    out.envelope.recipients[0].original = "rfc822;c@d";
    out.envelope.recipients[0].notify = 2 | 4;
    out.envelope.recipients[1].notify = 1;
    out.envelope.recipients[1].route = "relay.example.net:26";
    out.states = {state_of(Outcome::delivered), state_of(Outcome::waiting, "450 later"), {}};
    out.evidence = {{"crashes", "2"}};
    return out;
}

struct Folder : testing::Test {
    RealFolder folder;
    const std::string path = folder.path() + "/badmail";
    Badmail badmail{real_files(), path};
};

TEST(BadmailRecord, ComesBackAsItWas)
{
    const auto message = a_bad_message();
    const auto read = parse_bad_message(write_bad_message(message)).value();
    EXPECT_EQ(read.id, message.id);
    EXPECT_EQ(read.why, message.why);
    EXPECT_EQ(read.evidence, message.evidence);
    EXPECT_EQ(read.states, message.states);
    EXPECT_EQ(read.envelope, message.envelope);
}

TEST(BadmailRecord, StrangersTextAddsNoLine)
{
    auto message = a_bad_message();
    message.envelope.sender = "x\r\nto: thief@evil.example\n\\x41@\xff";
    message.states[1].last_reply = "550 no\n  outcome: delivered";
    const auto read = parse_bad_message(write_bad_message(message)).value();
    EXPECT_EQ(read.envelope.sender, message.envelope.sender);
    EXPECT_EQ(read.states, message.states);
    EXPECT_EQ(read.envelope.recipients.size(), 3u);
}

TEST(BadmailRecord, ThatIsNoneIsAnError)
{
    const std::string title = "imc badmail 1\n";
    for (const auto& text :
         {std::string{}, std::string{"to: a@b\n"}, title, title + "to: a@b\n",
          title + "message: 00000000004k7\n", title + "message: ../../x\nto: a@b\n",
          title + "message: 00000000004k7\n  notify: NEVER\n"})
        EXPECT_EQ(parse_bad_message(text).error().event(), EventId::badmail_no_such) << text;
    EXPECT_TRUE(parse_bad_message(title + "message: 00000000004k7\nto: a@b\n"));
}

TEST(BadmailRecord, ReleaseIsForThoseWhoWaitAndBeginsAnew)
{
    auto message = a_bad_message();
    message.envelope.arrived_at = WallTime{};
    const WallTime now{std::chrono::seconds{1'700'000'000}};
    const auto envelope = envelope_to_release(message, now);
    ASSERT_EQ(envelope.recipients.size(), 2u);
    EXPECT_EQ(envelope.recipients[0], message.envelope.recipients[1]);
    EXPECT_EQ(envelope.arrived_at, now);
    EXPECT_EQ(envelope.envid, "QQ 314");
}

TEST_F(Folder, KeepsListsAndRemoves)
{
    auto message = a_bad_message();
    const Body text{std::make_shared<const std::string>("Subject: \x01 x\r\n\r\nbody")};
    message.octets = text.size();
    badmail.keep(message, text).value();
    badmail.keep(message, text).value();  // a crash in between: once more
    ASSERT_EQ(badmail.list().size(), 1u);
    EXPECT_EQ(badmail.list().front().octets, text.size());
    const auto id = message.id.to_string();
    EXPECT_EQ(badmail.text(id).value(), text.memory());
    badmail.remove(id).value();
    EXPECT_TRUE(badmail.list().empty());
    EXPECT_TRUE(std::filesystem::is_empty(path));
    EXPECT_EQ(badmail.remove(id).error().event(), EventId::badmail_no_such);
}

TEST_F(Folder, TextWithoutItsRecordIsNotKept)
{
    const auto message = a_bad_message();
    badmail.keep(message, Body{std::make_shared<const std::string>("x")}).value();
    std::filesystem::remove(path + "/" + message.id.to_string() + ".txt");
    EXPECT_TRUE(badmail.list().empty());
    EXPECT_FALSE(badmail.find(message.id.to_string()));
}

// The pickup folder leaves files of any name there.
TEST_F(Folder, OtherFilesAreLeftAlone)
{
    badmail.keep(a_bad_message(), Body{std::make_shared<const std::string>("x")}).value();
    for (const char* name : {"note.txt", "0000000000001.txt", "12-letter.eml", "letter.err"})
        write_file_atomically(real_files(), path + "/" + name, "imc badmail 1\nmessage: x\n")
            .value();
    EXPECT_EQ(badmail.list().size(), 1u);
    for (const char* id : {"", "..", "../registry", "note", "0000000000001", "00000000004K7"})
        EXPECT_EQ(badmail.find(id).error().event(), EventId::badmail_no_such) << id;
}

// Whatever call fails, what says that it is kept is kept, and a power cut does not change that.
TEST(BadmailOnAFaultyDisk, KeptMeansDurable)
{
    const auto message = a_bad_message();
    const auto id = message.id.to_string();
    const Body text{std::make_shared<const std::string>(std::string(5000, 'x'))};
    std::size_t failures = 0;
    for (std::uint64_t nth = 1; nth < 20; ++nth)
        for (std::uint64_t seed = 1; seed < 20; ++seed) {
            kit::FaultyFiles disk{"/bad", seed};
            Badmail badmail{disk, "/bad"};
            disk.fail_at(nth, EIO);
            const auto kept = badmail.keep(message, text);
            disk.crash(seed);
            Badmail after{disk, "/bad"};
            failures += kept ? 0 : 1;
            if (!kept) {
                EXPECT_EQ(kept.error().event(), EventId::badmail_failed);
                continue;
            }
            ASSERT_TRUE(after.find(id)) << "call " << nth << ", seed " << seed;
            EXPECT_EQ(after.text(id).value(), text.memory()) << "call " << nth << ", seed " << seed;
        }
    EXPECT_GT(failures, 19u);
}

}  // namespace
}  // namespace imc::spool
