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

/// staff > sales > alice; sales leads back to staff, and names who is gone.
class ExplainList : public ExplainRcpt {
protected:
    ExplainList()
    {
        add({"add", "list", "sales", "--address", "sales@contoso.example", "--member", "alice"});
        add({"add", "mailbox", "eve", "--address", "eve@contoso.example"});
        add({"add", "list", "staff", "--address", "staff@contoso.example", "--member", "sales",
             "--member", "eve"});
        modify("sales", "member=" + dn("staff"));
    }
    void add(std::vector<std::string> words)
    {
        words.insert(words.begin(), "dir");
        const auto said = run(std::move(words));
        EXPECT_EQ(said.status, 0) << said.err;
    }
    void modify(const std::string& who, const std::string& value)
    {
        add({"modify", who, "--add", value});
    }
    static std::string dn(const std::string& alias)
    {
        return "cn=" + alias + ",cn=Recipients,ou=Oslo,o=Contoso";
    }
    /// "alice@contoso.example by staff > sales", each of that name on a line.
    static std::string all(const json::object& said, const std::string& name)
    {
        std::string out;
        for (const auto& one : said.at("steps").as_array())
            if (one.as_object().at("step").as_string() == name)
                out += (out.empty() ? "" : "\n") +
                       std::string{one.as_object().at("finding").as_string()};
        return out;
    }
};

TEST_F(ExplainList, WhoIsReachedByWhichPathIsTold)
{
    const auto said = explain("staff@contoso.example");
    const auto reached = all(said, "member");
    EXPECT_NE(reached.find("alice@contoso.example by staff > sales"), std::string::npos) << reached;
    EXPECT_NE(reached.find("eve@contoso.example by staff"), std::string::npos) << reached;
    EXPECT_EQ(all(said, "circle"), "staff > sales > staff; entered once");
    EXPECT_EQ(step(said, "members").at("reached"), "2");
    EXPECT_EQ(step(said, "members").at("all"), "true");
    const auto text = run({"explain", "rcpt", "staff@contoso.example"}).out;
    EXPECT_NE(text.find("    member: alice@contoso.example by staff > sales"), std::string::npos)
        << text;
}

TEST_F(ExplainList, ListWithinThatRefusesIsNamedAndItsMembersAreNotReached)
{
    modify("sales", "authOrig=" + dn("alice"));
    const auto anybody = explain("staff@contoso.example");
    EXPECT_EQ(step(anybody, "members").at("reached"), "2") << "who sends, nobody says";
    const auto eve = explain("staff@contoso.example", {"--from", "eve@contoso.example"});
    EXPECT_EQ(eve.at("verdict"), "accepted");
    EXPECT_EQ(all(eve, "member"), "eve@contoso.example by staff");
    EXPECT_EQ(step(eve, "refused within").at("reply"), "550 5.7.1");
    EXPECT_EQ(step(eve, "refused within").at("address"), "sales@contoso.example");
    const auto alice = explain("staff@contoso.example", {"--from", "alice@contoso.example"});
    EXPECT_EQ(step(alice, "members").at("reached"), "2");
}

// What RCPT says: the explanation was "accepted" whatever the sender was.
TEST_F(ExplainList, SenderWhoMayNotSendToItHearsWhatRcptSays)
{
    modify("staff", "authOrig=" + dn("alice"));
    const auto eve = explain("staff@contoso.example", {"--from", "eve@contoso.example"});
    EXPECT_EQ(eve.at("verdict"), "refused");
    EXPECT_EQ(eve.at("reply"), "550 5.7.1");
    EXPECT_EQ(std::string{step(eve, "restriction").at("rule").as_string()},
              "authOrig of " + dn("staff"));
    EXPECT_EQ(all(eve, "member"), "") << "nobody is reached";
    const auto alice = explain("staff@contoso.example", {"--from", "ALICE@contoso.example"});
    EXPECT_EQ(alice.at("verdict"), "accepted");
    EXPECT_NE(all(alice, "restriction").find("authOrig " + dn("alice")), std::string::npos);
    EXPECT_EQ(explain("staff@contoso.example", {"--from", "<>"}).at("reply"), "550 5.7.1")
        << "nobody owes a list a report";
    const auto nobody = explain("staff@contoso.example");
    EXPECT_EQ(nobody.at("verdict"), "accepted");
    EXPECT_NE(all(nobody, "restriction").find("authOrig: " + dn("alice")), std::string::npos)
        << all(nobody, "restriction");
    EXPECT_EQ(
        run({"explain", "rcpt", "staff@contoso.example", "--from", "eve@contoso.example"}).status,
        1);
}

TEST_F(ExplainList, WhoHasNotSignedInMayNotWhereOnlyWhoHasMay)
{
    modify("alice", "imcAuthOnly=TRUE");
    const std::vector<std::string> from{"--from", "eve@contoso.example"};
    EXPECT_EQ(explain("alice@contoso.example", from).at("reply"), "550 5.7.1");
    EXPECT_EQ(explain("alice@contoso.example", {"--from", "eve@contoso.example", "--auth", "eve"})
                  .at("verdict"),
              "accepted");
    EXPECT_EQ(explain("alice@contoso.example", {"--from", "<>"}).at("verdict"), "accepted");
}

TEST_F(ExplainList, SizesAreJudgedAsRcptDoes)
{
    modify("alice", "imcMaxReceiveKB=2");
    const auto large = explain("alice@contoso.example", {"--size", "2049"});
    EXPECT_EQ(large.at("reply"), "552 5.2.3");
    EXPECT_EQ(std::string{step(large, "size").at("rule").as_string()},
              "imcMaxReceiveKB of " + dn("alice"));
    EXPECT_EQ(explain("alice@contoso.example", {"--size", "2048"}).at("verdict"), "accepted");
    const auto unsaid = explain("alice@contoso.example");
    EXPECT_EQ(unsaid.at("verdict"), "accepted");
    EXPECT_NE(all(unsaid, "size").find("at most 2048 octets"), std::string::npos);
    modify("eve", "imcMaxSendKB=1");
    const std::vector<std::string> eve{"--from", "eve@contoso.example", "--auth", "eve", "--size"};
    auto over = eve;
    over.emplace_back("1025");
    EXPECT_EQ(explain("alice@contoso.example", over).at("reply"), "552 5.3.4");
    EXPECT_EQ(explain("alice@contoso.example", {"--from", "eve@contoso.example", "--size", "1025"})
                  .at("verdict"),
              "accepted")
        << "anybody can claim to be eve";
    // The list within that takes nothing so large is left out alone.
    modify("sales", "imcMaxReceiveKB=1");
    const auto list = explain("staff@contoso.example", {"--size", "1500"});
    EXPECT_EQ(all(list, "member"), "eve@contoso.example by staff");
    EXPECT_EQ(step(list, "refused within").at("reply"), "552 5.2.3");
    EXPECT_EQ(run({"explain", "rcpt", "alice@contoso.example", "--size", "big"}).status, 2);
}

TEST_F(ExplainList, HowOldTheAnswerIsIsTold)
{
    EXPECT_EQ(step(explain("alice@contoso.example"), "directory").at("age"), "0");
    EXPECT_NE(all(explain("alice@contoso.example"), "directory").find("is asked now"),
              std::string::npos);
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
