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

TEST(RegText, EveryTypeIsWrittenBackAsItWasRead)
{
    for (const std::string line :
         {"\"A\"=\"a \\\\ \\\"b\\\" \xc3\xb8\"", "\"A\"=\"\"", "\"A\"=dword:0000001f",
          "\"A\"=hex:", "\"A\"=hex:01,ff", "\"A\"=hex(0):", "\"A\"=hex(2):25,00,41,00,25,00,00,00",
          "\"A\"=hex(7):61,00,00,00,00,00", "\"A\"=hex(b):01,00,00,00,00,00,00,80",
          "\"A\"=hex(4):01,02", "\"A\"=hex(8):ff", "\"A\"=hex(ffffffff):00", "@=\"default\"",
          "\"a\\\\b\\\"c\"=\"x\"", "\"A\"=hex(1):61,00", "\"A\"=hex(1):0a,00,00,00"}) {
        auto d = Document::parse(head + line + "\n");
        ASSERT_TRUE(d) << line;
        const auto all = d->values(parameters_key);
        ASSERT_EQ(all.size(), 1U) << line;
        EXPECT_EQ(d->to_text(), head + line + "\n");
        d->set(parameters_key, all[0].name, all[0].value);  // now it is written anew
        EXPECT_EQ(d->to_text(), head + line + "\n");
        EXPECT_EQ(Document::parse(d->to_text())->values(parameters_key)[0].value, all[0].value);
    }
}

TEST(RegText, NumberIsReadHoweverManyDigitsItHas)
{
    const auto d = Document::parse(head + "\"A\"=dword:1\n\"B\" = DWORD:FFFFFFFF ; all\n"
                                          "\"C\"=Hex(B):ff,ff,ff,ff,ff,ff,ff,ff\n"
                                          "\"D\"=hex(4):00,00,00,01\n");
    ASSERT_TRUE(d);
    EXPECT_EQ(text_of(*d, "A"), "DWORD 1");
    EXPECT_EQ(text_of(*d, "B"), "DWORD 4294967295");
    EXPECT_EQ(text_of(*d, "C"), "QWORD 18446744073709551615");
    EXPECT_EQ(text_of(*d, "D"), "DWORD 16777216");
}

TEST(RegText, LongListOfOctetsIsFoldedAndReadsTheSame)
{
    std::string octets;
    for (int i = 0; i < 300; ++i)
        octets += static_cast<char>(i);
    auto d = Document::empty();
    d.set(parameters_key, "A", Value{Type::binary, octets});
    const auto text = d.to_text();
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
        EXPECT_LE(text.find('\n', at) - at, 90U);
    EXPECT_NE(text.find(",\\\n  "), std::string::npos);
    EXPECT_EQ(Document::parse(text)->find(parameters_key, "a")->value.data, octets);
}

TEST(RegText, DeletedKeyTakesAlongWhatWasBelowItAndBeforeIt)
{
    const std::string key{parameters_key};
    const auto d = Document::parse(head + "\"A\"=\"1\"\n[" + key + "\\Sub]\n\"B\"=\"2\"\n[-" + key +
                                   "]\n[" + key + "]\n\"C\"=\"3\"\n");
    ASSERT_TRUE(d);
    EXPECT_EQ(text_of(*d, "A"), "absent");
    EXPECT_EQ(text_of(*d, "C"), "SZ 3");
    EXPECT_EQ(d->find(key + "\\Sub", "B"), nullptr);
    ASSERT_EQ(d->deletions().size(), 1U);
    EXPECT_EQ(d->deletions()[0].first, parameters_key);
}

// What another program wrote beside ours is not ours to lose.
TEST(RegText, OtherKeysCommentsAndLineContinuationsSurviveAChange)
{
    const std::string rest = "; mine\n\"List\"=hex(7):61,00,\\\n  00,00,00,00\n\n"
                             "[HKEY_CURRENT_USER\\Software\\Other]\n\"x\"=hex(9):00\n; end\n";
    auto d = Document::parse(head + "\"A\"=\"1\"\n" + rest);
    ASSERT_TRUE(d);
    d->set(parameters_key, "a", Value::number(7));
    EXPECT_EQ(d->to_text(), head + "\"A\"=dword:00000007\n" + rest);
    EXPECT_TRUE(d->erase(parameters_key, "A"));
    EXPECT_FALSE(d->erase(parameters_key, "A"));
    EXPECT_EQ(d->to_text(), head + rest);
}

TEST(RegText, Utf16ThatIsCutOrBrokenIsNamed)
{
    const auto whole = "\xff\xfe" + utf8_to_utf16le(head + "\"A\"=\"\xf0\x9f\x93\xa7\"\n");
    const auto d = Document::parse(whole);
    ASSERT_TRUE(d);
    EXPECT_EQ(text_of(*d, "A"), "SZ \xf0\x9f\x93\xa7");
    EXPECT_NE(failure(whole.substr(0, whole.size() - 1)).find("UTF-16"), std::string::npos);
    const auto lone = "\xff\xfe" + utf8_to_utf16le(head) + std::string("\x3d\xd8\x0a\x00", 4);
    EXPECT_NE(failure(lone).find("UTF-16"), std::string::npos);
    EXPECT_NE(failure("\xfe\xff" + head).find("not UTF-8"), std::string::npos) << "big-endian";
    EXPECT_NE(failure(head + std::string(1, '\0')).find("zero"), std::string::npos);
    EXPECT_EQ(failure("\xef\xbb\xbf" + head), "read") << "UTF-8 with its mark";
    EXPECT_EQ(failure("\xff\xfe"), "line 1: no header; \"Windows Registry Editor Version 5.00\" or "
                                   "\"REGEDIT4\" expected on the first line");
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
