#include "admin/audit.h"

#include "admin/moved_clocks.h"
#include "kit/through_files.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <thread>

namespace imc::admin {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

/// Opening for writing fails while `errno_` is set.
class StubbornFiles final : public kit::ThroughFiles {
public:
    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        if (mode != OpenMode::read && failure != 0)
            return boost::system::error_code{failure, boost::system::system_category()};
        return ThroughFiles::open(path, mode, permissions);
    }
    IoResult<> remove(const std::string& path) override
    {
        if (path.ends_with("/reserve")) {
            given_up = true;
            if (failure == ENOSPC) failure = 0;
        }
        if (keeps) return boost::system::error_code{EACCES, boost::system::system_category()};
        return ThroughFiles::remove(path);
    }
    bool keeps = false;
    int failure = 0;
    bool given_up = false;
};

struct World {
    TemporaryFolder folder;
    KeptEvents events;
    MovedWall clock;
    StubbornFiles files;
    Audit audit{folder / "log/audit", events.log, files, clock};

    static Caller ann()
    {
        Caller out;
        out.account = "ann";
        out.role = Role::administrator;
        out.from = "192.0.2.1:50000";
        return out;
    }
    Result<std::uint64_t> note(const std::string& object)
    {
        Change change;
        change.action = "registry.put";
        change.object = object;
        change.before = 1;
        change.after = json::object{{"data", 2}};
        change.undo = "imc reg restore";
        return audit.write(ann(), change);
    }
    std::string numbers(std::uint64_t before, std::size_t most)
    {
        std::string out;
        for (const auto& line : *audit.read(before, most))
            out += (out.empty() ? "" : " ") + std::to_string(line.at("number").as_int64());
        return out;
    }
};

TEST(Audit, LineSaysWhoWhenFromWhereWhatBeforeAfterAndHowToTakeItBack)
{
    World w;
    ASSERT_EQ(*w.note("MaxHops"), 1u);
    const auto lines = w.audit.read(0, 10);
    ASSERT_TRUE(lines && lines->size() == 1);
    EXPECT_EQ(json::value(lines->front()), json::value({{"number", 1},
                                                        {"time", "2026-11-27T12:00:00.000Z"},
                                                        {"who", "ann"},
                                                        {"from", "192.0.2.1:50000"},
                                                        {"role", "administrator"},
                                                        {"action", "registry.put"},
                                                        {"object", "MaxHops"},
                                                        {"before", 1},
                                                        {"after", {{"data", 2}}},
                                                        {"undo", "imc reg restore"}}));
}

TEST(Audit, WhatCameOfAChangeIsALineThatNamesIt)
{
    World w;
    ASSERT_EQ(*w.note("MaxHops"), 1u);
    ASSERT_EQ(*w.audit.write_outcome(
                  1, World::ann(), {"undo", "configuration", nullptr, "done", "imc reg restore x"}),
              2u);
    const auto lines = *w.audit.read(0, 10);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].at("of"), 1);
    EXPECT_EQ(lines[0].at("undo"), "imc reg restore x");
    EXPECT_FALSE(lines[0].contains("failed"));
}

TEST(Audit, WhoChangedWhatIsFoundAmongTheOthers)
{
    World w;
    const auto numbers = [&w](const AuditFilter& filter, std::size_t most = 10) {
        std::string out;
        for (const auto& line : *w.audit.read(0, most, filter))
            out += std::to_string(line.at("number").as_int64()) + " ";
        return out;
    };
    (void)w.note("Parameters\\RelayAllowList");
    w.clock.time += 48h;
    (void)w.note("Parameters\\MaxHops");
    auto bob = World::ann();
    bob.account = "Bob";
    (void)w.audit.write(bob, {"queue.hold", "--all"});
    (void)w.note("Parameters\\RelayAllowList");
    ASSERT_TRUE(w.audit.write_failure(4, World::ann(), "409 moved on"));
    EXPECT_EQ(numbers({.object = "relayallow"}), "4 1 ");
    EXPECT_EQ(numbers({.object = "relayallow"}, 1), "4 ");
    EXPECT_EQ(numbers({.who = "bob"}), "3 ");
    EXPECT_EQ(numbers({.action = "registry."}), "4 2 1 ");
    EXPECT_EQ(numbers({.object = "relay", .since = w.clock.time - 24h}), "4 ");
    EXPECT_EQ(numbers({.since = w.clock.time + 1s}), "");
    // Its other line is not meant, and would have been missed.
    const auto found = *w.audit.read(0, 10, {.object = "relay"});
    EXPECT_EQ(found.at(0).at("came_to_nothing"), "409 moved on");
    EXPECT_FALSE(found.at(1).contains("came_to_nothing"));
}

