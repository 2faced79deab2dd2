#include "registry/store.h"
#include "registry/values.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace imc::registry {
namespace {

class Store : public testing::Test {
protected:
    Store()
    {
        char name[] = "/tmp/imc-registry-XXXXXX";
        root_ = ::mkdtemp(name);
    }
    ~Store() override { std::filesystem::remove_all(root_); }
    Paths paths() const { return Paths{root_}; }
    std::string value(const char* name) const
    {
        const auto d = load(paths().registry());
        const auto* found = d ? d->find(parameters_key, name) : nullptr;
        return found == nullptr ? "absent" : found->value.to_display();
    }
    std::string root_;
};

TEST_F(Store, EveryChangeCanBeTakenBack)
{
    ASSERT_TRUE(set_values(paths(), {{"SiteDN", "SZ", "one"}}));
    ASSERT_TRUE(set_values(paths(), {{"SiteDN", "SZ", "two"}}));
    EXPECT_EQ(value("SiteDN"), "two");
    const auto undone = restore(paths(), "latest");
    ASSERT_TRUE(undone);
    EXPECT_EQ(value("SiteDN"), "one");
    ASSERT_TRUE(restore(paths(), undone->backup));  // and the undo can be undone
    EXPECT_EQ(value("SiteDN"), "two");
}

TEST_F(Store, CopiesOfOneSecondAreAllKept)
{
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(set_values(paths(), {{"A", "DWORD", std::to_string(i)}}));
    EXPECT_EQ(list_backups(paths()).size(), 19U);  // before the first there was nothing to copy
}

TEST_F(Store, RefusedChangeLeavesEverythingAsItWas)
{
    ASSERT_TRUE(set_values(paths(), {{"A", "SZ", "a"}}));
    EXPECT_FALSE(set_values(paths(), {{"A", "DWORD", "no number"}}));
    EXPECT_EQ(value("A"), "a");
    EXPECT_TRUE(list_backups(paths()).empty());
}

TEST_F(Store, WhoIsAskedBeforeItIsWrittenSeesBothTextsAndTheWayBackAndMayRefuse)
{
    ASSERT_TRUE(set_values(paths(), {{"A", "SZ", "old"}}));
    std::string seen_before, seen_after, undo;
    const auto no = [&](std::string_view before, std::string_view after,
                        const Changed& saved) -> Result<> {
        seen_before = before;
        seen_after = after;
        undo = saved.undo;
        return Error{EventId::audit_not_written, "no"};
    };
    const auto edit = [](Document& document) -> Result<> {
        document.set(parameters_key, "A", Value::sz("new"));
        return {};
    };
    const auto changed = update(paths(), edit, usual_patience, no);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().event(), EventId::audit_not_written);
    EXPECT_NE(seen_before.find("old"), std::string::npos);
    EXPECT_NE(seen_after.find("new"), std::string::npos);
    EXPECT_TRUE(undo.starts_with("imc reg restore registry-")) << undo;
    EXPECT_EQ(value("A"), "old");
    ASSERT_TRUE(update(paths(), edit));
    EXPECT_FALSE(restore(paths(), "latest", no));
    EXPECT_EQ(value("A"), "new");
}

TEST_F(Store, ModeOfTheFileStays)
{
    ASSERT_TRUE(set_values(paths(), {{"A", "SZ", "a"}}));
    ::chmod(paths().registry().c_str(), 0640);
    ASSERT_TRUE(set_values(paths(), {{"A", "SZ", "b"}}));
    EXPECT_EQ(real_files().status(paths().registry())->mode, 0640U);
}

TEST_F(Store, TwoWritersLoseNothing)
{
    ASSERT_TRUE(set_values(paths(), {{"Count", "DWORD", "0"}}));
    const auto count = [&] {
        for (int i = 0; i < 20; ++i)
            (void)update(paths(), [](Document& document) -> Result<> {
                const auto* found = document.find(parameters_key, "Count");
                document.set(parameters_key, "Count",
                             Value::number(found->value.as_number().value() + 1));
                return {};
            });
    };
    std::thread other{count};
    count();
    other.join();
    EXPECT_EQ(value("Count"), "40");
    EXPECT_EQ(list_backups(paths()).size(), 40U);
}

