#include "mail/address.h"

#include "base/text.h"

#include <gtest/gtest.h>

namespace imc::mail {
namespace {

std::string read(std::string_view text)
{
    const auto address = parse_address(text);
    return address ? address->to_string() : "error: " + address.error().what;
}

TEST(Address, IsReadAndWrittenBack)
{
    for (const char* text :
         {"ann@example.org", "a.b+c@mail.example.org", "\"a b\"@example.org", "ann@[192.0.2.1]",
          "ann@[IPv6:2001:db8::1]", "user%host@example.org", "!#$%&'*@example.org"})
        EXPECT_EQ(read(text), text);
}

// Q228998: a space at the end of a domain escaped the comparison and mail went astray.
TEST(Address, WithFlawsIsRefused)
{
    for (const char* text :
         {"ann", "@example.org", "ann@", "ann@example.org ", "a b@example.org", "ann@@example.org",
          "ann@exam ple.org", "ann@-a.example", "ann@a..b", ".ann@example.org", "ann.@example.org",
          "ann@[192.0.2.256]", "\"ann@example.org", "ann@example.org\r\nRCPT"})
        EXPECT_TRUE(read(text).starts_with("error: ")) << text << " was read as " << read(text);
}

// Found by the fuzz target: the system's reader stopped at the zero.
TEST(Address, LiteralWithAZeroInsideIsRefused)
{
    EXPECT_TRUE(read(std::string_view{"a@[192.0.2.1\0x]", 15}).starts_with("error: "));
}

TEST(Address, HasTheLengthsOfRfc5321)
{
    EXPECT_EQ(read(std::string(64, 'a') + "@example.org"), std::string(64, 'a') + "@example.org");
    EXPECT_TRUE(read(std::string(65, 'a') + "@example.org").starts_with("error: local part of 65"));
    EXPECT_TRUE(read("a@" + std::string(300, 'b')).starts_with("error: "));
}

// Found by the fuzz target: whatever began with these five letters was let through at any length.
TEST(Address, OnlyAnEncapsulatedNameMayBeLonger)
{
    const auto object = "IMCEAEX-_O=" + std::string(80, 'A') + "@example.org";
    EXPECT_EQ(read(object), object);
    EXPECT_EQ(read(lower(object)), lower(object));
    EXPECT_TRUE(read("IMCEA." + std::string(80, 'a') + "@example.org").starts_with("error: local"));
}

TEST(Address, TrailingDotOfADomainIsTheSameDomain)
{
    EXPECT_EQ(read("ann@example.org."), "ann@example.org");
}

TEST(Address, NormalizedIgnoresCaseAndUsesALabels)
{
    EXPECT_EQ(parse_address("Ann@B\xc3\xbc"
                            "cher.Example")
                  ->normalized(),
              "ann@xn--bcher-kva.example");
    EXPECT_EQ(parse_address("ANN@EXAMPLE.ORG")->normalized(), "ann@example.org");
}

TEST(Path, DropsASourceRouteAndKeepsTheLastMailbox)
{
    const auto path = parse_path("<@a.example,@b.example:ann@example.org> SIZE=5");
    ASSERT_TRUE(path);
    EXPECT_EQ(path->address.to_string(), "ann@example.org");
    EXPECT_EQ(path->rest, " SIZE=5");
}

TEST(Path, MayBeNullOrAPostmasterWithoutDomain)
{
    EXPECT_TRUE(parse_path("<>")->is_null);
    EXPECT_EQ(parse_path("<PostMaster>")->address.local, "PostMaster");
    EXPECT_FALSE(parse_path("<ann>"));
}

TEST(Path, EndsAtTheBracketOutsideOfQuotes)
{
    EXPECT_EQ(parse_path("<\"a>b\"@example.org>")->address.local, "a>b");
    EXPECT_FALSE(parse_path("<ann@example.org"));
    EXPECT_FALSE(parse_path("<ann@example.org>x"));
}

TEST(Path, WithUtf8NeedsSmtpUtf8)
{
    EXPECT_TRUE(parse_path("<j\xc3\xb6rg@example.org>", true));
    EXPECT_FALSE(parse_path("<j\xc3\xb6rg@example.org>", false));
    EXPECT_FALSE(parse_path("<\xff@example.org>", true));
}

// What no name server can be asked for is refused while the client is still there.
TEST(Address, DomainWithoutAFormInAsciiIsNone)
{
    EXPECT_EQ(parse_address("x@b\u00fccher.example").value().domain, "b\u00fccher.example");
    EXPECT_EQ(canonical_domain("b\u00fccher.example"), "xn--bcher-kva.example");
    for (const char* wrong : {"x@\u0301bad.example", "x@a\u2e2eb.example", "x@\U0001f4a9.example"})
        EXPECT_NE(parse_address(wrong).error().what.find("IDNA"), std::string::npos) << wrong;
}

// Found by fuzzing: IDNA leaves ASCII as it is, whatever it is.
TEST(CanonicalDomain, OfOctetsThatNoHostNameHasThereIsNone)
{
    EXPECT_EQ(canonical_domain("b\u00fccher.example"), "xn--bcher-kva.example");
    EXPECT_EQ(canonical_domain("b\u00fccher .example"), "");
    EXPECT_EQ(canonical_domain("b\u00fccher.ex*mple"), "");
    EXPECT_EQ(canonical_domain(std::string_view{"b\u00fccher.example\0.org", 20}), "");
    EXPECT_EQ(canonical_domain("b\u00fccher..example"), "");
}

}  // namespace
}  // namespace imc::mail
