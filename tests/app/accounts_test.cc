#include "app/service/accounts.h"

#include "app/account_tree.h"
#include "app/service/submission_rules.h"
#include "directory/mapped.h"
#include "kit/ignorant_directory.h"

#include <gtest/gtest.h>

namespace imc::app {
namespace {

using namespace std::chrono_literals;
using kit::AccountTree;
using Engine = AccountTree::Engine;

/// One suite for both engines.
class AccountsContract : public testing::TestWithParam<Engine> {
protected:
    std::string name_of(const Accounts::Found& found)
    {
        if (const auto* entry = std::get_if<Entry>(&found)) return Accounts::alias(*entry);
        if (const auto* nobody = std::get_if<Accounts::Nobody>(&found))
            return "nobody: " + nobody->reason;
        return "cannot say: " + std::get<CannotSay>(found).reason.to_string();
    }

    /// "yes", "no" or "cannot say"
    std::string check(const std::string& user, const std::string& password)
    {
        const auto found = accounts.by_name(user, after(10s));
        const auto checked = accounts.check(found, password, after(10s));
        if (std::holds_alternative<Accounts::Yes>(checked)) return "yes";
        return std::holds_alternative<Accounts::Nobody>(checked) ? "no" : "cannot say";
    }

    SubmissionRules rules()
    {
        auto config = std::make_shared<config::Config>();
        config->organization = tree.organization();
        config->local_domains = {"contoso.example"};
        config->administrator.dn = tree.person("bob");
        return SubmissionRules{config, tree.directory};
    }