TEST_F(Store, WriterThatCannotHaveTheLockChangesNothingAndNamesItsHolder)
{
    ASSERT_TRUE(set_values(paths(), {{"A", "SZ", "a"}}));
    const auto lock = FileLock::try_lock(paths().registry() + ".lock");
    ASSERT_TRUE(lock);
    bool called = false;
    const auto changed = update(
        paths(),
        [&](Document&) -> Result<> {
            called = true;
            return {};
        },
        std::chrono::milliseconds{50});
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().event(), EventId::registry_locked);
    EXPECT_NE(changed.error().detail().find("process " + std::to_string(::getpid())),
              std::string::npos)
        << changed.error().detail();
    EXPECT_FALSE(called);
}

TEST_F(Store, LastTwoHundredCopiesAreKeptInOrder)
{
    for (int i = 0; i < 206; ++i)
        ASSERT_TRUE(set_values(paths(), {{"A", "DWORD", std::to_string(i)}}));
    const auto names = list_backups(paths());
    ASSERT_EQ(names.size(), 200U);
    const auto in_copy = [&](const std::string& name) {
        const auto d = load(paths().backup() + "/" + name);
        return d->find(parameters_key, "A")->value.to_display();
    };
    EXPECT_EQ(in_copy(names.front()), "5") << "0 to 4 went, oldest first";
    EXPECT_EQ(in_copy(names.back()), "204") << "205 is what is there";
}

TEST_F(Store, CopyIsOctetForOctetWhatWasThere)
{
    const std::string text = "REGEDIT4\r\n\r\n; mine\r\n[HKLM\\x]\r\n\"a\"=\"b\"\r\n";
    {
        std::ofstream{paths().registry(), std::ios::binary} << text;
    }
    ASSERT_TRUE(set_values(paths(), {{"A", "SZ", "a"}}));
    const auto names = list_backups(paths());
    ASSERT_EQ(names.size(), 1U);
    EXPECT_EQ(*read_file(real_files(), paths().backup() + "/" + names[0]), text);
    ASSERT_TRUE(restore(paths(), names[0]));
    EXPECT_EQ(*read_file(real_files(), paths().registry()), text);
}

TEST_F(Store, AnUndoTakesAwayNothingThatCameAfterTheChange)
{
    ASSERT_TRUE(set_values(paths(), {{"A", "SZ", "1"}}));
    ASSERT_TRUE(set_values(paths(), {{"A", "SZ", "2"}}));
    const auto copy = list_backups(paths()).back();
    ASSERT_TRUE(set_values(paths(), {{"Another", "SZ", "theirs"}}));
    const auto now = read_file(real_files(), paths().registry()).value();
    const auto refused = take_back(paths(), copy);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().event(), EventId::config_moved_on);
    EXPECT_NE(refused.error().detail().find("Another"), std::string::npos);
    EXPECT_EQ(read_file(real_files(), paths().registry()).value(), now);
    ASSERT_TRUE(take_back(paths(), list_backups(paths()).back()));
    ASSERT_TRUE(take_back(paths(), copy)) << "theirs went, so it stands as the change left it";
    EXPECT_EQ(load(paths().registry())->find(parameters_key, "A")->value.to_display(), "1");
}

