#include "pickup_world.h"
#include "spool/working.h"

#include <csignal>
#include <set>
#include <sys/stat.h>
#include <sys/wait.h>

namespace imc::app {
namespace {

class PickupPoison : public PickupWorld {
protected:
    static std::uint64_t inode(const std::string& path)
    {
        struct stat status{};
        EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
        return status.st_ino;
    }
    std::unique_ptr<spool::WorkingFile> working() const
    {
        return spool::WorkingFile::open(root_ + "/spool/pickup-working").value();
    }
    /// What a process leaves that dies while it works on a claimed file; and then the next start.
    void die_of(std::uint64_t inode)
    {
        pickup_.reset();
        spool_->close();
        spool_.reset();
        const auto file = working();
        const auto child = ::fork();
        if (child == 0) {
            const spool::WorkingOn at_work{file.get(), spool::MessageId{inode}};
            ::kill(::getpid(), SIGKILL);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        open();
    }
    /// As if it had been claimed and no more.
    std::uint64_t claimed(const std::string& name)
    {
        const auto path = drop(name, good);
        const auto number = inode(path);
        fs::rename(path, root_ + "/pickup/.claimed/" + std::to_string(number) + "-" + name);
        return number;
    }
};

TEST_F(PickupPoison, FileIsNotedWhileItIsWorkedOnAndNotBehindThat)
{
    const auto number = inode(drop("one.eml", good));
    std::set<std::uint64_t> noted;
    when_asked_ = [&] {
        for (const auto id : working()->left())
            noted.insert(id.number);
    };
    EXPECT_EQ(look(), 1U);
    EXPECT_EQ(noted, std::set{number});
    EXPECT_TRUE(working()->left().empty());
}

TEST_F(PickupPoison, FileThatTheServiceDiedOfTwiceGoesToBadmailAndTheOthersAreTaken)
{
    const auto poison = claimed("poison.eml");
    const auto other = claimed("other.eml");
    die_of(poison);
    die_of(poison);
    std::set<std::uint64_t> noted;
    when_asked_ = [&] {
        for (const auto id : working()->left())
            noted.insert(id.number);
    };
    EXPECT_EQ(look(), 1U);
    EXPECT_EQ(noted, std::set{other}) << "nobody looks into the other one any more";
    EXPECT_EQ(queued_.size(), 1U);
    EXPECT_TRUE(files().empty());
    std::ifstream why{root_ + "/badmail/poison.eml.err"};
    std::string line;
    std::getline(why, line);
    EXPECT_EQ(line, "the service died twice while it worked on this file");
    EXPECT_TRUE(fs::exists(root_ + "/badmail/poison.eml"));
    ASSERT_EQ(raised_.size(), 1U);
    EXPECT_EQ(raised_[0].id, EventId::pickup_file_unparsable);  // 4164
}

TEST_F(PickupPoison, OneDeathMayHaveBeenOfAnything)
{
    const auto number = claimed("one.eml");
    die_of(number);
    EXPECT_EQ(look(), 1U);
    EXPECT_EQ(queued_.size(), 1U);
    EXPECT_TRUE(raised_.empty());
    EXPECT_TRUE(files().empty());
}

// It would be read at the next start, and the service die again.
TEST_F(PickupPoison, OneThatCannotBeSetAsideIsNotReadAgainOverRestartsEither)
{
    const auto number = claimed("poison.eml");
    std::ofstream{root_ + "/badmail"} << "no folder";
    die_of(number);
    die_of(number);
    for (int start = 0; start < 2; ++start) {
        EXPECT_EQ(look(), 0U);
        EXPECT_EQ(look(), 0U);
        EXPECT_EQ(raised_.size(), 1U + static_cast<std::size_t>(start)) << "told once";
        EXPECT_EQ(files().size(), 1U);
        restart();
    }
    EXPECT_TRUE(queued_.empty());
    fs::remove(root_ + "/badmail");
    EXPECT_EQ(look(), 0U);
    EXPECT_TRUE(fs::exists(root_ + "/badmail/poison.eml"));
}

TEST_F(PickupPoison, NameOfAStrangerIsNoMark)
{
    drop("1!one.eml", good);
    drop("+two.eml", good);
    EXPECT_EQ(look(), 2U);
    EXPECT_TRUE(raised_.empty());
}

}  // namespace
}  // namespace imc::app
