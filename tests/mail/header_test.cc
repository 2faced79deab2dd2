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

// comma-in-address-local (Q153060, Q256114), utf-null-display-name (Q176465, Q177955, Q178244),
// corrupt-header-double-free (Q301690)
TEST(Regression, OddAddressListsAreReadWithoutMakingAddressesUp)
{
    EXPECT_EQ(addresses_in("\"12345,6789\"@host.example, \"a;b,c\"@host.example"),
              (List{"\"12345,6789\"@host.example", "\"a;b,c\"@host.example"}));
    EXPECT_EQ(addresses_in("12345,6789@host.example"), (List{"12345", "6789@host.example"}));
    EXPECT_EQ(addresses_in("=?utf-8?q?\?= <bob@example.net>, \"\" <carol@example.net>"),
              (List{"bob@example.net", "carol@example.net"}));
    const std::string broken = "\"Bob <bob@example.net>, (half (a comment, group: ;;, <<a@b>>, @@,";
    for (std::size_t end = 0; end <= broken.size(); ++end)
        for (const auto& address : addresses_in(broken.substr(0, end)))
            EXPECT_FALSE(address.empty());
}

// header-unfold-space-removal (Q175236), tnef-correlator-folded (Q182232), subject-leading-space
// (Q146782), subject-long-fold (Q275504)
TEST(Regression, UnfoldingTakesTheLineEndsAndNothingElse)
{
    EXPECT_EQ(unfold(" one\r\n  two\r\n\tthree \r\n four"), " one  two\tthree  four");
    EXPECT_EQ(header_values("X-MS-TNEF-Correlator:\r\n <0001@example.net>\r\n\r\n",
                            "x-ms-tnef-correlator"),
              List{"<0001@example.net>"});
    EXPECT_EQ(header_fields("Subject:   x  \r\n\r\n").front().value, "   x  ");
    std::string words, folded;
    for (int i = 0; i < 200; ++i) {
        words += " word" + std::to_string(i);
        folded += (i % 7 == 6 ? "\r\n word" : " word") + std::to_string(i);
    }
    EXPECT_EQ(unfold(folded), words);
}

// resent-headers-multiple (Q140932): fields are told in the order they stand; the newest is first.
TEST(Regression, ResentHeadersMultiple)
{
    EXPECT_EQ(header_values("Resent-From: newest@example.net\r\nResent-From: oldest@example.net\r\n"
                            "From: author@example.net\r\n\r\n",
                            "Resent-From"),
              (List{"newest@example.net", "oldest@example.net"}));
}

TEST(Header, LoneNamesGetADomainAndNothingElseIsTouched)
{
    const auto completed = [](std::string_view value) {
        return with_domain(value, "ours.example");
    };
    EXPECT_EQ(completed(" root (Cron Daemon)"), " root@ours.example (Cron Daemon)");
    EXPECT_EQ(completed("Ann <ann>, bob@c.example,eve"),
              "Ann <ann@ours.example>, bob@c.example,eve@ours.example");
    EXPECT_EQ(completed("Team: ann, bob;"), "Team: ann@ours.example, bob@ours.example;");
    for (const char* same : {"undisclosed-recipients:;", "Our Team", "\"ann\"", "a..b", "", "<>",
                             "ann (x) lee", "<@a:b@c.example>"})
        EXPECT_EQ(completed(same), same);
}

}  // namespace
}  // namespace imc::mail
