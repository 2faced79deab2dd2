#include "smtp/server/own_listener.h"

#include <gtest/gtest.h>

namespace imc::smtp {
namespace {

bool ours(const std::string& listening, const std::string& address, std::uint16_t port = 25)
{
    return is_own_listener({{listening, 25}}, address, port);
}

TEST(OwnListener, IsAddressAndPort)
{
    EXPECT_TRUE(ours("127.0.0.1", "127.0.0.1"));
    EXPECT_FALSE(ours("127.0.0.1", "127.0.0.1", 2525));
    EXPECT_FALSE(ours("127.0.0.1", "127.0.0.2"));
}

// route-multi-homed-self-mx (Q182406): of a listener on all addresses each of them is ours.
TEST(OwnListener, OnAllAddressesIsEachAddressOfThisHost)
{
    EXPECT_TRUE(ours("0.0.0.0", "127.0.0.1"));
    EXPECT_TRUE(ours("::", "127.0.0.2"));
    EXPECT_FALSE(ours("0.0.0.0", "192.0.2.1"));
}

// The system connects both to a listener of ours.
TEST(OwnListener, IsReachedByTheUnspecifiedAndByAWrappedAddress)
{
    EXPECT_TRUE(ours("127.0.0.1", "0.0.0.0"));
    EXPECT_TRUE(ours("127.0.0.1", "::"));
    EXPECT_TRUE(ours("127.0.0.1", "::ffff:127.0.0.1"));
    EXPECT_FALSE(ours("127.0.0.1", "0.0.0.0", 2525));
}

}  // namespace
}  // namespace imc::smtp
