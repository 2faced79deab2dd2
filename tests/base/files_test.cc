#include "base/files.h"

#include "kit/faulty_files.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace imc {
namespace {

// The file itself, its new content and its name must all be on disk before "done" is said.
TEST(WriteFileAtomically, LeavesTheOldOrTheNewContentWhereverThePowerIsCut)
{
    std::size_t calls = 0;
    for (std::uint64_t cut = 1; cut == 1 || cut <= calls + 1; ++cut)
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            kit::FaultyFiles disk{"/f", seed};
            disk.put("/f/registry.reg", "old");
            disk.cut_power_at(cut);
            const auto written = write_file_atomically(disk, "/f/registry.reg", "new content");
            if (written) calls = disk.calls();
            disk.crash(seed);
            const auto found = read_file(disk, "/f/registry.reg");
            ASSERT_TRUE(found) << cut;
            if (written)
                EXPECT_EQ(*found, "new content") << cut << ": it was said to be done";
            else
                EXPECT_TRUE(*found == "old" || *found == "new content") << cut << ": " << *found;
        }
}

TEST(WriteFileAtomically, LeavesTheOldContentWhenACallFailsBeforeTheRename)
{
    for (std::uint64_t call = 1;; ++call) {
        kit::FaultyFiles disk{"/f"};
        disk.put("/f/registry.reg", "old");
        disk.fail_at(call, ENOSPC);
        const auto written = write_file_atomically(disk, "/f/registry.reg", "new content");
        const auto found = *read_file(disk, "/f/registry.reg");
        if (written) {
            EXPECT_EQ(found, "new content");
            EXPECT_GE(call, 4U) << "open, write, sync, rename, sync of the folder";
            break;
        }
        EXPECT_TRUE(found == "old" || found == "new content") << found;
    }
}

TEST(FileLock, OfAFolderIsHeldByOneAndLeavesNothingInIt)
{
    char name[] = "/tmp/imc-files-XXXXXX";
    const std::string folder = ::mkdtemp(name);
    {
        const auto held = FileLock::try_folder(folder);
        ASSERT_TRUE(held);
        const auto other = FileLock::try_folder(folder);
        ASSERT_FALSE(other);
        EXPECT_EQ(other.error().value(), EWOULDBLOCK);
    }
    EXPECT_TRUE(FileLock::try_folder(folder)) << "it goes with its holder";
    EXPECT_TRUE(real_files().list(folder)->empty());
    ASSERT_TRUE(std::filesystem::remove(folder));
    EXPECT_FALSE(FileLock::try_folder(folder)) << "it is not made";
}

}  // namespace
}  // namespace imc
