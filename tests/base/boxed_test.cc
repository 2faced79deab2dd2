#include "base/boxed.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace imc {
namespace {

TEST(Boxed, HoldsNothingUntilItIsGivenSomething)
{
    Boxed<std::string> box;
    EXPECT_FALSE(box);
    EXPECT_FALSE(box.has_value());
    box = std::string{"a"};
    EXPECT_EQ(*box, "a");
    box.reset();
    EXPECT_FALSE(box);
    EXPECT_EQ(sizeof box, sizeof(void*));
}

TEST(Boxed, CopyIsItsOwn)
{
    Boxed<std::string> box{std::string{"a"}};
    auto copy = box;
    copy->append("b");
    EXPECT_EQ(*box, "a");
    EXPECT_EQ(*copy, "ab");
    copy = std::as_const(copy);
    EXPECT_EQ(*copy, "ab");
    const Boxed<std::string> empty = Boxed<std::string>{};
    copy = empty;
    EXPECT_FALSE(copy);
}

}  // namespace
}  // namespace imc
