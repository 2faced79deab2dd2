#include "cli/run.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace imc::cli {
namespace {

namespace json = boost::json;

class Command : public ::testing::Test {
protected:
    Command() { EXPECT_EQ(set_up(folder_).status, 0); }

    Said run(std::vector<std::string> words, const std::string* input = nullptr)
    {
        return imc(folder_, std::move(words), input);
    }
    json::object object(const std::string& line) { return json::parse(line).as_object(); }

    Folder folder_;
};

TEST_F(Command, ExplainSpeaksJsonOfStatusCodesToo)
{
    const auto said = object(run({"explain", "5.7.1", "--json"}).out);
    EXPECT_EQ(said.at("kind"), "status");
    EXPECT_EQ(said.at("title"), "Delivery not authorized, message refused");
    EXPECT_EQ(said.at("source"), "RFC 3463");
    EXPECT_EQ(object(run({"explain", "2140", "--json"}).out).at("kind"), "service error");
}

TEST_F(Command, ExplainKnowsReplyCodesAndUnregisteredDetails)
{
    EXPECT_NE(run({"explain", "4.7.24"}).out.find("SPF validation error"), std::string::npos);
    EXPECT_NE(run({"explain", "550"}).out.find("Refused for good"), std::string::npos);
    EXPECT_NE(run({"explain", "5.7.99"}).out.find("nobody registered"), std::string::npos);
    const auto nonsense = run({"explain", "3.7.1"});
    EXPECT_EQ(nonsense.status, 1);
    EXPECT_NE(nonsense.err.find("nothing is known of \"3.7.1\""), std::string::npos);
}

TEST_F(Command, ExplainOfRecipientAndRelayAnswersJson)
{
    const auto accepted =
        object(run({"explain", "rcpt", "administrator@contoso.example", "--json"}).out);
    EXPECT_EQ(accepted.at("verdict"), "accepted");
    const auto unknown = run({"explain", "rcpt", "nobody@contoso.example", "--json"});
    EXPECT_EQ(unknown.status, 1);
    EXPECT_EQ(object(unknown.out).at("reply"), "550 5.1.1");
    const auto relay =
        run({"explain", "relay", "--peer", "192.0.2.7", "--to", "a@b.example", "--json"});
    EXPECT_EQ(relay.status, 1);
    EXPECT_EQ(object(relay.out).at("allowed"), false);
}

TEST_F(Command, AnAddressOrPeerThatIsNoneIsWrongUsage)
{
    EXPECT_EQ(run({"explain", "rcpt", "alice"}).status, 2);
    const auto peer = run({"explain", "relay", "--peer", "foo", "--to", "a@b.example"});
    EXPECT_EQ(peer.status, 2);
    EXPECT_NE(peer.err.find("--peer: \"foo\" found, an address such as 192.0.2.1"),
              std::string::npos)
        << peer.err;
}

TEST_F(Command, ADirectoryObjectIsFoundByAliasAndByAddress)
{
    EXPECT_NE(run({"dir", "show", "administrator"}).out.find("mailNickname: administrator"),
              std::string::npos);
    EXPECT_NE(
        run({"dir", "show", "ADMINISTRATOR@contoso.example"}).out.find("dn: cn=administrator"),
        std::string::npos);
    const auto nobody = run({"dir", "show", "nobody"});
    EXPECT_EQ(nobody.status, 1);
    EXPECT_NE(nobody.err.find("no recipient has the alias or address \"nobody\""),
              std::string::npos)
        << nobody.err;
}

TEST_F(Command, AMailboxWithAnAddressNobodyCouldSendToIsRefused)
{
    for (const auto* address : {"alice", "a b@contoso.example", "alice@"}) {
        const auto said = run({"dir", "add", "mailbox", "alice", "--address", address});
        EXPECT_EQ(said.status, 2) << address;
        EXPECT_NE(said.err.find("--address: "), std::string::npos) << said.err;
    }
    EXPECT_EQ(run({"dir", "add", "contact", "eve", "--address", "eve@contoso.example", "--target",
                   "eve@"})
                  .status,
              2);
    EXPECT_EQ(run({"dir", "add", "mailbox", "alice", "--address", "alice@contoso.example",
                   "--store", "zip"})
                  .status,
              2);
    EXPECT_EQ(run({"dir", "show", "alice"}).status, 1);
}

TEST_F(Command, MembersOfAListMayBeNamedByAlias)
{
    ASSERT_EQ(run({"dir", "add", "list", "all", "--address", "all@contoso.example", "--member",
                   "administrator"})
                  .status,
              0);
    EXPECT_NE(run({"dir", "show", "all"})
                  .out.find("member: cn=administrator,cn=Recipients,ou=Oslo,o=Contoso"),
              std::string::npos);
}

TEST_F(Command, UndoIsJsonWhenJsonIsWanted)
{
    const auto directory = object(
        run({"dir", "modify", "administrator", "--replace", "displayName=Ada", "--json"}).out);
    EXPECT_TRUE(directory.at("undo").as_string().starts_with("imc dir import "));
    const auto value =
        object(run({"reg", "add", "-v", "OutboundPort", "-t", "DWORD", "-d", "26", "--json"}).out);
    EXPECT_TRUE(value.at("undo").as_string().starts_with("imc reg restore "));
    EXPECT_TRUE(object(run({"reg", "backup", "--json"}).out).contains("restore"));
}

TEST_F(Command, AMissingKeyOrValueIsNamedAndTheLikelyOneOffered)
{
    const auto key = run({"reg", "query", "HKLM\\Nope"});
    EXPECT_EQ(key.status, 1);
    EXPECT_NE(key.err.find("has no key HKEY_LOCAL_MACHINE\\Nope"), std::string::npos) << key.err;
    EXPECT_NE(run({"reg", "query", "-v", "inboundsizelimit"})
                  .err.find("InboundSizeLimit is not set in HKEY_LOCAL_MACHINE"),
              std::string::npos);
    EXPECT_NE(run({"reg", "query", "-v", "InboundSizeLimit"})
                  .err.find("; default 67108864: imc reg describe InboundSizeLimit"),
              std::string::npos);
    EXPECT_NE(run({"reg", "query", "-v", "SiteDn2"}).err.find("did you mean SiteDN?"),
              std::string::npos);
    EXPECT_EQ(run({"reg", "query", "HKLM"}).out, "HKEY_LOCAL_MACHINE\\System\n");
    EXPECT_NE(run({"reg", "restore", "nope"}).err.find("imc reg backup --list"), std::string::npos);
}

TEST_F(Command, NothingIsAskedWithoutATerminal)
{
    const auto said = run({"reg", "add", "-v", "SiteDN", "-d", "x"});
    EXPECT_EQ(said.status, 2);
    EXPECT_NE(said.err.find("give -f to do so without being asked"), std::string::npos);
    EXPECT_NE(run({"reg", "query", "-v", "SiteDN"}).out.find("/o=Contoso"), std::string::npos);
    const std::string no = "n\n", yes = "y\n";
    EXPECT_EQ(run({"reg", "delete", "-v", "SiteDN"}, &no).status, 1);
    EXPECT_EQ(run({"reg", "delete", "-v", "SiteDN"}, &yes).status, 0);
    EXPECT_EQ(run({"reg", "query", "-v", "SiteDN"}).status, 1);
}

TEST_F(Command, AStoppedServiceIsSaidToBeTheReason)
{
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"stat"}, {"queue", "retry", "--all"}}) {
        const auto said = run(words);
        EXPECT_EQ(said.status, 1);
        EXPECT_NE(said.err.find("the service does not run"), std::string::npos) << said.err;
    }
}

TEST_F(Command, TheQueueIsNeverTakenWholeByForgettingASelector)
{
    const auto said = run({"queue", "delete"});
    EXPECT_EQ(said.status, 2);
    EXPECT_NE(said.err.find("--all for the whole queue"), std::string::npos) << said.err;
}

// A command that is printed must work when it is pasted.
TEST(ShellWord, IsQuotedWhenAShellWouldSplitIt)
{
    EXPECT_EQ(Paths{"/srv/imc"}.option(), " --root /srv/imc");
    EXPECT_EQ(Paths{"/srv/our mail"}.option(), " --root '/srv/our mail'");
    EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
}

}  // namespace
}  // namespace imc::cli
