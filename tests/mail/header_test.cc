#include "mail/header.h"

#include <gtest/gtest.h>

namespace imc::mail {
namespace {

using List = std::vector<std::string>;

TEST(Header, FieldsAreUnfoldedAndEndAtTheEmptyLine)
{
    const std::string text =
        "Subject: one\r\n two\r\nX: \r\nbroken line\r\nsubject:three\r\n\r\nSubject: body\r\n";
    EXPECT_EQ(header_values(text, "SUBJECT"), (List{"one two", "three"}));
    EXPECT_EQ(header_values(text, "X"), List{""});
    ASSERT_EQ(header_fields(text).size(), 3U);
    EXPECT_EQ(header_fields(text).front().whole, "Subject: one\r\n two\r\n");
    EXPECT_TRUE(header_fields("").empty());
}

// multiple-comments-in-address (Q152432, Q152864), comment-deletion-garbage-tail (Q231748),
// colon-in-display-name (Q247647), angle-in-address-double-domain (Q198563)
TEST(Regression, AddressesInFieldsAreWhatTheyAre)
{
    for (const auto& [value, expected] : std::initializer_list<std::pair<const char*, List>>{
             {"a@b.example", {"a@b.example"}},
             {"a@b.example (c1) (c2)", {"a@b.example"}},
             {"a(c1)@(c2)b(c3).example", {"a@b.example"}},
             {"mchiba (M,Chiba (nested)); ", {"mchiba"}},
             {"Sales: a@b.example, \"x, y\" <c@d.example>;, e@f.example",
              {"a@b.example", "c@d.example", "e@f.example"}},
             {"\"Last: First\" <a@b.example>", {"a@b.example"}},
             {"Last: First <a@b.example>", {"a@b.example"}},
             {"<user@right.example>@wrong.example", {"user@right.example"}},
             {"<@hop.example,@hop2.example:user@right.example>", {"user@right.example"}},
             {"\"a\\\"b,c\"@d.example", {"\"a\\\"b,c\"@d.example"}},
             {"undisclosed-recipients:;", {}},
             {"(only a comment", {}},
             {"", {}}})
        EXPECT_EQ(addresses_in(value), expected) << value;
}

}  // namespace
}  // namespace imc::mail
