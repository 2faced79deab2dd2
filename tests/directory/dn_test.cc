#include "directory/dn.h"

#include "kit/ldap_dn.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace imc {
namespace {

std::string flaw(const std::string& text)
{
    const auto dn = Dn::parse(text);
    return dn ? "read" : dn.error().detail();
}

/// RFC 4514 section 4, and what people and servers write.
const std::vector<std::string> sound{
    "",
    "UID=jsmith,DC=example,DC=net",
    "OU=Sales+CN=J.  Smith,DC=example,DC=net",
    "CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net",
    "CN=Before\\0dAfter,DC=example,DC=net",
    "CN=Lu\\C4\\8Di\\C4\\87",
    "CN=Lu\xc4\x8di\xc4\x87",
    "2.5.4.3=x",
    "cn=a=b",
    "cn=a#b",
    "cn=\\#a",
    "cn=\\ a\\ ",
    "cn=\\20a\\20",
    "cn=a b",
    "cn=  a  ,  o=b  ",
    "cn = a , o = b",
    "cn=\\+\\,\\;\\<\\=\\>\\\\\\\"",
    "cn=a/b",
    "cn=*()",
    "cn=\\00",
    "cn=a+cn=b,o=c",
    "x-y-z=1",
};

/// Refused by libldap as well.
const std::vector<std::string> unsound{
    "cn",      "cn,o=b", "=a",      ",",     "cn=a,",     "cn=a,,o=b",   "cn=a+",  "cn=a\\",
    "cn=\\zz", "cn=\\2", "c n=a",   "1a=b",  "1.=a",      "cn=a;o=b,",   "cn=#zz", "cn=#0",
    "cn=a<b",  "cn=a>b", "cn=a\"b", "+cn=a", "cn=\"a\"b", "c\xc3\xb8=a",
};

TEST(Dn, OfRfc4514IsReadAsLibldapReadsIt)
{
    for (const auto& text : sound) {
        const auto ours = Dn::parse_rfc4514(text);
        const auto theirs = kit::ldap_dn(text);
        ASSERT_TRUE(ours) << ours.error().detail();
        ASSERT_TRUE(theirs) << text;
        EXPECT_TRUE(ours->rdns() == theirs->rdns) << text;
    }
}

TEST(Dn, ThatIsNoneIsRefusedAsLibldapRefusesIt)
{
    for (const auto& text : unsound) {
        EXPECT_FALSE(Dn::parse_rfc4514(text)) << text;
        EXPECT_FALSE(kit::ldap_dn(text)) << text;
    }
}

// What an object cannot be called: libldap reads it, and a server then refuses the name.
TEST(Dn, WithAnEmptyValueOrOctetsThatAreNoTextIsRefused)
{
    for (const std::string text : {"cn=", "cn=,o=b", "cn=a,o=", "1.1.1=", "cn=#0400", "cn=\\ff",
                                   "cn=\xff", "cn=#0401ff", "cn=#02012a"})
        EXPECT_FALSE(Dn::parse_rfc4514(text)) << text;
}

TEST(Dn, ValueInHexIsTheStringThatItsOctetsHold)
{
    EXPECT_EQ(Dn::parse("cn=#04024869")->to_rfc4514(), "cn=Hi");
    EXPECT_EQ(Dn::parse("cn=#0C024869,o=b")->to_rfc4514(), "cn=Hi,o=b");
    EXPECT_EQ(Dn::parse("cn=#13024869+o=x")->to_rfc4514(), "cn=Hi+o=x");
    EXPECT_NE(flaw("cn=#0403").find("no BER string"), std::string::npos);
    EXPECT_NE(flaw("cn=#040248691").find("pairs"), std::string::npos);
}

TEST(Dn, IsWrittenSoThatItReadsTheSame)
{
    for (const auto& text : sound) {
        const auto dn = *Dn::parse_rfc4514(text);
        const auto again = Dn::parse_rfc4514(dn.to_rfc4514());
        ASSERT_TRUE(again) << dn.to_rfc4514();
        EXPECT_TRUE(identical(dn, *again)) << text;
        EXPECT_TRUE(kit::ldap_dn(dn.to_rfc4514())->rdns == dn.rdns()) << text;
        if (std::ranges::any_of(dn.rdns(), [](const Rdn& rdn) { return rdn.size() > 1; }))
            continue;  // the X.500 form has no word for it
        const auto x500 = Dn::parse_x500(dn.to_x500());
        ASSERT_TRUE(x500) << dn.to_x500() << ": " << x500.error().detail();
        EXPECT_TRUE(identical(dn, *x500)) << dn.to_x500();
    }
}

TEST(Dn, OfX500IsReadFromTheRootDownwards)
{
    const auto dn = *Dn::parse("/o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1");
    EXPECT_EQ(dn.to_rfc4514(), "cn=MAIL1,cn=Servers,cn=Configuration,ou=Oslo,o=Contoso");
    EXPECT_EQ(dn.value_of("OU"), "Oslo");
    EXPECT_EQ(dn.value_of("cn"), "Configuration") << "the first from the root";
    EXPECT_EQ(Dn::parse("/o= a /ou=b,c+d")->to_rfc4514(), "ou=b\\,c\\+d,o=\\ a\\ ");
    EXPECT_EQ(Dn::parse("/o=a\\/b\\=c\\\\d\\2fe")->value_of("o"), "a/b=c\\d/e");
}

// KB Q166540: "/O=ORG=OU=SITE" overwrote memory and hung the connector.
TEST(Dn, OfX500ThatIsNoneIsRefusedWithThePosition)
{
    EXPECT_NE(flaw("/O=ORG=OU=SITE").find("position 7"), std::string::npos)
        << flaw("/O=ORG=OU=SITE");
    EXPECT_NE(flaw("/O=ORG=OU=SITE").find("is a '/' missing"), std::string::npos);
    for (const char* text : {"/", "/o", "/o=", "//o=a", "/o=a/", "/o=a//ou=b", "/=a", "/o=a/b",
                             "/o=a\\", "/o=a\\zz", "/o=a\nb", "/o=\xff", "/o p=a"})
        EXPECT_FALSE(Dn::parse(text)) << text;
}

TEST(Dn, OfAnyLengthIsAnAnswerOrAnError)
{
    const std::string long_value(8180, 'x');
    EXPECT_TRUE(Dn::parse("cn=" + long_value));
    EXPECT_FALSE(Dn::parse("cn=" + long_value + std::string(100, 'x')));
    EXPECT_FALSE(Dn::parse("/cn=" + long_value + std::string(100, 'x')));
    std::string deep = "cn=a";
    for (int i = 1; i < 64; ++i)
        deep += ",cn=a";
    EXPECT_TRUE(Dn::parse(deep));
    EXPECT_FALSE(Dn::parse(deep + ",cn=a"));
}

TEST(Dn, IsTheSameWhateverTheCaseTheSpacesAndTheOrderInOneName)
{
    EXPECT_TRUE(same(*Dn::parse("CN=A  B, O=C"), *Dn::parse("cn=a b,o=c")));
    EXPECT_TRUE(same(*Dn::parse("cn=\\ a\\ "), *Dn::parse("cn=a")));
    EXPECT_TRUE(same(*Dn::parse("cn=a+ou=b,o=c"), *Dn::parse("OU=b+CN=a,o=c")));
    EXPECT_FALSE(same(*Dn::parse("cn=a,o=c"), *Dn::parse("cn=a+o=c")));
    EXPECT_FALSE(same(*Dn::parse("cn=a\\,o=c"), *Dn::parse("cn=a,o=c")));
    EXPECT_FALSE(same(*Dn::parse("cn=ab"), *Dn::parse("cn=a b")));
    // The identity check takes it byte for byte.
    EXPECT_TRUE(identical(*Dn::parse("CN=a"), *Dn::parse("/cn=a")));
    for (const char* other : {"cn=A", "cn=a\\ ", "cn=a  b"})
        EXPECT_FALSE(identical(*Dn::parse("cn=a"), *Dn::parse(other))) << other;
}

TEST(Dn, KnowsWhatItLiesWithinAndHowItMoves)
{
    const auto top = *Dn::parse("o=Org");
    const auto box = *Dn::parse("cn=box,o=ORG");
    const auto in = *Dn::parse("cn=a+ou=b,cn=Box,o=Org");
    EXPECT_TRUE(in.is_within(box) && in.is_within(top) && in.is_within(in) && in.is_within({}));
    EXPECT_FALSE(box.is_within(in));
    EXPECT_FALSE(Dn::parse("cn=mybox,o=Org")->is_within(box));
    EXPECT_EQ(in.moved(box, *Dn::parse("cn=chest,o=Other")).to_rfc4514(),
              "cn=a+ou=b,cn=chest,o=Other");
    EXPECT_EQ(box.moved(box, top).to_rfc4514(), "o=Org");
    EXPECT_EQ(in.parent().to_rfc4514(), "cn=Box,o=Org");
    EXPECT_TRUE(top.parent().is_root() && Dn{}.parent().is_root());
    EXPECT_EQ(Dn::parse("cn=a")->below(top).to_rfc4514(), "cn=a,o=Org");
}

}  // namespace
}  // namespace imc
