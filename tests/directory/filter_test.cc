/// The text of filters; what they mean is asked of both engines in contract_test.cc.
#include "directory/filter.h"

#include "directory/directory.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

std::string flaw(const std::string& text)
{
    const auto filter = Filter::parse(text);
    return filter ? "read" : filter.error().detail();
}

// RFC 4515 section 4.
TEST(Filter, OfTheStandardsExamplesIsRead)
{
    for (const char* text :
         {"(cn=Babs Jensen)", "(!(cn=Tim Howes))",
          "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))", "(o=univ*of*mich*)", "(seeAlso=)",
          "(o=Parens R Us \\28for all your parenthetical needs\\29)", "(cn=*\\2A*)",
          "(filename=C:\\5cMyFile)", "(bin=\\00\\00\\00\\04)", "(sn=Lu\\c4\\8di\\c4\\87)",
          "(1.3.6.1.4.1.1466.0=\\04\\02\\48\\69)", "(cn;lang-de>=x)", "(cn~=x)"})
        EXPECT_EQ(flaw(text), "read");
    const auto filter = *Filter::parse("(o=univ*of\\2a*mich*)");
    EXPECT_EQ(filter.kind, Filter::Kind::substrings);
    EXPECT_EQ(filter.values, (std::vector<std::string>{"univ", "of*", "mich", ""}));
    EXPECT_EQ(Filter::parse("(a=\\00\\ff)")->values,
              std::vector<std::string>{std::string("\0\xff", 2)});
}

TEST(Filter, FlawIsNamedWithItsPosition)
{
    const std::vector<std::pair<std::string, std::string>> table{
        {"", "position 1: '(' expected"},
        {"cn=a", "position 1: '(' expected"},
        {"(cn=a)x", "position 7: nothing more"},
        {"(cn=a", "position 6: ')' expected"},
        {"(&(cn=a)", "position 9: ')' expected"},
        {"(&cn=a)", "position 3: ')' expected"},
        {"(!)", "one filter expected after '!'"},
        {"(!(a=b)(c=d))", "one filter expected after '!'"},
        {"(cn=a(b)", "position 6: this octet must be escaped"},
        {std::string("(cn=a\0b)", 8), "position 6: this octet must be escaped"},
        {"(cn=\\2)", "position 5: two hex digits"},
        {"(cn:dn:=x)", "'=' expected"},
        {"(cn>x)", "position 5: '=' expected"},
        {"( cn=x)", "is no attribute"},
        {"(c\xc3\xb8=x)", "is no attribute"},
    };
    for (const auto& [text, expected] : table)
        EXPECT_NE(flaw(text).find(expected), std::string::npos) << text << ": " << flaw(text);
}

TEST(Filter, OfAnyDepthAndLengthIsAnAnswerOrAnError)
{
    const auto nested = [](std::size_t depth) {
        std::string text = "(cn=a)";
        for (std::size_t i = 0; i < depth; ++i)
            text = "(!" + text + ")";
        return text;
    };
    EXPECT_EQ(flaw(nested(50)), "read");
    EXPECT_NE(flaw(nested(51)).find("nested too deeply"), std::string::npos);
    EXPECT_NE(flaw("(cn=" + std::string(70'000, 'x') + ")").find("64 KiB"), std::string::npos);
    EXPECT_NE(flaw(std::string(60'000, '(')).find("position"), std::string::npos);
}

TEST(Filter, EscapedValueIsReadBackAsItWas)
{
    std::string every;
    for (int i = 0; i < 256; ++i)
        every += static_cast<char>(i);
    EXPECT_EQ(Filter::parse("(a=" + escape_filter_value(every) + ")")->values,
              std::vector<std::string>{every});
    EXPECT_EQ(escape_filter_value("*()\\"), "\\2a\\28\\29\\5c");
}

TEST(Filter, WrittenOutItIsReadAsTheSame)
{
    for (const char* text :
         {"(cn=a)", "(cn=)", "(cn=*)", "(cn=*a*)", "(cn=a*b*c)", "(cn=a\\2a\\28\\29\\5c)", "(&)",
          "(|)", "(&(cn=a)(|(cn=b)(!(cn=c))))", "(imcMaxMessageKB>=5)", "(imcMaxMessageKB<=5)"})
        EXPECT_EQ(Filter::parse(text).value().to_string(), text);
    EXPECT_EQ(Filter::parse("(cn~=a)").value().to_string(), "(cn=a)");
}

}  // namespace
}  // namespace imc