TEST(Audit, NumbersGoOnOverDaysRestartsAndOtherWriters)
{
    World w;
    (void)w.note("a");
    w.clock.time += 24h;
    EXPECT_EQ(*w.note("b"), 2u);
    Audit other{w.folder / "log/audit", w.events.log, w.files, w.clock};
    EXPECT_EQ(*other.write(World::ann(), {"x", "c"}), 3u);
    EXPECT_EQ(*w.note("d"), 4u);
    EXPECT_EQ(w.numbers(0, 10), "4 3 2 1");
    EXPECT_EQ(std::filesystem::exists(w.folder / "log/audit/20261127.log"), true);
    EXPECT_EQ(std::filesystem::exists(w.folder / "log/audit/20261128.log"), true);
}

// Such a line could not be read, and nobody would have seen what was done.
TEST(Audit, OctetsThatAreNoUtf8HideNoLine)
{
    World w;
    ASSERT_TRUE(w.note("first"));
    ASSERT_TRUE(w.note("cn=\xff\xc3\xb8\xc3"));
    const auto lines = *w.audit.read(0, 10);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].at("object").as_string(), "cn=\\xff\xc3\xb8\\xc3");
    ASSERT_TRUE(w.note("third"));
    EXPECT_EQ(w.numbers(0, 10), "3 2 1");
}

TEST(Audit, PagesGoFromTheNewestToTheOldest)
{
    World w;
    for (int i = 0; i < 5; ++i)
        (void)w.note("x");
    EXPECT_EQ(w.numbers(0, 2), "5 4");
    EXPECT_EQ(w.numbers(4, 2), "3 2");
    EXPECT_EQ(w.numbers(2, 2), "1");
    EXPECT_EQ(w.numbers(1, 2), "");
}

// The service and a command of the host: two open files, two counts.
TEST(Audit, LinesOfTwoWhoWriteAtOnceAreAllThereEachWithANumberOfItsOwn)
{
    constexpr std::size_t each = 50;
    World w;
    const auto write = [&w] {
        Audit one{w.folder / "log/audit", w.events.log, w.files, w.clock};
        for (std::size_t i = 0; i < each; ++i)
            EXPECT_TRUE(one.write(World::ann(), {"x", "one of many"}));
    };
    {
        std::jthread a{write}, b{write};
    }
    const auto lines = *w.audit.read(0, 1000);
    ASSERT_EQ(lines.size(), 2 * each);
    for (std::size_t i = 0; i < lines.size(); ++i)
        EXPECT_EQ(lines[i].at("number").as_int64(), static_cast<std::int64_t>(lines.size() - i));
}

TEST(Audit, LineThatACrashToreIsNoneAndTheNextOneIsWhole)
{
    World w;
    (void)w.note("a");
    std::ofstream{w.folder / "log/audit/20261127.log", std::ios::app} << "{\"number\":2,\"ti";
    Audit after_restart{w.folder / "log/audit", w.events.log, w.files, w.clock};
    EXPECT_EQ(*after_restart.write(World::ann(), {"x", "b"}), 2u);
    EXPECT_EQ(w.numbers(0, 10), "2 1");
}

TEST(Audit, WhatCannotBeWrittenIsAnErrorSaidOnceAndSoIsItsEnd)
{
    World w;
    (void)w.note("a");
    w.clock.time += 24h;  // another file must be opened
    w.files.failure = EACCES;
    const auto first = w.note("b");
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().event(), EventId::audit_not_written);
    EXPECT_FALSE(w.note("b"));
    EXPECT_EQ(w.events.count(EventId::audit_not_written), 1u);
    w.files.failure = 0;
    EXPECT_EQ(*w.note("b"), 2u);
    EXPECT_NE(w.events.last(EventId::audit_written_again).find("2 changes"), std::string::npos);
}

