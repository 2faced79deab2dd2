/// Recipients of a directory of their own, and the administrator wherever he is.
#include "directory/recorded.h"
#include "transfer/resolver.h"

#include <gtest/gtest.h>

namespace imc::transfer {
namespace {

using namespace std::chrono_literals;

Dn dn(const std::string& text) { return Dn::parse_rfc4514(text).value(); }

Entry mailbox(const std::string& name, const std::string& alias)
{
    return {dn(name),
            {{"objectClass", {"imcMailbox"}},
             {"mailNickname", {alias}},
             {"proxyAddresses", {"SMTP:" + alias + "@contoso.example"}}}};
}

const Entry admin = mailbox("cn=admin,cn=Recipients,o=Contoso", "admin");
const Entry old_ann = mailbox("cn=old,cn=Recipients,o=Contoso", "old");
const Entry ann = mailbox("uid=ann,ou=People,dc=example", "ann");
const Entry root = mailbox("uid=root,ou=People,dc=example", "root");

class PeopleApart : public testing::Test {
protected:
    PeopleApart()
    {
        config_.local_domains = {"contoso.example"};
        config_.organization = dn("o=Contoso");
        config_.administrator = {admin.dn, "admin@contoso.example"};
        people_.directory = recorded_directory({ann, root}, "people");
        people_.base = dn("ou=People,dc=example");
    }

    std::string way(const std::string& address)
    {
        const RecipientResolver resolver{std::make_shared<const config::Config>(config_),
                                         recorded_directory({admin, old_ann}, "configuration"),
                                         people_};
        const auto found = resolver.resolve(address, after(10s));
        if (const auto* route = std::get_if<Route>(&found)) return route->key;
        return std::holds_alternative<NoSuchRecipient>(found) ? "unknown" : "cannot say";
    }
    void silence()
    {
        people_.directory =
            silent_directory("people", Error{EventId::directory_unreachable, "no answer"});
    }

    config::Config config_;
    config::People people_;
};

TEST_F(PeopleApart, RecipientsAreThoseOfTheirDirectoryAndNotOfTheConfiguration)
{
    EXPECT_EQ(way("ann@contoso.example"), "maildir:ann");
    EXPECT_EQ(way("old@contoso.example"), "unknown");
    EXPECT_EQ(way("nobody@contoso.example"), "unknown");
}

TEST_F(PeopleApart, AdministratorBesideTheConfigurationIsReachedByHisAddress)
{
    EXPECT_EQ(way("postmaster@contoso.example"), "maildir:admin");
    EXPECT_EQ(way("Admin@Contoso.example"), "maildir:admin");
    silence();
    EXPECT_EQ(way("postmaster@contoso.example"), "maildir:admin");
    EXPECT_EQ(way("admin@contoso.example"), "maildir:admin");
}

TEST_F(PeopleApart, AdministratorAmongPeopleIsReadThere)
{
    config_.administrator = {root.dn, "root@contoso.example"};
    people_.administrator = true;
    EXPECT_EQ(way("postmaster@contoso.example"), "maildir:root");
    EXPECT_EQ(way("admin@contoso.example"), "unknown");
    silence();
    EXPECT_EQ(way("postmaster@contoso.example"), "cannot say");
}

// Silence of the people's directory must never read as "no such user".
TEST_F(PeopleApart, SilenceOfTheirDirectoryIsNoRefusal)
{
    silence();
    EXPECT_EQ(way("ann@contoso.example"), "cannot say");
    EXPECT_EQ(way("nobody@contoso.example"), "cannot say");
    people_ = {};
    EXPECT_EQ(way("old@contoso.example"), "maildir:old") << "no directory of their own";
}

}  // namespace
}  // namespace imc::transfer
