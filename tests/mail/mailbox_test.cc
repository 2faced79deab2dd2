#include "mail/mailbox.h"

#include <gtest/gtest.h>

namespace imc::mail {
namespace {

std::string flaw(std::string_view text)
{
    const auto mailbox = parse_mailbox(text);
    return mailbox ? "none" : std::to_string(mailbox.error().at) + " " + mailbox.error().what;
}

TEST(Mailbox, IsReadInItsParts)
{
    const auto named = parse_mailbox("\"Lee, Ann\" (work) <ann+x@Example.ORG> (2)");
    ASSERT_TRUE(named);
    EXPECT_EQ(named->display_name, "Lee, Ann");
    EXPECT_EQ(named->local, "ann+x");
    EXPECT_EQ(named->domain, "Example.ORG");
    EXPECT_EQ(named->comments, (std::vector<std::string>{"work", "2"}));
    EXPECT_TRUE(named->angle);
    EXPECT_EQ(named->obsolete, "");
    const auto plain = parse_mailbox("\"a \\\"b\"@[192.0.2.1]");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->local, "a \"b");
    EXPECT_EQ(plain->domain, "[192.0.2.1]");
    EXPECT_TRUE(parse_mailbox("j\xc3\xb6rg@example.org")->utf8);
    EXPECT_EQ(parse_mailbox("Ann Lee\r\n <ann@example.org>")->display_name, "Ann Lee");
}

// RFC 5322 4.4, A.5, A.6: to be understood, never to be written.
TEST(Mailbox, ObsoleteFormsAreReadAndNamed)
{
    EXPECT_EQ(parse_mailbox("Joe Q. Public <john.q.public@example.com>")->obsolete,
              "a dot in a name without quotes");
    EXPECT_EQ(parse_mailbox("<@node.test,@other.test:mary@example.net>")->obsolete,
              "a source route");
    EXPECT_EQ(parse_mailbox("jdoe@test   . example")->obsolete,
              "space or a comment within the domain");
    EXPECT_EQ(parse_mailbox("a . b@test.example")->local, "a.b");
    EXPECT_EQ(parse_mailbox("\"a\".b@test.example")->obsolete, "a local part quoted in pieces");
    EXPECT_EQ(parse_mailbox("john.public (x) @ (y) example.com")->obsolete, "")
        << "comments around '@' are of today's grammar";
}

TEST(Mailbox, FlawIsNamedWithItsPlace)
{
    EXPECT_EQ(flaw(""), "0 nothing found, an address expected");
    EXPECT_EQ(flaw("ann"), "3 no '@'");
    EXPECT_EQ(flaw("ann..b@example.org"), "4 two dots in the local part");
    EXPECT_EQ(flaw(".ann@example.org"), "0 the local part begins with a dot");
    EXPECT_EQ(flaw("ann.@example.org"), "3 the local part ends in a dot");
    EXPECT_EQ(flaw("a b@example.org"), "1 a space in the local part, where only quotes allow it");
    EXPECT_EQ(flaw("ann@"), "4 no domain after '@'");
    EXPECT_EQ(flaw("ann@exam ple.org"), "8 a space in the domain");
    EXPECT_EQ(flaw("ann@example..org"), "12 an empty label in the domain");
    EXPECT_EQ(flaw("ann@example.org."), "15 the domain ends in a dot");
    EXPECT_EQ(flaw("ann@@example.org"), "4 \"@\" in the domain");
    EXPECT_EQ(flaw("ann@example.org, bob@example.org"), "15 a second address");
    EXPECT_EQ(flaw("Team: ann@example.org;"), "4 a group, not one address");
    EXPECT_EQ(flaw("\"ann@example.org"), "0 a quoted string without its end");
    EXPECT_EQ(flaw("ann (x@example.org"), "4 a comment without its end");
    EXPECT_EQ(flaw("<ann@example.org"), "16 '>' expected");
    EXPECT_EQ(flaw("<>"), "1 <> names nobody; it is of the envelope");
    EXPECT_EQ(flaw("ann@[192.0.2.1"), "4 a domain literal without its end");
    EXPECT_EQ(flaw("ann@example.org\r\nBcc: x"), "15 a line end that no space follows");
    EXPECT_EQ(flaw("j\xc3\xb6rg\xff@example.org"), "5 octets that are not UTF-8");
}

TEST(Address, FlawHasItsPlace)
{
    const auto at = [](std::string_view text) { return parse_address(text).error().at; };
    EXPECT_EQ(at("ann"), 3U);
    EXPECT_EQ(at("ann..b@example.org"), 4U);
    EXPECT_EQ(at("a b@example.org"), 1U);
    EXPECT_EQ(at("ann@b@example.org"), 5U);
    EXPECT_EQ(at("ann@exa mple.org"), 7U);
    EXPECT_EQ(at("ann@example.-org"), 12U);
    EXPECT_EQ(at("ann@[192.0.2.256]"), 4U);
    EXPECT_EQ(at("\"a\x01\"@example.org"), 2U);
    EXPECT_EQ(parse_path("<@a.example:ann@exa mple.org>").error().at, 19U);
}

}  // namespace
}  // namespace imc::mail