// Somebody restores because what is there cannot be read any more.
TEST_F(Store, BrokenFileIsRestoredAndKeptBesides)
{
    ASSERT_TRUE(set_values(paths(), {{"A", "SZ", "a"}}));
    ASSERT_TRUE(set_values(paths(), {{"A", "SZ", "b"}}));
    {
        std::ofstream{paths().registry(), std::ios::trunc} << "garbage\n";
    }
    const auto refused = set_values(paths(), {{"A", "SZ", "c"}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().event(), EventId::registry_syntax);
    const auto restored = restore(paths(), "latest");
    ASSERT_TRUE(restored);
    EXPECT_EQ(value("A"), "a");
    EXPECT_EQ(*read_file(real_files(), paths().backup() + "/" + restored->backup), "garbage\n");
}

TEST_F(Store, WhatIsNoRegistryIsNotRestored)
{
    ASSERT_TRUE(set_values(paths(), {{"A", "SZ", "a"}}));
    const auto other = root_ + "/other.reg";
    {
        std::ofstream{other} << "garbage\n";
    }
    EXPECT_EQ(restore(paths(), other).error().event(), EventId::registry_syntax);
    EXPECT_EQ(restore(paths(), root_ + "/none.reg").error().event(), EventId::registry_unreadable);
    EXPECT_EQ(restore(paths(), "latest").error().event(), EventId::registry_unreadable);
    EXPECT_EQ(value("A"), "a");
    EXPECT_TRUE(list_backups(paths()).empty());
}

TEST_F(Store, MissingFileIsAnErrorWithItsName)
{
    const auto d = load(paths().registry());
    ASSERT_FALSE(d);
    EXPECT_EQ(d.error().event(), EventId::registry_unreadable);
    EXPECT_NE(d.error().detail().find("registry.reg"), std::string::npos);
}

TEST_F(Store, EachFlawHasItsOwnNumber)
{
    const auto refused = [&](std::string_view octets) {
        std::ofstream{paths().registry()} << octets;
        return load(paths().registry()).error().event();
    };
    EXPECT_EQ(refused("nothing of the kind\n"), EventId::registry_syntax);
    EXPECT_EQ(refused("Windows Registry Editor Version 5.00\n\xff\n"), EventId::registry_not_utf8);
    std::filesystem::remove(paths().registry());
    EXPECT_EQ(set_values(paths(), {{"OutboundPort", "DWORD", "many"}}).error().event(),
              EventId::registry_value_invalid);
}

TEST_F(Store, SecondWriterWaitsAndThenGivesUp)
{
    ASSERT_TRUE(set_values(paths(), {{"SiteDN", "SZ", "one"}}));
    const auto other = FileLock::try_lock(paths().registry() + ".lock");
    ASSERT_TRUE(other);
    const auto changed =
        update(paths(), [](Document&) { return Result<>{}; }, std::chrono::milliseconds{50});
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().event(), EventId::registry_locked);
}

TEST_F(Store, ChangeThatCannotBeWrittenChangesNothing)
{
    // A folder where the copy should go: even root cannot write a file of its name.
    ASSERT_TRUE(set_values(paths(), {{"SiteDN", "SZ", "one"}}));
    std::filesystem::remove_all(paths().backup());
    std::ofstream{paths().backup()} << "no folder";
    const auto changed = set_values(paths(), {{"SiteDN", "SZ", "two"}});
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().event(), EventId::registry_unwritable);
    EXPECT_EQ(value("SiteDN"), "one");
}

TEST(Values, NearMissesAreNamed)
{
    EXPECT_EQ(nearest_value("SiteDn2")->name, "SiteDN");
    EXPECT_EQ(nearest_value("RelayAllowLists")->name, "RelayAllowList");
    EXPECT_EQ(nearest_value("Something else"), nullptr);
    EXPECT_EQ(find_value("siteDN")->name, "SiteDN");
    // History had it in two spellings, and imc has no need of either.
    EXPECT_EQ(find_historic("disableloopbackconnections")->name, "DisableLoopbackConnection");
    EXPECT_EQ(find_historic("DisableLoopbackConnection")->name, "DisableLoopbackConnection");
    EXPECT_EQ(find_historic("SiteDN"), nullptr);
}

TEST(Values, WrongTypeAndRangeAreSaidWithWhatIsExpected)
{
    EXPECT_EQ(value_flaw(*find_value("SiteDN"), Value::number(7)), "DWORD found, SZ expected");
    EXPECT_EQ(value_flaw(*find_value("OutboundPort"), Value::number(70000)),
              "70000 found, 1 to 65535 (port) expected");
    EXPECT_EQ(value_flaw(*find_value("OutboundPort"), Value::number(25)), "");
    EXPECT_EQ(value_flaw(*find_value("DirectoryTLS"), Value::sz("maybe")),
              "\"maybe\" found, one of none, starttls, ldaps expected");
}

}  // namespace
}  // namespace imc::registry
