#include "tracking/line.h"

#include <gtest/gtest.h>

namespace imc::tracking {
namespace {

TEST(Line, WhatStrangersWriteCannotEndAFieldOrALine)
{
    const std::string hostile{"a\tb\nc\rd\\e\0f\x7f\x1b[31m\xff\xc3\xa9", 20};
    const auto line = LineWriter{}.add("1").add(hostile).add("").take();

    EXPECT_EQ(line, "1\ta\\tb\\nc\\rd\\\\e\\x00f\\x7f\\x1b[31m\\xff\xc3\xa9\t\n");
    const auto fields = read_fields(std::string_view{line}.substr(0, line.size() - 1));
    ASSERT_EQ(fields.size(), 3U);
    EXPECT_EQ(fields[1], hostile);
    EXPECT_EQ(fields[2], "");
}

TEST(Line, LongFieldIsCutAndSaysSo)
{
    EXPECT_EQ(LineWriter{}.add(std::string(5000, 'x')).take(), std::string(2000, 'x') + "...\n");
}

TEST(Line, EscapesThatNobodyWroteStayAsTheyAre)
{
    EXPECT_EQ(read_fields("\\q\\x4\\")[0], "\\q\\x4\\");
}

TEST(LineSplitter, LinesAreTheSameHoweverTheOctetsCome)
{
    const std::string text = "one\n\ntwo\nunfinished";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        std::vector<std::string> lines;
        LineSplitter splitter;
        for (std::size_t i = 0; i < text.size(); i += piece)
            splitter.feed(std::string_view{text}.substr(i, piece),
                          [&](auto line) { lines.emplace_back(line); });
        EXPECT_EQ(lines, (std::vector<std::string>{"one", "", "two"})) << piece;
    }
}

TEST(LineSplitter, EndlessLineIsSkippedAndTheNextOneRead)
{
    std::vector<std::string> lines;
    LineSplitter splitter;
    const auto take = [&](std::string_view line) { lines.emplace_back(line); };
    for (int i = 0; i < 10; ++i)
        splitter.feed(std::string(most_line_octets / 4, 'x'), take);
    splitter.feed("\nnext\n", take);
    EXPECT_EQ(lines, std::vector<std::string>{"next"});
    EXPECT_EQ(splitter.too_long(), 1U);
}

}  // namespace
}  // namespace imc::tracking
