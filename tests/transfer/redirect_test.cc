#include "mail/srs.h"
#include "people.h"
#include "transfer/resolver.h"

#include <gtest/gtest.h>

namespace imc::transfer {
namespace {

using namespace std::chrono_literals;

class Redirecting : public testing::Test {
protected:
    Redirecting()
    {
        config_.local_domains = {"contoso.example"};
        config_.organization = *Dn::parse("o=Contoso");
    }
    Resolution ask(const std::string& address)
    {
        const RecipientResolver resolver{std::make_shared<const config::Config>(config_),
                                         std::make_shared<Tired>(entries_)};
        return resolver.resolve(address, after(10s));
    }
    std::string way(const std::string& name)
    {
        const auto found = ask(name + "@contoso.example");
        if (const auto* route = std::get_if<Route>(&found))
            return route->key + " " + route->address;
        if (const auto* more = std::get_if<Expand>(&found))
            return (more->list ? "list " : "copy ") + more->object;
        if (const auto* silent = std::get_if<CannotSay>(&found))
            return std::to_string(static_cast<int>(silent->reason.event())) + " " +
                   silent->reason.detail();
        return "unknown";
    }
    void redirect(std::size_t who, const std::string& to, bool keeps = false)
    {
        entries_[who].attributes["altRecipient"] = {name_of(to)};
        if (keeps) entries_[who].attributes["deliverAndRedirect"] = {"TRUE"};
    }

    config::Config config_;
    std::vector<Entry> entries_{person("alice"), person("bob"), person("carol"),
                                list_of("staff", {"alice", "bob"})};
};

TEST_F(Redirecting, ListIsExpandedWhereItsMailIsDelivered)
{
    EXPECT_EQ(way("staff"), "list cn=staff,o=Contoso");
    const auto found = ask("staff@contoso.example");
    EXPECT_EQ(std::get<Expand>(found).address, "staff@contoso.example");
    EXPECT_EQ(std::get<Expand>(found).restrictions, nullptr);
}

// A folder under the name of who is elsewhere is read by nobody, or by somebody else of that name.
TEST_F(Redirecting, MailOfWhoIsElsewhereEndsInNoFolderHere)
{
    entries_[0].attributes["objectClass"] = {"imcContact"};
    EXPECT_TRUE(way("alice").ends_with("a contact without targetAddress")) << way("alice");
}

TEST_F(Redirecting, AlternateRecipientGetsTheMailInstead)
{
    redirect(0, "bob");
    EXPECT_EQ(way("alice"), "maildir:bob bob@contoso.example");
    redirect(1, "carol");
    EXPECT_EQ(way("alice"), "maildir:carol carol@contoso.example");
    redirect(1, "staff");
    EXPECT_EQ(way("alice"), "list cn=staff,o=Contoso");
}

TEST_F(Redirecting, MailboxThatKeepsItsMailStandsForTwo)
{
    redirect(0, "bob", true);
    EXPECT_EQ(way("alice"), "copy cn=alice,o=Contoso");
    const auto found = ask("alice@contoso.example");
    ASSERT_TRUE(std::get<Expand>(found).here);
    EXPECT_EQ(std::get<Expand>(found).here->key, "maildir:alice");
}

TEST_F(Redirecting, CircleOfAlternateRecipientsWaitsAndIsToldAsAPath)
{
    redirect(0, "bob");
    redirect(1, "carol");
    redirect(2, "alice");
    EXPECT_EQ(way("alice"), "40865 cn=alice,o=Contoso: altRecipient leads in a circle: "
                            "alice > bob > carol > alice");
}

TEST_F(Redirecting, AlternateRecipientThatIsGoneIsNoReasonToRefuse)
{
    redirect(0, "gone");
    EXPECT_EQ(way("alice"), "40865 cn=alice,o=Contoso: altRecipient names cn=gone,o=Contoso, "
                            "which does not exist");
}

TEST_F(Redirecting, RestrictionsAreThoseOfWhoWasAskedFor)
{
    redirect(0, "bob");
    entries_[0].attributes["authOrig"] = {name_of("carol")};
    entries_[1].attributes["imcAuthOnly"] = {"TRUE"};
    const auto found = ask("alice@contoso.example");
    const auto& rules = std::get<Route>(found).restrictions;
    ASSERT_NE(rules, nullptr);
    EXPECT_EQ(rules->object, name_of("alice"));
    EXPECT_FALSE(rules->signed_in_only);
}

// mail/srs.h: what we have passed on comes back by way of us, and nothing else does.
TEST_F(Redirecting, ReportOnMailThatWasPassedOnGoesToItsSender)
{
    config_.srs_key = "key";
    const mail::Srs srs{"key"}, forger{"guess"};
    const auto now = wall_clock().now();
    const auto way_of = [&](const std::optional<std::string>& address) {
        return way(address->substr(0, address->rfind('@')));
    };
    EXPECT_EQ(way_of(srs.forward("ann@example.net", "contoso.example", now)),
              "mx:example.net ann@example.net");
    EXPECT_EQ(way_of(forger.forward("ann@example.net", "contoso.example", now)), "unknown");
    EXPECT_EQ(way_of(srs.forward("bob@contoso.example", "contoso.example", now)),
              "maildir:bob bob@contoso.example");
    EXPECT_EQ(way("SRS0=aaaaaaaa=aa=example.net=ann"), "unknown");
    // Nobody is unknown because a key is missing.
    config_.srs_key.clear();
    EXPECT_TRUE(
        way_of(srs.forward("ann@example.net", "contoso.example", now)).starts_with("40867"));
}

// Everybody who gets mail that we have passed on reads such an address in Return-Path.
TEST_F(Redirecting, MailThatIsNoReportIsNotRelayedToWhomWeHaveMadeAnAddressFor)
{
    config_.srs_key = "key";
    entries_[2].attributes["targetAddress"] = {"SMTP:carol@partner.example"};
    const mail::Srs srs{"key"};
    const auto of = [&](const char* sender) {
        return *srs.forward(sender, "contoso.example", wall_clock().now());
    };
    const auto rcpt = [&](const std::string& recipient, const std::string& sender,
                          const std::string& account = {}) {
        Request request;
        request.recipient = recipient;
        request.from_client = true;
        request.sender = sender;
        request.client.peer = "198.51.100.1";
        request.client.account = account;
        const RecipientResolver resolver{std::make_shared<const config::Config>(config_),
                                         std::make_shared<Tired>(entries_)};
        const auto found = resolver.resolve(request, after(10s));
        if (const auto* route = std::get_if<Route>(&found)) return route->key;
        return std::string{std::holds_alternative<RelayDenied>(found) ? "no relay" : "other"};
    };
    EXPECT_EQ(rcpt(of("ann@example.net"), ""), "mx:example.net");
    EXPECT_EQ(rcpt(of("ann@example.net"), "eve@elsewhere.example"), "no relay");
    config_.relay.use_authenticated = true;
    EXPECT_EQ(rcpt(of("ann@example.net"), "alice@contoso.example", "alice"), "mx:example.net")
        << "who may relay may write to him";
    EXPECT_EQ(rcpt(of("bob@contoso.example"), "eve@elsewhere.example"), "maildir:bob")
        << "who is ours is no relaying";
    EXPECT_EQ(rcpt(of("carol@contoso.example"), "eve@elsewhere.example"), "mx:partner.example")
        << "the directory passes it on, as it does her other mail";
}

}  // namespace
}  // namespace imc::transfer
