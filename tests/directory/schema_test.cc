#include "directory/schema.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

Entry object(Attributes attributes) { return {*Dn::parse("cn=a"), std::move(attributes)}; }

std::string flaw(Attributes attributes)
{
    const auto sound = check_schema(object(std::move(attributes)));
    return sound ? "none" : sound.error().detail();
}

TEST(Schema, FlawNamesTheObjectAndWhatIsExpected)
{
    const Attributes sound{{"objectClass", {"imcMailbox"}}, {"cn", {"a"}}, {"mailNickname", {"a"}}};
    EXPECT_EQ(flaw(sound), "none");
    const auto with = [&](const char* name, std::vector<std::string> values) {
        auto out = sound;
        out[name] = std::move(values);
        return flaw(out);
    };
    EXPECT_EQ(with("objectClass", {}), "cn=a: no objectClass");
    EXPECT_EQ(with("objectClass", {"imcMailbox", "x\ny"}),
              "cn=a: objectClass \"x\\x0ay\" is not known");
    EXPECT_EQ(with("objectClass", {"top"}),
              "cn=a: one objectClass expected that says what the object is; found top");
    EXPECT_EQ(with("objectClass", {"imcMailbox", "imcPublicFolder"}),
              "cn=a: one objectClass expected that says what the object is; found imcMailbox, "
              "imcPublicFolder");
    EXPECT_EQ(with("objectClass", {"IMCMAILBOX", "top"}), "none");
    EXPECT_EQ(with("mailNickname", {}), "cn=a: imcMailbox needs the attribute mailNickname");
    EXPECT_EQ(with("member", {"cn=b"}), "cn=a: the attribute \"member\" is not allowed here");
    EXPECT_EQ(with("mailNickname", {"a", "b"}), "cn=a: mailNickname has 2 values, one expected");
    EXPECT_EQ(with("deliverAndRedirect", {"true"}),
              "cn=a: deliverAndRedirect is \"true\", TRUE or FALSE expected");
    EXPECT_EQ(with("altRecipient", {"bob"}),
              "cn=a: altRecipient is \"bob\", a distinguished name expected");
    EXPECT_EQ(with("description", {""}), "cn=a: description is \"\", a value expected");
    EXPECT_EQ(with("description", {"a  b", "A B"}), "cn=a: description has \"A B\" twice");
}

TEST(Schema, ValuesAreComparedByTheirRule)
{
    EXPECT_EQ(normalized_value("CN", "  Ann   Other "), "ann other");
    EXPECT_EQ(normalized_value("imcRoutingRow", " A   b "), "A b");
    EXPECT_EQ(normalized_value("userPassword", " A  b "), " A  b ");
    EXPECT_EQ(normalized_value("member", "CN=A, O=B"), normalized_value("MEMBER", "cn=a,o=b"));
    EXPECT_EQ(normalized_value("unknown", "X"), "x");
}

TEST(Schema, AuxiliaryClassStandsBesideTheStructuralOne)
{
    const Entry domain{
        *Dn::parse("o=x"),
        {{"objectClass", {"organization", "dcObject"}}, {"o", {"x"}}, {"dc", {"x"}}}};
    EXPECT_TRUE(check_schema(domain));
    EXPECT_EQ(structural_class(domain)->name, "organization");
}

// The server must be able to compare what we ask it to compare.
TEST(Schema, SecretStaysOneWithOptions)
{
    EXPECT_TRUE(is_secret("userPassword"));
    EXPECT_TRUE(is_secret("USERPASSWORD;lang-en"));
    EXPECT_FALSE(is_secret("mail;lang-en"));
    EXPECT_FALSE(is_secret(";userPassword"));
    // Of directories that are not ours, which our bind account may let us read.
    for (const char* name :
         {"unicodePwd", "authPassword", "ntPassword", "sambaNTPassword", "krbPrincipalKey",
          "ipaNTHash", "pwdHistory", "supplementalCredentials", "msLAPS-EncryptedPassword",
          "imcScramSha256", "UNICODEPWD;binary", "2.5.4.35"})
        EXPECT_TRUE(is_secret(name)) << name;
    for (const char* name : {"pwdLastSet", "userCertificate", "manager", "imcAuthPasswordFile"})
        EXPECT_FALSE(is_secret(name)) << name;
}

TEST(Schema, ForServersSaysTheSameRules)
{
    const auto text = std::string{schema_ldif()};
    std::string unfolded;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text.substr(i, 2) == "\n ")
            ++i;
        else
            unfolded += text[i];
    const auto line_of = [&](const std::string& name) {
        const auto at = unfolded.find("NAME '" + name + "'");
        return unfolded.substr(at, unfolded.find('\n', at) - at);
    };
    EXPECT_NE(line_of("imcMaxMessageKB").find("ORDERING integerOrderingMatch"), std::string::npos);
    EXPECT_NE(line_of("imcRoutingRow").find("EQUALITY caseExactMatch"), std::string::npos);
    EXPECT_NE(line_of("proxyAddresses").find("EQUALITY caseIgnoreMatch"), std::string::npos);
    EXPECT_NE(line_of("imcHomeServer").find("EQUALITY distinguishedNameMatch"), std::string::npos);
}

}  // namespace
}  // namespace imc
