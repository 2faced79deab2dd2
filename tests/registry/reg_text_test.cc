#include "registry/reg_text.h"

#include <gtest/gtest.h>

namespace imc::registry {
namespace {

const std::string head =
    "Windows Registry Editor Version "
    "5.00\n\n[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters]"
    "\n";

std::string text_of(const Document& d, const char* name)
{
    const auto* found = d.find(parameters_key, name);
    return found == nullptr ? "absent"
                            : to_string(found->value.type) + " " + found->value.to_display();
}

std::string failure(const std::string& text)
{
    const auto d = Document::parse(text);
    return d ? "read" : d.error().detail();
}

TEST(RegText, EveryTypeIsRead)
{
    const auto d = Document::parse(
        head + "\"A\"=\"a \\\\ \\\"b\\\"\"\n\"B\"=dword:0000001f\n\"C\"=hex:01,02\n"
               "\"D\"=hex(7):61,00,00,00,62,00,00,00,00,00\n\"E\"=hex(b):01,00,00,00,00,00,00,00\n"
               "\"F\"=hex(2):25,00,00,00\n\"G\"=hex(8):ff\n@=\"default\"\n");
    ASSERT_TRUE(d);
    EXPECT_EQ(text_of(*d, "a"), "SZ a \\ \"b\"");
    EXPECT_EQ(text_of(*d, "B"), "DWORD 31");
    EXPECT_EQ(text_of(*d, "C"), "BINARY 01 02");
    EXPECT_EQ(text_of(*d, "D"), "MULTI_SZ a\\0b");
    EXPECT_EQ(text_of(*d, "E"), "QWORD 1");
    EXPECT_EQ(text_of(*d, "F"), "EXPAND_SZ %");
    EXPECT_EQ(text_of(*d, "G"), "hex(8) ff");
    EXPECT_EQ(text_of(*d, ""), "SZ default");
}

TEST(RegText, CommentsOrderAndSpellingSurviveAChange)
{
    auto d = Document::parse(head + "; mine\n\"siteDN\"=\"x\"\n\n; end\n\"Z\"=\"z\"\n");
    ASSERT_TRUE(d);
    d->set(parameters_key, "SITEDN", Value::sz("y"));
    EXPECT_EQ(d->to_text(), head + "; mine\n\"siteDN\"=\"y\"\n\n; end\n\"Z\"=\"z\"\n");
}

TEST(RegText, ContinuedOctetsAreOneValue)
{
    const auto d = Document::parse(head + "\"A\"=hex:01,\\\n  02,\\\n  03\n");
    EXPECT_EQ(text_of(*d, "A"), "BINARY 01 02 03");
}

// A text that ends in a backslash is not continued, and neither is a comment.
TEST(RegText, OnlyOctetsAreContinued)
{
    const auto d = Document::parse(head + "; see \"x\"=hex:\\\n\"A\"=\"C:\\\\\"\n\"B\"=\"b\"\n");
    EXPECT_EQ(text_of(*d, "A"), "SZ C:\\");
    EXPECT_EQ(text_of(*d, "B"), "SZ b");
}

// REGEDIT4 keeps texts in 8 bits; written back as 5.00 they must not become something else.
TEST(RegText, Regedit4IsReadAndWrittenBackAsVersion5)
{
    auto d = Document::parse(
        "REGEDIT4\n\n[HKLM\\System\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters]\n\"L\"="
        "hex(7):61,00,62,00,00\n");
    ASSERT_TRUE(d);
    EXPECT_EQ(text_of(*d, "L"), "MULTI_SZ a\\0b");
    d->set(parameters_key, "X", Value::number(1));
    const auto again = Document::parse(d->to_text());
    ASSERT_TRUE(again);
    EXPECT_EQ(text_of(*again, "L"), "MULTI_SZ a\\0b");
}

TEST(RegText, Utf16WithItsMarkIsRead)
{
    const auto d = Document::parse("\xff\xfe" + utf8_to_utf16le(head + "\"A\"=\"\xc3\xb8\"\r\n"));
    ASSERT_TRUE(d);
    EXPECT_EQ(text_of(*d, "A"), "SZ \xc3\xb8");
}

TEST(RegText, FlawsAreNamedWithTheirLine)
{
    EXPECT_NE(failure("[HKLM]\n").find("Version 5.00"), std::string::npos);
    EXPECT_NE(failure(head + "\"A\"=\"cut").find("line 4"), std::string::npos);
    EXPECT_NE(failure(head + "\"A\"=hex:01,\\").find("line 4"), std::string::npos);
    EXPECT_NE(failure(head + "\"A\"=dword:123456789").find("line 4"), std::string::npos);
    EXPECT_NE(failure(head + "\"A\"=\"\xff\"\n").find("line 4 is not UTF-8"), std::string::npos);
    EXPECT_NE(failure(head + "what\n").find("\"NAME\"="), std::string::npos);
}

TEST(RegText, ValueThatStandsTwiceIsReportedWithBothLines)
{
    const auto d = Document::parse(head + "\"SiteDN\"=\"a\"\n\"sitedn\"=\"b\"\n");
    const auto twice = d->duplicates(parameters_key);
    ASSERT_EQ(twice.size(), 1U);
    EXPECT_EQ(twice[0].lines, (std::vector<std::size_t>{4, 5}));
    EXPECT_EQ(text_of(*d, "SiteDN"), "SZ b");
}

TEST(RegText, SettingMakesOneOfDuplicates)
{
    auto d = Document::parse(head + "\"A\"=\"1\"\n\"a\"=\"2\"\n");
    d->set(parameters_key, "A", Value::sz("3"));
    EXPECT_EQ(d->to_text(), head + "\"A\"=\"3\"\n");
}

TEST(RegText, DeletionsTakeEffectInOrder)
{
    const auto d = Document::parse(head + "\"A\"=\"1\"\n\"A\"=-\n\"B\"=\"2\"\n");
    EXPECT_EQ(text_of(*d, "A"), "absent");
    EXPECT_EQ(text_of(*d, "B"), "SZ 2");
}

TEST(Registry, KeyIsOneHoweverItIsWritten)
{
    for (const char* key :
         {"", "HKLM\\system\\currentcontrolset\\services\\msexchangeimc\\parameters",
          "HKEY_LOCAL_MACHINE/System/CurrentControlSet/Services/MSExchangeIMC/Parameters/",
          "System\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters"})
        EXPECT_EQ(canonical_key(key), parameters_key) << key;
}

}  // namespace
}  // namespace imc::registry
