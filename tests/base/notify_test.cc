#include "base/notify.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

TEST(Notify, WordsAndBitsAreTheSame)
{
    EXPECT_EQ(notify::words(0), "");
    EXPECT_EQ(notify::words(notify::never), "NEVER");
    EXPECT_EQ(notify::words(notify::success | notify::delay), "SUCCESS,DELAY");
    for (std::uint8_t bits = 1; bits < 16; ++bits)
        EXPECT_EQ(notify::parse(notify::words(bits)), bits);
    EXPECT_EQ(notify::parse("failure,Success"), notify::failure | notify::success);
}

TEST(Notify, OneWordThatIsNoneSpoilsAll)
{
    for (const char* text : {"", "SUCCESS,", "SUCCESS, FAILURE", "ALWAYS", "SUCCESS;FAILURE"})
        EXPECT_EQ(notify::parse(text), std::nullopt) << text;
}

}  // namespace
}  // namespace imc
