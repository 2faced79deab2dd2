#include "app/service/local_account.h"

#include "pickup_world.h"

#include <sys/stat.h>

namespace imc::app {
namespace {

using config::PickupAccounts;

constexpr unsigned us = 990;

Taken file_of(unsigned owner, unsigned mode = 0100640, std::uint64_t links = 1)
{
    Taken out;
    out.owner = owner;
    out.mode = mode;
    out.links = links;
    return out;
}

std::string account(const Taken& taken, PickupAccounts whose = PickupAccounts::owner)
{
    return local_account(taken, whose, us, [](unsigned uid) {
        return uid == 1000 ? std::string{"alice"} : uid == 1001 ? std::string{"root"} : "";
    });
}

TEST(LocalAccount, OfAFileOfTheServiceIsRoots)
{
    EXPECT_EQ(account(file_of(us), PickupAccounts::root), "local:root");
    EXPECT_EQ(account(file_of(us)), "local:root");
    EXPECT_EQ(account(file_of(us), PickupAccounts::nobody), "");
}

TEST(LocalAccount, OfAnothersFileIsHisWhereOwnersCount)
{
    EXPECT_EQ(account(file_of(1000)), "local:alice");
    EXPECT_EQ(account(file_of(1000), PickupAccounts::root), "");
    EXPECT_EQ(account(file_of(1002)), "") << "nobody's number";
}

// What root's jobs leave in a user's folder he could move here.
TEST(LocalAccount, OfAFileThatOthersCouldHaveMadeIsNone)
{
    EXPECT_EQ(account(file_of(0)), "");
    EXPECT_EQ(account(file_of(1001)), "") << "who is called root";
    EXPECT_EQ(account(file_of(us, 0100660)), "");
    EXPECT_EQ(account(file_of(1000, 0100666)), "");
    EXPECT_EQ(account(file_of(1000, 0100640, 2)), "") << "a hard link";
}

class PickupAccount : public PickupWorld {};

TEST_F(PickupAccount, IsNotedWithTheMessage)
{
    auto path = root_ + "/pickup/mine.eml";
    std::ofstream{path + ".tmp"} << good;
    ASSERT_EQ(::chmod((path + ".tmp").c_str(), 0640), 0);
    fs::rename(path + ".tmp", path);
    path = root_ + "/pickup/shared.eml";
    std::ofstream{path + ".tmp"} << good;
    ASSERT_EQ(::chmod((path + ".tmp").c_str(), 0666), 0);
    fs::rename(path + ".tmp", path);
    EXPECT_EQ(look(), 2U);
    ASSERT_EQ(queued_.size(), 2U);
    std::set<std::string> accounts;
    for (const auto& message : queued_)
        accounts.insert(message.envelope.account);
    EXPECT_EQ(accounts, (std::set<std::string>{"", "local:root"}));
}

}  // namespace
}  // namespace imc::app
