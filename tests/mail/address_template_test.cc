#include "mail/address_template.h"

#include <gtest/gtest.h>

#include <set>

namespace imc::mail {
namespace {

const RecipientNames ann{"alee", "Lee", "Ann", "AML", "Ann Marie Lee"};

std::string made(std::string_view format, const RecipientNames& names = ann)
{
    const auto parsed = AddressTemplate::parse(format);
    return parsed ? parsed->address(names) : "flaw: " + parsed.error().what;
}

// Q153270: the tokens of the Site Addressing page.
TEST(AddressTemplate, EachTokenStandsForOneNameOfTheRecipient)
{
    EXPECT_EQ(made("%m@contoso.example"), "alee@contoso.example");
    EXPECT_EQ(made("@contoso.example"), "alee@contoso.example");
    EXPECT_EQ(made("%g.%s@contoso.example"), "Ann.Lee@contoso.example");
    EXPECT_EQ(made("%i-%s@contoso.example"), "AML-Lee@contoso.example");
    EXPECT_EQ(made("%d@contoso.example"), "AnnMarieLee@contoso.example");
    EXPECT_EQ(made("%1g%s@contoso.example"), "ALee@contoso.example");
    EXPECT_EQ(made("%S@Contoso.Example"), "Lee@contoso.example");
    EXPECT_EQ(made("%m%%x@contoso.example"), "alee%x@contoso.example");
}

// Q153270: %rxy replaces, %rxx deletes; the later word for a character is the one that holds.
TEST(AddressTemplate, ReplacementsHoldForWhatFollowsThem)
{
    EXPECT_EQ(made("%r _%d@contoso.example"), "Ann_Marie_Lee@contoso.example");
    EXPECT_EQ(made("%ree%s@contoso.example"), "L@contoso.example");
    EXPECT_EQ(made("%s%reo%s@contoso.example"), "LeeLoo@contoso.example");
    EXPECT_EQ(made("%rea%s%reo%s@contoso.example"), "LaaLoo@contoso.example");
    EXPECT_EQ(made("%rüy%s@contoso.example", {"m", "Müller", "", "", ""}),
              "Myller@contoso.example");
    EXPECT_EQ(made("%r _%r._%3d@contoso.example", {"m", "", "", "", "A. B"}),
              "A__@contoso.example");
}

// proxy-template-empty-field (Q230331, Q166247, Q258704)
// proxy-transliteration (Q194321)
TEST(AddressTemplate, WhateverTheNamesAreAnAddressWithoutQuotesComesOut)
{
    EXPECT_EQ(made("%g.%s@a.example", {"m", "Strauß", "Jürgen", "", ""}),
              "Jurgen.Strauss@a.example");
    EXPECT_EQ(made("%g.%s@a.example", {"m", "Łukasiewicz", "Søren", "", ""}),
              "Soren.Lukasiewicz@a.example");
    EXPECT_EQ(made("%g.%s@a.example", {"m", "O'Neil <b>", "A. \"Bo\"", "", ""}),
              "A.Bo.O'Neilb@a.example");
    EXPECT_EQ(made("%g.%s@a.example", {"m", "", "Ann", "", ""}), "Ann@a.example");
    EXPECT_EQ(made("%g.%s@a.example", {"m", "Lee", "", "", ""}), "Lee@a.example");
    EXPECT_EQ(made("%g.%s@a.example", {"m", "田中", "太郎", "", ""}), "m@a.example");
    EXPECT_EQ(made("%g.%s@a.example", {"田", "田中", "太郎", "", ""}), "user@a.example");
    // Nothing in a name makes another host of it.
    EXPECT_EQ(made("%s@a.example", {"m", "x%evil.example!y/z+d@b", "", "", ""}),
              "xevil.exampleyzdb@a.example");
    EXPECT_EQ(made("%s@a.example", {"m", std::string(200, 'x'), "", "", ""}),
              std::string(64, 'x') + "@a.example");
    EXPECT_EQ(made("%3s@a.example", {"m", "Ünal", "", "", ""}), "Una@a.example");
}

// proxy-collision-22 (Q152953)
TEST(AddressTemplate, AnAddressThatIsTakenGetsTheNextNumber)
{
    const auto format = AddressTemplate::parse("%g.%s@contoso.example");
    ASSERT_TRUE(format);
    std::set<std::string> taken;
    const auto next = [&] {
        auto made = format->unique_address(ann, [&](const auto& a) { return taken.contains(a); });
        taken.insert(made);
        return made;
    };
    EXPECT_EQ(next(), "Ann.Lee@contoso.example");
    EXPECT_EQ(next(), "Ann.Lee2@contoso.example");
    EXPECT_EQ(next(), "Ann.Lee3@contoso.example");
    for (int i = 4; i < 1000; ++i)
        (void)next();
    EXPECT_EQ(next(), "Ann.Lee1000@contoso.example") << "it once ended at 21";
    EXPECT_EQ(taken.size(), 1000U);
    EXPECT_EQ(format->unique_address(ann, [](const auto&) { return true; }), "");

    const RecipientNames lengthy{"m", std::string(80, 'x'), "", "", ""};
    EXPECT_EQ(AddressTemplate::parse("%s@a.example")->address(lengthy, 12),
              std::string(62, 'x') + "12@a.example");
}

TEST(AddressTemplate, RomanianLettersAndTheCapitalSharpSAreLettersToo)
{
    EXPECT_EQ(made("%g.%s@a.example", {"m", "Țuțea", "Ștefan", "", ""}), "Stefan.Tutea@a.example");
    EXPECT_EQ(made("%s@a.example", {"m", "Mureșan", "", "", ""}), "Muresan@a.example");
    EXPECT_EQ(made("%s@a.example", {"m", "STRAUẞ", "", "", ""}), "STRAUSS@a.example");
}

// Q201072: postmaster's mail is the administrator's, whoever is called so.
TEST(AddressTemplate, NobodyGetsAnAddressThatWouldNeverBeHis)
{
    const auto unique = [](const char* alias) {
        return AddressTemplate::parse("%m@a.example")
            ->unique_address({alias, "", "", "", ""}, [](const auto&) { return false; });
    };
    EXPECT_EQ(unique("PostMaster"), "PostMaster2@a.example");
    EXPECT_EQ(unique("postmasters"), "postmasters@a.example");
    EXPECT_EQ(unique("SRS0=x=y"), "SRS0x=y@a.example");
    EXPECT_EQ(unique("srs1+-a"), "srs1a@a.example");
    EXPECT_EQ(unique("IMCEAEX-_O=C"), "IMCEAEX_O=C@a.example");
    EXPECT_EQ(unique("imcea.-.x"), "imcea.x@a.example") << "and it stays an address";
}

// proxy-collision-22: a thousand and more of one name, and none of them asks a thousand times.
TEST(AddressTemplate, RegressionProxyCollision22)
{
    const auto format = AddressTemplate::parse("%g.%s@contoso.example");
    std::set<std::string> taken;
    std::size_t asked = 0, most = 0;
    const auto is_taken = [&](const auto& address) {
        ++asked;
        return taken.contains(address);
    };
    for (int i = 0; i < 12'000; ++i) {
        asked = 0;
        auto next = format->unique_address(ann, is_taken);
        ASSERT_FALSE(next.empty()) << i;
        ASSERT_TRUE(taken.insert(next).second) << next;
        most = std::max(most, asked);
    }
    EXPECT_TRUE(taken.contains("Ann.Lee12000@contoso.example"));
    EXPECT_LT(most, 50U);
    // When all are made anew, each keeps his own.
    for (const std::string own :
         {"Ann.Lee2@contoso.example", "Ann.Lee500@contoso.example", "Ann.Lee8192@contoso.example"})
        EXPECT_EQ(format->unique_address(
                      ann, [&](const auto& a) { return a != own && taken.contains(a); }, own),
                  own);
    taken.erase("Ann.Lee@contoso.example");
    EXPECT_EQ(format->unique_address(ann, is_taken, "Ann.Lee500@contoso.example"),
              "Ann.Lee@contoso.example");
}

TEST(AddressTemplate, AFlawedFormatIsNamedWithItsPlace)
{
    const auto flaw = [](std::string_view text) {
        const auto parsed = AddressTemplate::parse(text);
        return parsed ? std::string{"none"}
                      : parsed.error().what + " at " + std::to_string(parsed.error().at);
    };
    EXPECT_EQ(flaw("%g.%s"), "\"@\" missing, as in %g.%s@contoso.example at 5");
    EXPECT_EQ(flaw("%g.%s@"), "no domain behind \"@\" at 6");
    EXPECT_EQ(flaw("%g.%s@[192.0.2.1]"), "no domain behind \"@\" at 6");
    EXPECT_EQ(flaw("a%x@b.example"), "\"%\" is followed by none of m s g i d r % or a number at 1");
    EXPECT_EQ(flaw("%s%@b.example"), "\"%\" is followed by none of m s g i d r % or a number at 2");
    EXPECT_EQ(flaw("%s%rx@b.example"), "two characters expected behind \"%r\" at 2");
    EXPECT_EQ(flaw("%0s@b.example"), "a number from 1 to 64 expected behind \"%\" at 0");
    EXPECT_EQ(flaw("%99999999999999999999s@b.example"),
              "a number from 1 to 64 expected behind \"%\" at 0");
    EXPECT_EQ(flaw("%s%3%@b.example"), "a number stands before m, s, g, i or d only at 2");
    EXPECT_EQ(flaw("%s x@b.example"), "\" \" cannot stand in an address at 2");
    EXPECT_EQ(flaw("info%%@b.example"),
              "every recipient would get the same address; one of %m %s %g %i %d expected at 0");
}

}  // namespace
}  // namespace imc::mail
