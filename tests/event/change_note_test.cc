#include "event/change_note.h"

#include "base/files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace imc {
namespace {

class Notes : public testing::Test {
protected:
    Notes()
    {
        char name[] = "/tmp/imc-notes-XXXXXX";
        root_ = ::mkdtemp(name);
        std::filesystem::create_directories(paths().generations());
    }
    ~Notes() override { std::filesystem::remove_all(root_); }
    Paths paths() const { return Paths{root_}; }
    std::string file() const { return paths().generations() + "/notes.jsonl"; }

    std::string root_;
};

// The folder belongs to the service's user, and root leaves notes there, too.
TEST_F(Notes, FollowNoLinkAndGiveNobodysFileAway)
{
    const auto other = root_ + "/other";
    for (const bool symbolic : {true, false}) {
        write_file_atomically(real_files(), other, "precious\n").value();
        if (symbolic)
            std::filesystem::create_symlink(other, file());
        else
            std::filesystem::create_hard_link(other, file());
        leave_note(paths(), ChangeNote{});
        EXPECT_EQ(read_file(real_files(), other).value(), "precious\n") << symbolic;
        std::filesystem::remove(file());
    }
}

TEST_F(Notes, SayWhoByWhatAndWhatStandsThereNow)
{
    ChangeNote note;
    note.user = "ann";
    note.command = "imc reg add -d \"two\nlines\"";
    note.registry = mark_of("text");
    note.objects = {{"cn=a", "1"}, {"cn=b", ""}};
    leave_note(paths(), note);
    leave_note(paths(), note);
    const auto read = read_notes(paths());
    ASSERT_EQ(read.size(), 2U);
    EXPECT_EQ(read.back().user, "ann");
    EXPECT_EQ(read.back().command, note.command);
    EXPECT_EQ(read.back().registry, note.registry);
    EXPECT_EQ(read.back().objects, note.objects);
    EXPECT_FALSE(read.back().time.empty());
    EXPECT_EQ(real_files().status(file())->mode, 0600U);
}

// What cannot be noted is changed all the same, and no folder is made that the service would own.
TEST_F(Notes, AreNotLeftBeforeAGenerationWasInForce)
{
    std::filesystem::remove_all(paths().generations());
    leave_note(paths(), {});
    EXPECT_FALSE(std::filesystem::exists(paths().generations()));
    EXPECT_TRUE(read_notes(paths()).empty());
}

TEST_F(Notes, KeepTheNewestWhenThereAreMany)
{
    for (int i = 0; i < 400; ++i) {
        ChangeNote note;
        note.user = std::to_string(i);
        note.command = std::string(300, 'x');
        leave_note(paths(), note);
    }
    const auto read = read_notes(paths());
    EXPECT_EQ(read.back().user, "399");
    EXPECT_LT(read.size(), 250U);
    EXPECT_LT(real_files().status(file())->size, 70'000U);
}

TEST_F(Notes, ALineThatIsNoneIsLeftOut)
{
    write_file_atomically(real_files(), file(), "{\"user\":\"ann\",\"time\":\"t\"}\nhalf of a li")
        .value();
    ASSERT_EQ(read_notes(paths()).size(), 1U);
}

}  // namespace
}  // namespace imc
