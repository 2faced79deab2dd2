#include "config/parse.h"
#include "config/tree.h"
#include "directory/embedded.h"
#include "directory/recorded.h"
#include "transfer/resolver.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace imc::transfer {
namespace {

using namespace std::chrono_literals;

class Resolver : public testing::Test {
protected:
    Resolver()
    {
        char name[] = "/tmp/imc-resolver-XXXXXX";
        folder_ = ::mkdtemp(name);
        directory_ = *create_embedded(folder_ + "/directory.db");
        const config::OrganizationPlan plan{{},      "Contoso",         "Oslo",
                                            "MAIL1", "contoso.example", "admin"};
        auto changes = config::new_organization(plan);
        const config::TreeNames names{{}, "Contoso", "Oslo", "MAIL1"};
        changes.push_back(
            config::new_mailbox(names.recipients, "alice", "alice@contoso.example", ""));
        auto contact = config::new_mailbox(names.recipients, "carol", "carol@contoso.example", "");
        contact.attributes["objectClass"] = {"imcContact"};
        contact.attributes["targetAddress"] = {"SMTP:carol@partner.example"};
        changes.push_back(contact);
        Change list{Change::Kind::add, names.recipients.child("cn", "staff")};
        list.attributes["objectClass"] = {"imcList"};
        list.attributes["mailNickname"] = {"staff"};
        list.attributes["proxyAddresses"] = {"SMTP:staff@contoso.example",
                                             "smtp:team@fabrikam.example"};
        for (const char* member : {"alice", "carol", "gone"})
            list.attributes["member"].push_back(names.recipients.child("cn", member).to_rfc4514());
        changes.push_back(list);
        EXPECT_TRUE(directory_->apply(changes, after(10s)));
        config_.local_domains = {"contoso.example", "fabrikam.example"};
        config_.own_addresses = {"192.0.2.25", "2001:db8::25"};
        config_.organization = names.organization;
        config_.administrator = {names.recipients.child("cn", "admin"), "admin@contoso.example"};
        config_.paths = Paths{folder_};
    }
    ~Resolver() override { std::filesystem::remove_all(folder_); }

    std::string way(const std::string& address)
    {
        const RecipientResolver resolver{std::make_shared<const config::Config>(config_),
                                         directory_};
        const auto found = resolver.resolve(address, after(10s));
        if (const auto* route = std::get_if<Route>(&found))
            return route->key + " " + route->address;
        if (std::holds_alternative<NoSuchRecipient>(found)) return "unknown";
        return std::holds_alternative<AmbiguousRecipient>(found) ? "ambiguous" : "cannot say";
    }

    std::string members(const std::string& list, std::size_t most = 10,
                        Deadline deadline = after(10s))
    {
        const RecipientResolver resolver{std::make_shared<const config::Config>(config_),
                                         directory_};
        const auto found = resolver.members(list, most, deadline);
        return std::visit(Overloaded{
                              [](const ListMembers& list_of) {
                                  std::string all;
                                  for (const auto& address : list_of.addresses)
                                      all += (all.empty() ? "" : " ") + address;
                                  return all;
                              },
                              [](const NotAList&) { return std::string{"no list"}; },
                              [](const TooManyMembers&) { return std::string{"too many"}; },
                              [](const NoSuchRecipient&) { return std::string{"unknown"}; },
                              [](const AmbiguousRecipient&) { return std::string{"ambiguous"}; },
                              [](const CannotSay&) { return std::string{"cannot say"}; },
                          },
                          found);
    }

