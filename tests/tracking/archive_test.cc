#include "tracking/archive.h"

#include "event/sinks.h"
#include "kit/through_files.h"
#include "tracking/kit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace imc::tracking {
namespace {

using namespace std::chrono_literals;

const auto noon = at(std::chrono::year{2026} / 11 / 27, 12h);

/// The real disk, which may have little room or refuse.
struct Disk final : kit::ThroughFiles {
    std::uint64_t free = 1ULL << 40;
    std::atomic<bool> refuses{false};
    std::vector<std::string> synced;  ///< folders
    IoResult<std::uint64_t> free_octets(const std::string&) override { return free; }
    IoResult<> sync_folder(const std::string& path) override
    {
        synced.push_back(path);
        return ThroughFiles::sync_folder(path);
    }
    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        if (refuses && mode != OpenMode::read)
            return boost::system::error_code{EROFS, boost::system::system_category()};
        return ThroughFiles::open(path, mode, permissions);
    }
};

struct Archiving : testing::Test {
    std::filesystem::path base;
    std::string folder;
    Disk disk;
    SetClock clock{noon};
    Bench bench;  ///< its events
    std::unique_ptr<Archive> archive;

    Archiving()
    {
        char name[] = "/tmp/imc-archive-XXXXXX";
        base = ::mkdtemp(name);
        folder = base.string() + "/archive";
        std::filesystem::create_directory(folder);
        archive = std::make_unique<Archive>(folder, disk, bench.events, clock);
    }
    ~Archiving() override
    {
        archive.reset();
        std::error_code ignored;
        std::filesystem::remove_all(base, ignored);
    }
    Archiving(const Archiving&) = delete;
    Archiving& operator=(const Archiving&) = delete;

    void set(std::uint64_t quota = 1 << 20, bool stops = false)
    {
        archive->set({true, true, quota, 0, stops});
    }
    static Octets text(std::string octets)
    {
        return Octets{std::make_shared<const std::string>(std::move(octets))};
    }
    static Archived about(const std::string& id, Direction direction = Direction::in)
    {
        Archived out;
        out.direction = direction;
        out.id = id;
        out.sender = "ann@example.net";
        out.recipients = {"bob@contoso.example", "secret@contoso.example"};
        out.peer = "[192.0.2.1]:4711";
        return out;
    }
    std::string content(const std::string& name) const
    {
        const auto read = read_file(real_files(), folder + "/" + name);
        return read ? *read : "missing";
    }
    std::vector<std::string> names()
    {
        std::vector<std::string> out;
        EXPECT_TRUE(list_archived(real_files(), folder,
                                  [&](const Archived& a) { return out.push_back(a.name), true; }));
        return out;
    }
};

// journal-bcc-visible (Q249273)
TEST_F(Archiving, ACopyIsTheOctetsAndItsEnvelopeBesideThem)
{
    set();
    const auto kept = archive->keep(about("0000000000007"), text("Subject: x\r\n\r\nbody\r\n"));
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->name, "in/20261127/0000000000007.1");
    EXPECT_EQ(content(kept->name + ".eml"), "Subject: x\r\n\r\nbody\r\n");
    EXPECT_EQ(content(kept->name + ".txt"), "imc archive 1\n"
                                            "message: 0000000000007\n"
                                            "direction: in\n"
                                            "time: 2026-11-27T12:00:00.000Z\n"
                                            "octets: 20\n"
                                            "text: 0000000000007.1.eml\n"
                                            "peer: [192.0.2.1]:4711\n"
                                            "from: ann@example.net\n"
                                            "to: bob@contoso.example\n"
                                            "to: secret@contoso.example\n");
    const auto read = read_archived(real_files(), folder, kept->name);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->recipients.size(), 2U) << "Bcc is told here";
    EXPECT_EQ(names(), std::vector{kept->name});
}

// A power cut after the 250 must not take the folder with the copy.
TEST_F(Archiving, TheNameOfADaysFolderIsDurableBeforeItsFirstCopyIsKept)
{
    set();
    ASSERT_TRUE(archive->keep(about("7"), text("x")));
    const auto times = [this](const std::string& path) {
        return std::ranges::count(disk.synced, path);
    };
    EXPECT_EQ(times(folder + "/in"), 1);
    EXPECT_EQ(times(folder), 1);
    ASSERT_TRUE(archive->keep(about("8"), text("x")));
    EXPECT_EQ(times(folder + "/in"), 1) << "once a day";
    EXPECT_GE(times(folder + "/in/20261127"), 2) << "of each copy";
}

