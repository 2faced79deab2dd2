#include "app/service/privileges.h"

#include <gtest/gtest.h>

#include <pwd.h>
#include <unistd.h>

namespace imc::app {
namespace {

// Reading strangers' octets as root is what must not happen silently.
TEST(Privileges, RootWithoutAUserToBecomeIsRefused)
{
    if (::geteuid() != 0 || ::getpwnam("imc") != nullptr)
        GTEST_SKIP() << "only where root runs this and the user imc does not exist";
    const auto dropped = drop_privileges(Paths{});
    ASSERT_FALSE(dropped);
    EXPECT_EQ(dropped.error().event(), EventId::privileges_kept);
    EXPECT_EQ(::geteuid(), 0U);
}

TEST(Privileges, UnderARootOfItsOwnTheCallersIdentityStays)
{
    const auto before = ::geteuid();
    EXPECT_TRUE(drop_privileges(Paths{"/tmp/somewhere"}));
    EXPECT_EQ(::geteuid(), before);
}

}  // namespace
}  // namespace imc::app