    AccountTree tree{GetParam()};
    Accounts accounts{tree.directory, tree.organization()};
};

TEST_P(AccountsContract, AliasAndEveryAddressNameTheSameAccount)
{
    for (const auto* user : {"ann", "ANN", "ann@contoso.example", "Ann.B@Contoso.EXAMPLE"})
        EXPECT_EQ(name_of(accounts.by_name(user, after(10s))), "ann") << user;
}

TEST_P(AccountsContract, ListsAndStrangersAreNobody)
{
    EXPECT_EQ(name_of(accounts.by_name("nobody", after(10s))), "nobody: no such account");
    EXPECT_EQ(name_of(accounts.by_name("no@contoso.example", after(10s))),
              "nobody: no such account");
    EXPECT_NE(name_of(accounts.by_name("all", after(10s))).find("is no mailbox"),
              std::string::npos);
    for (const auto* user : {"", "a\x01", "*", "a)(cn=*", "@", "a@b@c"})
        EXPECT_TRUE(name_of(accounts.by_name(user, after(10s))).starts_with("nobody")) << user;
}

// Whose the password would have to be cannot be known: it is no wrong one, and no guess.
TEST_P(AccountsContract, NameOrCertificateOfTwoObjectsCannotBeToldWhose)
{
    const auto doubled = [&](const Accounts::Found& found, const std::string& other) {
        const auto* silent = std::get_if<CannotSay>(&found);
        ASSERT_NE(silent, nullptr) << name_of(found);
        EXPECT_EQ(silent->reason.event(), EventId::account_not_unique);
        EXPECT_NE(silent->reason.detail().find("leads to 2 objects"), std::string::npos);
        EXPECT_NE(silent->reason.detail().find(other), std::string::npos)
            << silent->reason.detail();
    };
    doubled(accounts.by_name("twin", after(10s)), "cn=twin2");
    tree.set("bob", "imcClientCertificate", {"sha256:00ff"});
    doubled(accounts.by_certificate("00ff", "", after(10s)), "cn=bob");
}

TEST_P(AccountsContract, RightPasswordIsRightAndAnyOtherIsNot)
{
    EXPECT_EQ(check("ann", "pencil"), "yes");
    EXPECT_EQ(check("ann.b@contoso.example", "pencil"), "yes");
    EXPECT_EQ(check("ann", "Pencil"), "no");
    EXPECT_EQ(check("ann", "pencil "), "no");
    EXPECT_EQ(check("eve", "rubber"), "yes");
    EXPECT_EQ(check("nobody", "pencil"), "no");
    EXPECT_EQ(check("twin", "pencil"), "cannot say");
}

// RFC 4513 section 5.1.2: a bind with an empty password succeeds as nobody.
TEST_P(AccountsContract, EmptyPasswordIsNeverRight)
{
    EXPECT_EQ(check("ann", ""), "no");
    EXPECT_EQ(check("bob", ""), "no");
    const auto answer = tree.directory->check_password(tree.person("ann"), "", after(10s));
    ASSERT_TRUE(std::holds_alternative<bool>(answer));
    EXPECT_FALSE(std::get<bool>(answer));
}

TEST_P(AccountsContract, MailboxWithoutPasswordIsOpenToNobody)
{
    EXPECT_EQ(check("bob", "pencil"), "no");
    tree.set("ann", "userPassword", {});
    EXPECT_EQ(check("ann", "pencil"), "no");
}

TEST_P(AccountsContract, AccountActsAsItselfOnly)
{
    const auto found = accounts.by_name("ann", after(10s));
    const auto& ann = std::get<Entry>(found);
    EXPECT_TRUE(Accounts::may_act_as(ann, ""));
    EXPECT_TRUE(Accounts::may_act_as(ann, "Ann"));
    EXPECT_TRUE(Accounts::may_act_as(ann, "ANN.b@contoso.example"));
    EXPECT_FALSE(Accounts::may_act_as(ann, "eve"));
    EXPECT_FALSE(Accounts::may_act_as(ann, "bob@contoso.example"));
}

TEST_P(AccountsContract, CertificateNamesItsAccount)
{
    EXPECT_EQ(name_of(accounts.by_certificate("00FF", "", after(10s))), "eve");
    EXPECT_EQ(name_of(accounts.by_certificate("11", "CN=eve,O=Contoso", after(10s))), "eve");
    EXPECT_TRUE(name_of(accounts.by_certificate("11", "CN=bob", after(10s))).starts_with("nobody"));
    EXPECT_TRUE(name_of(accounts.by_certificate("", "", after(10s))).starts_with("nobody"));
}

TEST_P(AccountsContract, SendsAsItselfAsWhomItServesAndAsNobodyElse)
{
    const auto judges = rules();
    const auto may = [&](const char* account, const char* address) {
        const auto answer = judges.may_send_as(account, address, after(10s));
        EXPECT_TRUE(std::holds_alternative<bool>(answer));
        return std::get<bool>(answer);
    };
    EXPECT_TRUE(may("ann", "ann@contoso.example"));
    EXPECT_TRUE(may("ann", "ANN.B@contoso.example"));
    EXPECT_TRUE(may("eve", "ann@contoso.example"));  // publicDelegates
    EXPECT_FALSE(may("ann", "eve@contoso.example"));
    EXPECT_FALSE(may("ann", "ann@elsewhere.example"));
    EXPECT_FALSE(may("ann", "all@contoso.example"));
    EXPECT_FALSE(may("ann", "postmaster@contoso.example"));
    EXPECT_TRUE(may("bob", "postmaster@contoso.example"));
    EXPECT_FALSE(may("bob", "postmaster@elsewhere.example"));
    EXPECT_FALSE(may("", "ann@contoso.example"));
    EXPECT_FALSE(may("nobody", "ann@contoso.example"));
}

// An alias that two people have by now is no "no" for whoever signed in by it.
TEST_P(AccountsContract, WhoIsThereTwiceIsNotForbiddenToSend)
{
    const auto answer = rules().may_send_as("twin", "ann@contoso.example", after(10s));
    const auto* silent = std::get_if<CannotSay>(&answer);
    ASSERT_NE(silent, nullptr);
    EXPECT_EQ(silent->reason.event(), EventId::account_not_unique);
    EXPECT_NE(silent->reason.detail().find("cn=twin2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Engines, AccountsContract,
                         testing::Values(Engine::embedded, Engine::slapd), [](const auto& about) {
                             return about.param == Engine::embedded ? "embedded" : "slapd";
                         });

// An outage is no wrong password.
TEST(AccountsOnLdap, SilentServerCannotSay)
{
    AccountTree tree{Engine::slapd};
    Accounts accounts{tree.directory, tree.organization()};
    const auto found = accounts.by_name("ann", after(10s));
    tree.server->stop();
    EXPECT_TRUE(std::holds_alternative<CannotSay>(accounts.check(found, "pencil", after(5s))));
    EXPECT_TRUE(std::holds_alternative<CannotSay>(accounts.by_name("ann", after(5s))));
    EXPECT_TRUE(std::holds_alternative<CannotSay>(accounts.by_certificate("00ff", "", after(5s))));
}

TEST(AccountsOnLdap, ServerThatDoesNotKnowAliasesForbidsNobodyToSend)
{
    auto config = std::make_shared<config::Config>();
    const std::shared_ptr<Directory> directory = std::make_shared<kit::IgnorantDirectory>();
    const SubmissionRules rules{config, directory};
    const auto answer = rules.may_send_as("ann", "ann@contoso.example", after(10s));
    EXPECT_TRUE(std::holds_alternative<CannotSay>(answer));
}

// Who is not found there may well have an account: it is no wrong name, and counts as no guess.
TEST(AccountsOnLdap, ServerThatDoesNotKnowNamesAndCertificatesCannotSayWhoseTheyAre)
{
    Accounts accounts{std::make_shared<kit::IgnorantDirectory>(), *Dn::parse("o=Contoso")};
    for (const auto* user : {"ann", "ann@contoso.example"}) {
        const auto found = accounts.by_name(user, after(10s));
        EXPECT_TRUE(std::holds_alternative<CannotSay>(found)) << user;
        EXPECT_TRUE(std::holds_alternative<CannotSay>(accounts.check(found, "pencil", after(10s))));
    }
    EXPECT_TRUE(
        std::holds_alternative<CannotSay>(accounts.by_certificate("00ff", "CN=a", after(10s))));
}

TEST(AccountsOnLdap, CertificateIsNobodysWhereTheMapSaysThatNobodyHasOne)
{
    AttributeMap map;
    map.take("imcClientCertificate=").value();
    const kit::Slapd server{"--no-schema"};
    const std::shared_ptr<Directory> theirs =
        ldap_directory({.urls = {server["url"]},
                        .base = server["suffix"],
                        .bind_dn = server["bind_dn"],
                        .password_file = server.password_file()});
    const auto base = *Dn::parse_rfc4514(server["suffix"]);
    Accounts unmapped{theirs, base};
    EXPECT_TRUE(std::holds_alternative<CannotSay>(unmapped.by_certificate("00ff", "", after(10s))));
    Accounts mapped{mapped_directory(theirs, map), base};
    EXPECT_TRUE(
        std::holds_alternative<Accounts::Nobody>(mapped.by_certificate("00ff", "", after(10s))));
}

TEST(AccountsOnLdap, ScramIsWorthOfferingWhenKeysAreThere)
{
    AccountTree with{Engine::slapd};
    EXPECT_TRUE((Accounts{with.directory, with.organization()}.holds_scram_keys(after(10s))));
    AccountTree without{Engine::slapd, false};
    EXPECT_FALSE(
        (Accounts{without.directory, without.organization()}.holds_scram_keys(after(10s))));
}

}  // namespace
}  // namespace imc::app
