#include "registry/store.h"
#include "registry/values.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sys/stat.h>
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

TEST_F(Store, ModeOfTheFileStays)
{
    ASSERT_TRUE(set_values(paths(), {{"A", "SZ", "a"}}));
    ::chmod(paths().registry().c_str(), 0640);
    ASSERT_TRUE(set_values(paths(), {{"A", "SZ", "b"}}));
    EXPECT_EQ(real_files().status(paths().registry())->mode, 0640U);
}

TEST_F(Store, MissingFileIsAnErrorWithItsName)
{
    const auto d = load(paths().registry());
    ASSERT_FALSE(d);
    EXPECT_EQ(d.error().event(), EventId::registry_unreadable);
    EXPECT_NE(d.error().detail().find("registry.reg"), std::string::npos);
}

TEST(Values, NearMissesAreNamed)
{
    EXPECT_EQ(nearest_value("SiteDn2")->name, "SiteDN");
    EXPECT_EQ(nearest_value("RelayAllowLists")->name, "RelayAllowList");
    EXPECT_EQ(nearest_value("Something else"), nullptr);
    EXPECT_EQ(find_value("siteDN")->name, "SiteDN");
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
