#include "kit/octets.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

TEST(Octets, InMemoryAreReadInOnePiece)
{
    const auto text = kit::octets("Subject: x\r\n\r\ny\r\n");
    EXPECT_FALSE(text.blocks());
    OctetsReader reader{text};
    EXPECT_EQ(reader.next().value(), "Subject: x\r\n\r\ny\r\n");
    EXPECT_TRUE(reader.at_end());
    EXPECT_EQ(reader.next().value(), "");
}

TEST(Octets, AreReadFromMemoryToTheEndOfTheFile)
{
    const auto text = kit::in_pieces("abc", "defghij", 3);
    EXPECT_TRUE(text.blocks());
    EXPECT_EQ(text.size(), 10u);
    EXPECT_EQ(text.memory(), "abc");
    EXPECT_EQ(kit::whole(text), "abcdefghij");
    EXPECT_EQ(kit::whole(kit::in_pieces("", "xyz", 2)), "xyz");
    EXPECT_EQ(kit::whole(Octets{}), "");
}

TEST(Octets, ThatCannotBeReadSaySo)
{
    OctetsReader reader{kit::in_pieces("abc", "defghij", 3, 3)};
    EXPECT_TRUE(reader.next());
    EXPECT_TRUE(reader.next());
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.at_end());
}

TEST(HeaderSection, EndsWithItsLastFieldWhereverThePiecesEnd)
{
    const std::string text = "A: 1\r\nB: 2\r\n\r\nbody\r\n\r\nmore";
    for (std::size_t first = 0; first <= text.size(); ++first)
        for (std::size_t each = 1; each < 6; ++each)
            EXPECT_EQ(
                header_section(kit::in_pieces(text.substr(0, first), text.substr(first), each))
                    .value(),
                "A: 1\r\nB: 2\r\n")
                << first << " then " << each;
}

TEST(HeaderSection, OfATextWithoutABodyIsAllOfItUpToTheLimit)
{
    EXPECT_EQ(header_section(kit::octets("A: 1\r\nB: 2\r\n")).value(), "A: 1\r\nB: 2\r\n");
    EXPECT_EQ(header_section(kit::octets(std::string(100, 'a')), 10).value().size(), 10u);
}

}  // namespace
}  // namespace imc
