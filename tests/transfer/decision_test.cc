/// What is kept of a decision: everything that decided, in few octets.
#include "transfer/decision.h"

#include "transfer/site.h"

namespace imc::transfer {
namespace {

class DecisionTest : public Site {
protected:
    DecisionTest() { config.generation = 12; }

    /// As for a client of our own network.
    std::string line(const std::string& address)
    {
        Request request;
        request.recipient = address;
        request.from_client = true;
        request.client.account = "alice";
        config.relay.use_authenticated = true;
        DecisionLine out;
        const auto resolution = decide(config, people, request, nullptr, &out);
        auto text = out.take();
        EXPECT_EQ(way_of(resolution), way_of_line(text)) << text;
        return text;
    }
};

TEST_F(DecisionTest, OfAMailboxItNamesDomainObjectAddressAndWay)
{
    EXPECT_EQ(line("alice@contoso.example"),
              "gen=12;ours=contoso.example;dn=cn=alice,cn=Recipients,ou=Oslo,o=Contoso;by=SMTP;"
              "to=maildir:alice");
}

// Beside its own octets it costs 17 of the record; spool_test has them.
TEST_F(DecisionTest, OfAMailboxItIsShorterThan130Octets)
{
    EXPECT_LT(line("alice@contoso.example").size(), 130u);
}

TEST_F(DecisionTest, SecondaryAddressIsToldFromThePrimaryOne)
{
    people.add("bob", {"bob@contoso.example", "robert@contoso.example"});
    EXPECT_NE(line("Robert@contoso.example").find(";by=smtp;"), std::string::npos);
}

TEST_F(DecisionTest, FreshnessOfTheDirectorysAnswerIsPartOfIt)
{
    people.freshness = {345, std::chrono::seconds{7}};
    EXPECT_TRUE(line("alice@contoso.example")
                    .starts_with("gen=12;ours=contoso.example;dir=345;"
                                 "age=7;dn="));
}

TEST_F(DecisionTest, OfAContactAndARewritingRowItNamesTheWholeWay)
{
    people.add("ext", {"ext@contoso.example"}).attributes["targetAddress"] = {
        "SMTP:carol@example.net"};
    EXPECT_EQ(line("ext@contoso.example"),
              "gen=12;ours=contoso.example;dn=cn=ext,cn=Recipients,ou=Oslo,o=Contoso;by=SMTP;"
              "target=carol@example.net;other=example.net;to=mx:example.net;as=carol@example.net");
    rows({"old.example;rewrite;contoso.example"});
    EXPECT_EQ(line("alice@old.example"),
              "gen=12;other=old.example;row=old.example%3Brewrite%3Bcontoso.example;"
              "rewrite=alice@contoso.example;ours=contoso.example;"
              "dn=cn=alice,cn=Recipients,ou=Oslo,o=Contoso;"
              "by=proxyAddresses SMTP:alice@contoso.example;to=maildir:alice;"
              "as=alice@contoso.example");
}

TEST_F(DecisionTest, OfMailThatLeavesItNamesRelayRuleAddressSpaceAndConnector)
{
    connector("hub", {"SMTP:*.example.net;1;organization", "SMTP:*;10;organization"});
    connector("dear", {"SMTP:*;50;organization"});
    const auto text = line("x@sub.example.net");
    const auto decision = parse_decision(text);
    const auto value = [&](std::string_view word) {
        const auto fact = std::ranges::find(decision.facts, word, &Fact::word);
        return fact == decision.facts.end() ? std::string{} : fact->value;
    };
    EXPECT_NE(value("relay"), "") << text;
    EXPECT_EQ(value("space"), "SMTP:*.example.net;1;organization");
    EXPECT_EQ(value("connector"), "hub");
    EXPECT_EQ(value("to"), "connector:[hub.contoso.example]:25");
}

TEST_F(DecisionTest, OfAListItSaysThatMembersFollow)
{
    people.add("staff", {"staff@contoso.example"}, "imcList");
    EXPECT_TRUE(line("staff@contoso.example").ends_with(";by=SMTP;to=members"));
}

TEST_F(DecisionTest, WhoIsRefusedHasNoWay)
{
    EXPECT_EQ(way_of_line(line("nobody@contoso.example")), 0);
}

TEST(DecisionLine, IsCutAt400OctetsWithAMarkAndStillSaysWhereTo)
{
    DecisionLine line;
    for (int i = 0; i < 20; ++i)
        line.add("row", std::string(100, 'x'));
    line.to(std::string(500, 'y'));
    line.add("as", std::string(300, 'z'));
    const auto text = line.take();
    EXPECT_LE(text.size(), decision_octets);
    EXPECT_NE(text.find(";...;to=yyy"), std::string::npos) << text;
    const auto read = parse_decision(text);
    EXPECT_TRUE(read.cut);
    EXPECT_EQ(read.facts.back().word, "to");
    EXPECT_TRUE(in_words(read).ends_with("; ...")) << in_words(read);
}

TEST(DecisionLine, LongKeysThatDifferWhereTheyAreKeptAreDifferentWays)
{
    Route one{ToMx{}, std::string(90, 'a') + std::string(90, 'b'), "", ""};
    auto other = one;
    other.key[50] = 'c';
    EXPECT_NE(way_of(one), way_of(other));
    DecisionLine line;
    line.add("other", "example.net");
    line.to(one.key);
    EXPECT_EQ(way_of_line(line.take()), way_of(one));
}

TEST(DecisionLine, ValuesOfStrangersAreReadAsTheyWereAndNeverAsOtherFacts)
{
    const std::string wild = "a;to=b%;c\r\n\x7f=\xc3\xa9";
    DecisionLine line;
    line.add("row", wild);
    const auto text = line.take();
    EXPECT_TRUE(std::ranges::none_of(text, is_control)) << text;
    EXPECT_EQ(parse_decision(text).facts, (std::vector<Fact>{{"row", wild}}));
}

TEST(DecisionLine, CutsNoCharacterInHalf)
{
    std::string accents;
    for (int i = 0; i < 100; ++i)
        accents += "\xc3\xa9";
    for (int shift = 0; shift < 2; ++shift) {
        DecisionLine line;
        line.add("dn", std::string(static_cast<std::size_t>(shift), 'x') + accents);
        const auto text = line.take();
        EXPECT_TRUE(is_utf8(text)) << text;
        EXPECT_TRUE(text.ends_with("...")) << text;
    }
}

}  // namespace
}  // namespace imc::transfer
