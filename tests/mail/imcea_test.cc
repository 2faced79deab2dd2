#include "mail/imcea.h"

#include "mail/address.h"

#include <gtest/gtest.h>

namespace imc::mail {
namespace {

std::string plain(std::string_view local, Capitals capitals = Capitals::strict)
{
    const auto found = decapsulate(local, capitals);
    return found ? found->type + ":" + found->value : "none";
}

// The forms of Q193782, Q189492 and Q162680.
TEST(Imcea, NamesOfOtherKindsAreReadAndWrittenAlike)
{
    const std::pair<const char*, const char*> rows[] = {
        {"IMCEAEX-_O=ORG_OU=SITE_CN=RECIPIENTS_CN=ALIAS",
         "EX:/O=ORG/OU=SITE/CN=RECIPIENTS/CN=ALIAS"},
        {"IMCEASMTP-user+40dom+2Ecom", "SMTP:user@dom.com"},
        {"IMCEAX400-c=US+3Ba=+20+3Bp=Contoso", "X400:c=US;a= ;p=Contoso"},
    };
    for (const auto& [local, expected] : rows) {
        EXPECT_EQ(plain(local), expected);
        EXPECT_EQ(encapsulate(*decapsulate(local)), local);
    }
    EXPECT_EQ(plain("IMCEASMTP-user+40dom+2ecom"), "SMTP:user@dom.com") << "small digits are read";
}

// imcea-corrupt-value (Q193782): it once stopped the service.
TEST(Imcea, RegressionImceaCorruptValue)
{
    for (const std::string local : {"IMCEA",         "IMCEA-",
                                    "IMCEA-x",       "IMCEAEX",
                                    "IMCEAEX-",      "IMCEAEX-+",
                                    "IMCEAEX-+4",    "IMCEAEX-+4G",
                                    "IMCEAEX-a+00b", "IMCEAEX-a+0Ab",
                                    "IMCEAEX-a+7F",  "IMCEAEX-+FF",
                                    "IMCEAEX-a.b",   "IMCEAEX-a b",
                                    "IMCEAEX-a@b",   "IMCEA user@domain2",
                                    "imceaex-_O=A",  "ImceaEX-_O=A",
                                    "IMCEAex-_O=A",  "xIMCEAEX-_O=A",
                                    "IMCEAE+X-a",    "IMCEAABCDEFGHIJKLMNOPQ-a"})
        EXPECT_EQ(plain(local), "none") << local;
    EXPECT_EQ(plain("IMCEAEX-" + std::string(100'000, 'a')), "none");
    EXPECT_EQ(plain("IMCEAEX-" + std::string(1016, 'a')).size(), 1019u);
    EXPECT_EQ(plain("IMCEAEX-" + std::string(1017, 'a')), "none");
}

// Q271575: relays that fold the case broke it.
TEST(Imcea, FoldedCaseIsReadOnlyWhereItIsAllowed)
{
    EXPECT_EQ(plain("imceaex-_o=a", Capitals::folded), "EX:/o=a");
    EXPECT_EQ(plain("imceaex-_o=a"), "none");
}

// The name of an object is longer than a local part may be; the path's limit still holds.
TEST(Imcea, WrappedNameMayBeLongerThanOtherLocalParts)
{
    EXPECT_TRUE(parse_address("IMCEAEX-" + std::string(100, 'a') + "@contoso.example"));
    EXPECT_FALSE(parse_address(std::string(108, 'a') + "@contoso.example"));
    EXPECT_FALSE(parse_address("IMCEAEX-" + std::string(300, 'a') + "@contoso.example"));
}

}  // namespace
}  // namespace imc::mail