TEST_F(Archiving, WhatGoesOutTwiceHasOneText)
{
    set();
    const auto first = archive->keep(about("7", Direction::out), text("same\r\n"));
    const auto second = archive->keep(about("7", Direction::out), text("same\r\n"));
    ASSERT_TRUE(first);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->name, "out/20261127/7.2");
    EXPECT_EQ(content("out/20261127/7.2.eml"), "missing");
    EXPECT_EQ(read_archived(real_files(), folder, second->name)->text, "7.1.eml");
    const auto other = archive->keep(about("7", Direction::out), text("another one\r\n"));
    EXPECT_EQ(content(other->name + ".eml"), "another one\r\n");
}

// archive-fills-disk (Q170809, Q306958)
TEST_F(Archiving, AFullArchiveStopsNoMailAndSaysHowManyCopiesAreMissing)
{
    set(100);
    const auto kept = archive->keep(about("7"), text(std::string(200, 'x')));
    ASSERT_TRUE(kept) << "mail goes on";
    EXPECT_TRUE(kept->name.empty());
    EXPECT_TRUE(archive->keep(about("8"), text(std::string(200, 'x'))));
    EXPECT_EQ(bench.times(EventId::archive_full), 1U) << "once";
    set(1 << 20);
    EXPECT_FALSE(archive->keep(about("9"), text("x"))->name.empty());
    EXPECT_EQ(bench.times(EventId::archive_keeps_again), 1U);
    EXPECT_NE(bench.description(EventId::archive_keeps_again).find("; 2 messages"),
              std::string::npos);
}

TEST_F(Archiving, MailStopsWhenThatWasAsked)
{
    set(100, true);
    const auto kept = archive->keep(about("7"), text(std::string(200, 'x')));
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().event(), EventId::archive_full);
    EXPECT_TRUE(archive->may_send()) << "there is room for something";
    disk.free = 0;
    archive->set({true, true, 0, 1 << 20, true});
    const auto may = archive->may_send();
    ASSERT_FALSE(may);
    EXPECT_EQ(may.error().event(), EventId::archive_full);
    archive->set({true, true, 0, 1 << 20, false});
    EXPECT_TRUE(archive->may_send());
}

TEST_F(Archiving, ADiskThatIsLowIsAFullArchive)
{
    archive->set({true, false, 0, 1 << 20, false});
    disk.free = 1 << 19;
    EXPECT_TRUE(archive->keep(about("7"), text("x"))->name.empty());
    EXPECT_EQ(bench.times(EventId::archive_full), 1U);
    EXPECT_TRUE(names().empty());
}

TEST_F(Archiving, AFaultIsSaidAndLeavesNothingHalf)
{
    set();
    disk.refuses = true;
    EXPECT_TRUE(archive->keep(about("7"), text("x"))->name.empty());
    EXPECT_EQ(bench.times(EventId::archive_failed), 1U);
    set(0, true);
    EXPECT_FALSE(archive->may_send()) << "what is sent could not be taken back";
    disk.refuses = false;
    EXPECT_TRUE(archive->may_send());
    EXPECT_EQ(archive->keep(about("7"), text("x"))->name, "in/20261127/7.1");
    EXPECT_EQ(content("in/20261127/7.1.eml"), "x");
}

TEST_F(Archiving, ATextThatACrashLeftIsNoCopyAndIsWrittenOver)
{
    set();
    std::filesystem::create_directories(folder + "/in/20261127");
    ASSERT_TRUE(write_file_atomically(real_files(), folder + "/in/20261127/7.1.eml",
                                      "half of something longer"));
    EXPECT_TRUE(names().empty());
    ASSERT_TRUE(archive->keep(about("7"), text("whole")));
    EXPECT_EQ(content("in/20261127/7.1.eml"), "whole");
}

