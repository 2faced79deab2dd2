#include "admin/lock_out.h"

#include <gtest/gtest.h>

namespace imc::admin {
namespace {

using Texts = std::vector<std::string>;

TEST(LockOut, TheDoorWhoHasAKeyAndTheIdentityCouldLockOut)
{
    for (const char* name :
         {"AdminListen", "adminhosts", "imcAdministrator", "AdminIdleMinutes", "AdminSessionHours",
          "MetricsNetworks", "imcHomeServer", "imcAdministratorMailbox", "RecipientBase",
          "RecipientTLS", "RecipientBindDN", "DirectoryBase", "SiteDN", "Listeners"})
        EXPECT_TRUE(could_lock_out(name)) << name;
    for (const char* name :
         {"MaxHops", "RelayAllowList", "imcRetryHours", "RecipientCacheEntries", ""})
        EXPECT_FALSE(could_lock_out(name)) << name;
}

TEST(LockOut, EachIsToldOnceAndNothingElse)
{
    const std::vector<config::Difference> rows{
        {"registry", "MaxHops", Texts{"30"}, Texts{"31"}},
        {"registry", "AdminHosts", Texts{"a.example"}, Texts{"b.example"}},
        {"connector", "imcAdministrator", Texts{"administrator ann"}, {}},
        {"connector a", "imcAdministrator", Texts{"administrator ann"}, {}}};
    EXPECT_EQ(those_that_could_lock_out(rows),
              (boost::json::array{"AdminHosts", "imcAdministrator"}));
}

}  // namespace
}  // namespace imc::admin