// On a full disk an administrator must still be able to make room.
TEST(Audit, FullDiskTakesTheReserveBeforeItRefuses)
{
    World w;
    (void)w.note("a");
    EXPECT_TRUE(std::filesystem::exists(w.folder / "log/audit/reserve"));
    w.clock.time += 24h;
    w.files.failure = ENOSPC;
    EXPECT_EQ(*w.note("b"), 2u);
    EXPECT_TRUE(w.files.given_up);
    EXPECT_EQ(w.events.count(EventId::audit_not_written), 0u);
}

TEST(Audit, WhatCameToNothingIsSaidOfTheNumberThatAnnouncedIt)
{
    World w;
    const auto number = *w.note("a");
    EXPECT_EQ(*w.audit.write_failure(number, World::ann(), "no such value"), 2u);
    const auto line = w.audit.read(0, 1)->front();
    EXPECT_EQ(line.at("of").as_int64(), 1);
    EXPECT_EQ(line.at("failed").as_string(), "no such value");
}

TEST(Audit, DaysWhoseTimeIsOverAreRemovedAndThatIsSaid)
{
    World w;
    for (int day = 0; day < 4; ++day) {
        (void)w.note("x");
        w.clock.time += 24h;
    }
    (void)w.note("today");
    w.audit.prune(std::chrono::days{2});
    EXPECT_EQ(w.numbers(0, 10), "5 4 3");
    EXPECT_TRUE(std::filesystem::exists(w.folder / "log/audit/reserve"));
    ASSERT_EQ(w.events.count(EventId::audit_days_removed), 1u);
    const auto said = w.events.last(EventId::audit_days_removed);
    EXPECT_TRUE(said.starts_with("2 files")) << said;
    EXPECT_NE(said.find("up to 20261128"), std::string::npos) << said;
    w.audit.prune(std::chrono::days{2});
    EXPECT_EQ(w.events.count(EventId::audit_days_removed), 1u) << "nothing went";
    w.audit.prune(std::chrono::days{0});
    EXPECT_EQ(w.numbers(0, 10), "5 4 3") << "0 keeps all";
    EXPECT_EQ(*w.note("next"), 6u);
}

// Or numbers would begin again, and "undo 7" would mean two changes.
TEST(Audit, TheNewestFileStaysHoweverOldItIsSinceItsNumbersGoOn)
{
    World w;
    (void)w.note("a");
    w.clock.time += 24h;
    (void)w.note("b");
    w.clock.time += 24h * 1000;
    std::ofstream{w.folder / "log/audit/20290801.log"} << "{\"number\":3,\"ti";
    w.audit.prune(std::chrono::days{1});
    EXPECT_EQ(w.numbers(0, 10), "2");
    Audit after_restart{w.folder / "log/audit", w.events.log, w.files, w.clock};
    EXPECT_EQ(*after_restart.write(World::ann(), {"x", "c"}), 3u);
}

TEST(Audit, AFileThatCannotBeRemovedStaysAndIsSaid)
{
    World w;
    (void)w.note("a");
    w.clock.time += 24h * 10;
    (void)w.note("b");
    w.files.keeps = true;
    w.audit.prune(std::chrono::days{2});
    EXPECT_EQ(w.numbers(0, 10), "2 1");
    EXPECT_EQ(w.events.count(EventId::audit_days_removed), 0u);
    EXPECT_NE(w.events.last(EventId::audit_days_not_removed).find("20261127.log"),
              std::string::npos);
}

TEST(Audit, WithoutAFolderThereIsNothingToRead)
{
    World w;
    EXPECT_EQ(w.numbers(0, 10), "");
    w.audit.prune(std::chrono::days{1});
    EXPECT_EQ(w.events.count(EventId::audit_days_not_removed), 0u);
}

}  // namespace
}  // namespace imc::admin