    std::string folder_;
    std::shared_ptr<Directory> directory_;
    config::Config config_;
};

TEST_F(Resolver, MailboxIsFoundHoweverItsAddressIsWritten)
{
    EXPECT_EQ(way("alice@contoso.example"), "maildir:alice alice@contoso.example");
    EXPECT_EQ(way("ALICE@Contoso.Example"), "maildir:alice ALICE@Contoso.Example");
    EXPECT_EQ(way("nobody@contoso.example"), "unknown");
}

// Q201072, Q242387, Q245041 (a prefix of postmaster is nobody)
// postmaster-prefix-match (Q245041)
TEST_F(Resolver, PostmasterOfEveryLocalDomainIsTheAdministrator)
{
    for (const char* address :
         {"postmaster", "PostMaster@contoso.example", "postmaster@fabrikam.example"})
        EXPECT_TRUE(way(address).starts_with("maildir:admin ")) << address;
    for (const char* prefix : {"p", "po", "post", "postmaste", "postmasters"})
        EXPECT_EQ(way(prefix + std::string{"@contoso.example"}), "unknown") << prefix;
}

// space-in-quoted-local (Q156703): the blank was lost, and another person got the mail.
TEST_F(Resolver, RegressionSpaceInQuotedLocal)
{
    const config::TreeNames names{{}, "Contoso", "Oslo", "MAIL1"};
    std::vector<Change> changes;
    changes.push_back(
        config::new_mailbox(names.recipients, "full", "\"Full Name\"@contoso.example", ""));
    changes.push_back(
        config::new_mailbox(names.recipients, "other", "FullName@contoso.example", ""));
    ASSERT_TRUE(directory_->apply(changes, after(10s)));
    EXPECT_EQ(way("\"Full Name\"@contoso.example"), "maildir:full \"Full Name\"@contoso.example");
    EXPECT_TRUE(way("FullName@contoso.example").starts_with("maildir:other "));
    EXPECT_EQ(way("\"Full\"@contoso.example"), "unknown");
}

// The thirteen classic forms are decided by their last domain and never read again.
TEST_F(Resolver, LocalPartIsNeverReadAsAnotherAddress)
{
    for (const char* address :
         {"user%example.net@contoso.example", "\"user@example.net\"@contoso.example",
          "example.net!user@contoso.example", "IMCEASMTP-user+40example+2Enet@contoso.example"})
        EXPECT_EQ(way(address), "unknown") << address;
    EXPECT_EQ(way("user@contoso.example.evil.example"),
              "mx:contoso.example.evil.example user@contoso.example.evil.example");
}

// literal-domain-ours (Q194742, Q193316, Q249100)
TEST_F(Resolver, RegressionLiteralDomainOurs)
{
    EXPECT_EQ(way("alice@[192.0.2.25]"), "maildir:alice alice@[192.0.2.25]");
    EXPECT_EQ(way("ALICE@[ipv6:2001:DB8:0:0::25]"), "maildir:alice ALICE@[ipv6:2001:DB8:0:0::25]");
    EXPECT_TRUE(way("alice@[IPv6:::ffff:192.0.2.25]").starts_with("maildir:alice "));
    EXPECT_TRUE(way("alice@[IPv6:::ffff:192.0.2.26]").starts_with("mx:"));
    EXPECT_TRUE(way("postmaster@[192.0.2.25]").starts_with("maildir:admin "));
    EXPECT_EQ(way("nobody@[192.0.2.25]"), "unknown");
    EXPECT_EQ(way("user%example.net@[192.0.2.25]"), "unknown");
    EXPECT_EQ(way("alice@[192.0.2.26]"), "mx:[192.0.2.26] alice@[192.0.2.26]");
    EXPECT_EQ(way("alice@[IPv6:2001:db8::26]"), "mx:[ipv6:2001:db8::26] alice@[IPv6:2001:db8::26]");
    EXPECT_EQ(way("alice@192.0.2.25"), "mx:192.0.2.25 alice@192.0.2.25") << "no literal";
}

TEST_F(Resolver, MembersOfAListAreToldOneLevelDown)
{
    EXPECT_EQ(members("staff@contoso.example"), "alice@contoso.example carol@contoso.example")
        << "a member that is gone is left out";
    EXPECT_EQ(members("STAFF"), members("staff@contoso.example"));
    EXPECT_EQ(members("team@fabrikam.example"), members("staff"));
    EXPECT_EQ(members("staff", 2), "too many");
    EXPECT_EQ(members("alice"), "no list");
    EXPECT_EQ(members("nobody"), "unknown");
    EXPECT_EQ(members("staff@example.net"), "unknown") << "not ours to tell";
    EXPECT_EQ(members("a b"), "unknown");
    EXPECT_EQ(members("staff", 10, Deadline{}), "cannot say") << "silence is never a no";
}

TEST_F(Resolver, ContactGoesWhereTheDirectorySays)
{
    EXPECT_EQ(way("carol@contoso.example"), "mx:partner.example carol@partner.example");
}

TEST_F(Resolver, RemoteMailGoesByRowThenSmartHostThenMx)
{
    EXPECT_EQ(way("x@example.net"), "mx:example.net x@example.net");
    config_.smart_hosts = {{"relay.example", 26}};
    EXPECT_EQ(way("x@example.net"), "smtp:[relay.example]:26 x@example.net");
    for (const char* text :
         {"example.net;a.example;host", "sub.example.net;;dns", "#example.net;b.example;host"})
        config_.delivery.push_back(*config::parse_delivery_row(text, 1));
    EXPECT_EQ(way("x@example.net"), "smtp:[b.example]:25 x@example.net");
    EXPECT_EQ(way("x@other.example.net"), "smtp:[a.example]:25 x@other.example.net");
    EXPECT_EQ(way("x@sub.example.net"), "mx:sub.example.net x@sub.example.net");
    EXPECT_EQ(way("x@notexample.net"), "smtp:[relay.example]:26 x@notexample.net");
}

// per-domain-suffix-vs-local (Q164457): domains are compared label by label.
TEST_F(Resolver, DomainThatEndsLikeOursIsNotOurs)
{
    config_.delivery.push_back(*config::parse_delivery_row("contoso.example;a.example;host", 1));
    EXPECT_EQ(way("x@notcontoso.example"), "mx:notcontoso.example x@notcontoso.example");
    EXPECT_EQ(way("x@sub.contoso.example"), "smtp:[a.example]:25 x@sub.contoso.example");
    EXPECT_EQ(way("alice@contoso.example"), "maildir:alice alice@contoso.example");
}

// domain-trailing-dot (Q153655): in a row as in a recipient.
TEST_F(Resolver, TrailingDotChangesNothing)
{
    EXPECT_TRUE(way("alice@contoso.example.").starts_with("maildir:alice "));
    config_.delivery.push_back(*config::parse_delivery_row("example.net.;a.example.;host", 1));
    EXPECT_TRUE(way("x@example.net.").starts_with("smtp:[a.example]:25 "));
    EXPECT_TRUE(way("x@example.net").starts_with("smtp:[a.example]:25 "));
}

// Mail that is carried alike shares a queue; what is not does not, though the hosts are the same.
TEST_F(Resolver, RemoteMailGoesByItsProfile)
{
    config::DomainProfile all, same, other;
    all.domain = "*";
    all.hosts = same.hosts = other.hosts = {{"relay.example", 26}};
    same.domain = "a.example";
    other.domain = other.carrier = "b.example";
    other.origins = {{"imcSmartHost", "relay.example:26", "cn=b.example"}};
    config_.profiles = {all, same, other};
    EXPECT_EQ(way("x@c.example"), "smtp:[relay.example]:26 x@c.example");
    EXPECT_EQ(way("x@a.example"), "smtp:[relay.example]:26 x@a.example");
    EXPECT_EQ(way("x@b.example"), "smtp:[relay.example]:26 as b.example x@b.example");
    config_.profiles[0].hosts.clear();
    EXPECT_EQ(way("x@c.example"), "mx:c.example x@c.example");
    EXPECT_EQ(way("x@[192.0.2.7]"), "mx:[192.0.2.7] x@[192.0.2.7]");
}

// Q193782: replies to what an older system sent, by the name that it had there or by ours.
TEST_F(Resolver, EncapsulatedNameIsTheObjectsOldOneOrItsPlaceInTheTree)
{
    Change change{Change::Kind::modify, *Dn::parse("cn=alice,cn=Recipients,ou=Oslo,o=Contoso")};
    change.changes.push_back(
        {AttributeChange::Kind::add, "legacyExchangeDN", {"/o=Old/ou=First/cn=Recipients/cn=ali"}});
    ASSERT_TRUE(directory_->apply({&change, 1}, after(10s)));
    const auto taken = [this](const std::string& local) {
        const RecipientResolver resolver{std::make_shared<const config::Config>(config_),
                                         directory_};
        const auto address = local + "@contoso.example";
        Request request;
        request.recipient = address;
        request.taken = true;
        const auto found = resolver.resolve(request, after(10s));
        const auto* route = std::get_if<Route>(&found);
        return route != nullptr ? route->key : "unknown";
    };
    EXPECT_EQ(taken("IMCEAEX-_O=OLD_OU=FIRST_CN=RECIPIENTS_CN=ALI"), "maildir:alice");
    EXPECT_EQ(taken("IMCEAEX-_O=CONTOSO_OU=OSLO_CN=RECIPIENTS_CN=ALICE"), "maildir:alice");
    EXPECT_EQ(taken("IMCEAEX-_O=CONTOSO_OU=OSLO_CN=RECIPIENTS_CN=BOB"), "unknown");
    EXPECT_EQ(taken("IMCEAEX-_O=CONTOSO_OU=OSLO"), "unknown") << "no recipient";
    EXPECT_EQ(taken("IMCEAEX-_O=OTHER_OU=OSLO_CN=RECIPIENTS_CN=ALICE"), "unknown");
    EXPECT_EQ(way("IMCEAEX-_O=CONTOSO_OU=OSLO_CN=RECIPIENTS_CN=ALICE@contoso.example"), "unknown")
        << "of a stranger";
}

// 17 is one more than are fetched: it was "directory not answering", and no event named anybody.
TEST_F(Resolver, AddressOfMoreObjectsThanAreFetchedIsAmbiguousToo)
{
    std::vector<Entry> many;
    for (int i = 0; i < 17; ++i) {
        Entry one{config_.organization.child("cn", "m" + std::to_string(i)), {}};
        one.attributes = {{"objectClass", {"imcMailbox"}},
                          {"mailNickname", {"m" + std::to_string(i)}},
                          {"proxyAddresses", {"SMTP:all@contoso.example"}}};
        many.push_back(std::move(one));
    }
    directory_ = recorded_directory(many, "people");
    EXPECT_EQ(way("all@contoso.example"), "ambiguous");
    const RecipientResolver resolver{std::make_shared<const config::Config>(config_), directory_};
    const auto found = resolver.resolve("all@contoso.example", after(10s));
    EXPECT_EQ(std::get<AmbiguousRecipient>(found).objects.size(), 16U);
    EXPECT_EQ(way("m1@contoso.example"), "unknown");
}

TEST_F(Resolver, DirectoryThatCannotBeAskedIsNeverANo)
{
    directory_.reset();
    std::filesystem::resize_file(folder_ + "/directory.db", 100);
    std::filesystem::remove(folder_ + "/directory.db-wal");
    auto broken = open_embedded(folder_ + "/directory.db");
    EXPECT_FALSE(broken);
}

}  // namespace
}  // namespace imc::transfer
