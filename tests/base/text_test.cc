#include "base/text.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

TEST(Text, ModeIsWrittenAsChmodTakesIt)
{
    EXPECT_EQ(octal(0600), "0600");
    EXPECT_EQ(octal(07), "0007");
    EXPECT_EQ(octal(0), "0000");
    EXPECT_EQ(octal(0100644), "100644");
}

}  // namespace
}  // namespace imc