TEST_F(Archiving, WhatWasNotTakenAfterAllHasNoCopy)
{
    set();
    const auto kept = archive->keep(about("7"), text("x"));
    archive->discard(*kept);
    EXPECT_TRUE(names().empty());
    EXPECT_EQ(content("in/20261127/7.1.eml"), "missing");
}

TEST_F(Archiving, AnInboundCopyIsFoundByWhoTheMessageWas)
{
    set();
    clock.advance(11h);
    ASSERT_TRUE(archive->keep(about("7"), text("x")));
    ASSERT_TRUE(archive->keep(about("9", Direction::out), text("x")));
    const auto arrived = noon + 11h;
    EXPECT_EQ(archive->find_inbound("7", "ann@example.net", arrived), "in/20261127/7.1");
    EXPECT_EQ(archive->find_inbound("7", "ann@example.net", arrived - 24h), "in/20261127/7.1")
        << "a long text that began before midnight";
    EXPECT_FALSE(archive->find_inbound("7", "ann@example.net", arrived + 24h));
    EXPECT_FALSE(archive->find_inbound("7", "eve@example.net", arrived)) << "of another spool";
    EXPECT_FALSE(archive->find_inbound("8", "ann@example.net", arrived));
    EXPECT_FALSE(archive->find_inbound("9", "ann@example.net", arrived)) << "it went out";
    EXPECT_FALSE(archive->find_inbound("../20261127/7", "ann@example.net", arrived));
}

TEST_F(Archiving, WhatIsTakenAlreadyIsMissedEvenWhereMailStops)
{
    set(100, true);
    EXPECT_FALSE(archive->keep(about("7"), text(std::string(200, 'x')), Archive::Taken::already));
    EXPECT_FALSE(archive->keep(about("8"), text(std::string(200, 'x'))));
    set(1 << 20);
    EXPECT_TRUE(archive->keep(about("9"), text("x")));
    EXPECT_NE(bench.description(EventId::archive_keeps_again).find("; 1 messages"),
              std::string::npos)
        << bench.description(EventId::archive_keeps_again);
}

TEST_F(Archiving, ASurveyCountsWhatIsThere)
{
    // Not switched on: its own thread would count, too.
    ASSERT_TRUE(archive->keep(about("7"), text(std::string(1000, 'x'))));
    std::filesystem::remove(folder + "/in/20261127/7.1.eml");
    archive->survey();
    EXPECT_LT(archive->octets(), 1000U);
    EXPECT_GT(archive->octets(), 0U);
}

TEST_F(Archiving, EachCopyIsAnEventAtMaximumOnly)
{
    set();
    ASSERT_TRUE(archive->keep(about("7"), text("x")));
    EXPECT_EQ(bench.times(EventId::archive_copy_kept), 0U);
    bench.events.set_levels({{"Message Archival", 5}});
    ASSERT_TRUE(archive->keep(about("8"), text("x")));
    EXPECT_EQ(bench.times(EventId::archive_copy_kept), 1U);
}

TEST_F(Archiving, AnEnvelopeIsReadAsItWasWrittenWhateverStrangersPutIn)
{
    Archived a = about("7", Direction::out);
    a.text = "7.1.eml";
    a.time = noon;
    a.sender = "";
    a.recipients = {"a\nto: evil@example.net", "b\\x0a@example.org"};
    a.remote_id = "\x7f\t";
    const auto read = parse_archived(write_archived(a));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->recipients, a.recipients);
    EXPECT_EQ(read->remote_id, a.remote_id);
    EXPECT_EQ(read->sender, "");
    EXPECT_EQ(read->direction, Direction::out);
    EXPECT_FALSE(parse_archived("imc badmail 1\nmessage: 7\n"));
    EXPECT_FALSE(parse_archived(""));
}

TEST_F(Archiving, ANameLeadsNowhereElse)
{
    EXPECT_FALSE(read_archived(real_files(), folder, "../20261127/7.1"));
    EXPECT_FALSE(read_archived(real_files(), folder, "in/../../secret"));
    EXPECT_FALSE(read_archived(real_files(), folder, "/etc/passwd"));
    Archived a = about("7");
    a.text = "../../secrets/key";
    a.time = noon;
    EXPECT_FALSE(parse_archived(write_archived(a)));
}

}  // namespace
}  // namespace imc::tracking
