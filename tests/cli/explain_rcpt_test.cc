#include "cli/run.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace imc::cli {
namespace {

namespace json = boost::json;

constexpr const char* connections = ",cn=Connections,cn=Configuration,ou=Oslo,o=Contoso";
constexpr const char* addressing = "cn=Site Addressing,cn=Configuration,ou=Oslo,o=Contoso";

class ExplainRcpt : public ::testing::Test {
protected:
    ExplainRcpt()
    {
        EXPECT_EQ(set_up(folder_).status, 0);
        EXPECT_EQ(
            run({"dir", "add", "mailbox", "alice", "--address", "alice@contoso.example"}).status,
            0);
    }

    Said run(std::vector<std::string> words) { return imc(folder_, std::move(words)); }
    json::object explain(const std::string& address, std::vector<std::string> more = {})
    {
        std::vector<std::string> words{"explain", "rcpt", address, "--json", "--no-dns"};
        words.insert(words.end(), more.begin(), more.end());
        return json::parse(run(std::move(words)).out).as_object();
    }
    static json::object step(const json::object& said, const char* name)
    {
        for (const auto& one : said.at("steps").as_array())
            if (one.as_object().at("step").as_string() == name) return one.as_object();
        return {};
    }

    Folder folder_;
};

TEST_F(ExplainRcpt, EveryStepIsTold)
{
    const auto said = explain("ALICE@contoso.example");
    EXPECT_EQ(said.at("verdict"), "accepted");
    EXPECT_EQ(step(said, "domain").at("class"), "ours");
    const auto match = step(said, "proxy address");
    EXPECT_EQ(match.at("dn"), "cn=alice,cn=Recipients,ou=Oslo,o=Contoso");
    EXPECT_EQ(match.at("attribute"), "proxyAddresses");
    EXPECT_EQ(match.at("value"), "SMTP:alice@contoso.example");
    EXPECT_EQ(step(said, "object").at("kind"), "mailbox");
    EXPECT_EQ(step(said, "route").at("decides"), true);
    const auto text = run({"explain", "rcpt", "alice@contoso.example"}).out;
    EXPECT_NE(text.find("  * route: mailbox cn=alice"), std::string::npos) << text;
    EXPECT_NE(text.find("goes to  Maildir "), std::string::npos) << text;
}

TEST_F(ExplainRcpt, RelayRulesAreAskedForAClientOnly)
{
    const auto nobody = explain("x@example.net");
    EXPECT_EQ(nobody.at("verdict"), "accepted");
    EXPECT_TRUE(step(nobody, "relay").empty());
    const auto stranger =
        explain("x@example.net", {"--peer", "192.0.2.7", "--from", "alice@contoso.example"});
    EXPECT_EQ(stranger.at("reply"), "550 5.7.1");
    EXPECT_FALSE(step(stranger, "relay").empty());
    EXPECT_FALSE(step(stranger, "sender").empty());
    const auto own = explain("x@example.net", {"--auth", "alice", "--role", "submission"});
    EXPECT_EQ(own.at("verdict"), "accepted");
    EXPECT_EQ(run({"explain", "rcpt", "x@example.net", "--peer", "foo"}).status, 2);
}

TEST_F(ExplainRcpt, ConnectorsAndWhyEachLostAreTold)
{
    const auto ours = std::string{"cn=Internet Mail Connector (MAIL1)"} + connections;
    ASSERT_EQ(run({"dir", "add", std::string{"cn=Hub"} + connections, "objectClass=imcConnector",
                   "imcHomeServer=cn=HUB,cn=Servers,cn=Configuration,ou=Oslo,o=Contoso",
                   "imcAddressSpace=SMTP:*@example.net;1;organization"})
                  .status,
              0);
    ASSERT_EQ(
        run({"dir", "modify", ours, "--add", "imcAddressSpace=SMTP:*;10;organization"}).status, 0);
    const auto withdrawn = explain("x@example.net");
    EXPECT_NE(std::string{withdrawn.at("next_hop").as_string()}.find("MX of example.net"),
              std::string::npos);
    bool told = false;
    for (const auto& one : withdrawn.at("steps").as_array())
        told = told || (one.as_object().contains("lost") &&
                        one.as_object().at("lost").as_string() ==
                            "withdraws: nobody says where it is reached (imcConnectorHost)");
    EXPECT_TRUE(told) << json::serialize(withdrawn);
    ASSERT_EQ(run({"dir", "modify", std::string{"cn=Hub"} + connections, "--add",
                   "imcConnectorHost=hub.contoso.example:2526"})
                  .status,
              0);
    EXPECT_EQ(explain("x@example.net").at("next_hop"), "SMTP to hub.contoso.example:2526");
}

TEST_F(ExplainRcpt, ConnectorOfAnotherSiteIsACandidateWithItsWay)
{
    const std::string bergen = "cn=Configuration,ou=Bergen,o=Contoso";
    const std::vector<std::vector<std::string>> objects{
        {"ou=Bergen,o=Contoso", "objectClass=organizationalUnit"},
        {bergen, "objectClass=imcContainer"},
        {"cn=Connections," + bergen, "objectClass=imcContainer"},
        {"cn=Hub,cn=Connections," + bergen, "objectClass=imcConnector",
         "imcHomeServer=cn=HUB,cn=Servers," + bergen, "imcConnectorHost=hub.b.example",
         "imcAddressSpace=SMTP:*@example.net;1;organization",
         "imcAddressSpace=SMTP:*@example.org;1;site"},
        {std::string{"cn=To Bergen"} + connections, "objectClass=imcSiteConnector",
         "imcTargetSite=ou=Bergen,o=Contoso", "imcSiteCost=9"}};
    for (const auto& object : objects) {
        std::vector<std::string> words{"dir", "add"};
        words.insert(words.end(), object.begin(), object.end());
        const auto said = run(words);
        ASSERT_EQ(said.status, 0) << said.err;
    }
    EXPECT_EQ(explain("x@example.net").at("next_hop"), "SMTP to hub.b.example:25");
    const auto text = run({"explain", "rcpt", "x@example.net", "--no-dns"}).out;
    EXPECT_NE(text.find("Hub of site Bergen, \"SMTP:*@example.net;1;organization\": wildcard, cost "
                        "1 and 9 for the way, \"To Bergen\"; chosen"),
              std::string::npos)
        << text;
    const auto theirs = run({"explain", "rcpt", "x@example.org", "--no-dns"}).out;
    EXPECT_NE(theirs.find("Hub of site Bergen; its row is for its own site only"),
              std::string::npos)
        << theirs;
}

TEST_F(ExplainRcpt, ListIsAcceptedThoughItHasNoWayOfItsOwn)
{
    ASSERT_EQ(run({"dir", "add", "list", "staff", "--address", "staff@contoso.example", "--member",
                   "alice"})
                  .status,
              0);
    EXPECT_EQ(run({"explain", "rcpt", "staff@contoso.example"}).status, 0);
    EXPECT_EQ(explain("staff@contoso.example").at("verdict"), "accepted");
}

TEST_F(ExplainRcpt, RowOfTheTableIsNamed)
{
    ASSERT_EQ(run({"dir", "modify", addressing, "--add",
                   "imcRoutingRow=old.example;rewrite;contoso.example"})
                  .status,
              0);
    const auto said = explain("alice@old.example");
    EXPECT_EQ(step(said, "routing row").at("row"), "old.example;rewrite;contoso.example");
    EXPECT_EQ(said.at("as"), "alice@contoso.example");
}

}  // namespace
}  // namespace imc::cli
