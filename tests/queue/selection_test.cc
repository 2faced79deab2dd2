#include "queue/selection.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace imc::queue {
namespace {

using namespace std::chrono_literals;

Selector parsed(const Words& words)
{
    auto selector = parse_selector(words);
    EXPECT_TRUE(selector) << (selector ? "" : selector.error().to_string());
    return selector ? *selector : Selector{};
}

std::string refusal(const std::string& name, const std::string& value)
{
    const auto selector = parse_selector({{name, value}});
    return selector ? "taken" : selector.error().detail();
}

TEST(Selection, EmptyOneSelectsNothing)
{
    EXPECT_TRUE(parsed({}).empty());
    EXPECT_TRUE(parsed({{"sender", ""}, {"all", "false"}}).empty());
    EXPECT_TRUE(parsed({{"deleted", "only"}}).empty()) << "it says where to look, not for whom";
    EXPECT_FALSE(parsed({{"all", "true"}}).empty());
    for (const auto& word : selector_words()) {
        const std::string name = word.name;
        if (name == "deleted") continue;
        const auto value = name == "reason"                        ? "held"
                           : name == "priority"                    ? "urgent"
                           : name == "older" || name == "younger"  ? "2h"
                           : name == "larger" || name == "smaller" ? "20k"
                           : name == "action"                      ? "7"
                           : name == "view"                        ? "outbound-awaiting-delivery"
                                                                   : "x";
        EXPECT_FALSE(parsed({{name, value}}).empty()) << name;
    }
}

TEST(Selection, BadWordsAreRefusedWithWhatWasExpected)
{
    EXPECT_EQ(refusal("older", "2"), "--older: '2' found; a period, as in 90s, 30m, 2h, 7d or 2w, "
                                     "expected");
    EXPECT_NE(refusal("older", "99999999999999w").find("expected"), std::string::npos);
    EXPECT_NE(refusal("younger", "-2h").find("expected"), std::string::npos);
    EXPECT_NE(refusal("larger", "many").find("octets"), std::string::npos);
    EXPECT_NE(refusal("larger", "99999999999999999g").find("octets"), std::string::npos);
    EXPECT_NE(refusal("smaller", "").find("taken"), std::string::npos) << "empty is not given";
    EXPECT_NE(refusal("reason", "whim").find("site_down"), std::string::npos);
    EXPECT_NE(refusal("priority", "high").find("non-urgent"), std::string::npos);
    EXPECT_NE(refusal("deleted", "yes").find("only"), std::string::npos);
    EXPECT_NE(refusal("view", "outbound").find("inbound-awaiting-delivery"), std::string::npos);
    EXPECT_NE(refusal("action", "last").find("number"), std::string::npos);
    EXPECT_NE(refusal("id", "not an id"), "taken");
    EXPECT_NE(refusal("colour", "red").find("there are id, all, sender"), std::string::npos);
    EXPECT_NE(refusal("older", "\x1b[2J").find("\\x1b"), std::string::npos)
        << "no stranger's octets on a terminal";
}

TEST(Selection, QueueIsNamedAsTheWindowShowsItOrInOneWord)
{
    for (std::size_t i = 0; i < view_names().size(); ++i) {
        std::string name{view_names()[i]};
        EXPECT_EQ(parsed({{"view", name}}).view, i);
        std::ranges::replace(name, ' ', '-');
        EXPECT_EQ(parsed({{"view", name}}).view, i);
        RecipientFacts facts{"ann@a.example"};
        facts.view = i;
        EXPECT_TRUE(fits(parsed({{"view", name}}), facts));
        facts.view = (i + 1) % 4;
        EXPECT_FALSE(fits(parsed({{"view", name}}), facts));
    }
}

TEST(Selection, AllThatIsGivenMustMatchTheMessage)
{
    const MessageFacts facts{{7}, "Ann@Elsewhere.example", 2h, 5000, spool::Priority::urgent};
    EXPECT_TRUE(fits(parsed({{"sender", "<ann@elsewhere.EXAMPLE>"}}), facts));
    EXPECT_FALSE(fits(parsed({{"sender", "bob@elsewhere.example"}}), facts));
    EXPECT_FALSE(fits(parsed({{"sender", "<>"}}), facts));
    EXPECT_TRUE(fits(parsed({{"sender", "<>"}}), MessageFacts{{7}, ""}));
    EXPECT_TRUE(fits(parsed({{"older", "119m"}, {"younger", "121m"}}), facts));
    EXPECT_FALSE(fits(parsed({{"older", "2h"}}), facts));
    EXPECT_FALSE(fits(parsed({{"younger", "2h"}}), facts));
    EXPECT_TRUE(fits(parsed({{"larger", "4k"}, {"smaller", "5k"}}), facts));
    EXPECT_FALSE(fits(parsed({{"larger", "5000"}}), facts));
    EXPECT_FALSE(fits(parsed({{"smaller", "5000"}}), facts));
    EXPECT_TRUE(fits(parsed({{"priority", "urgent"}}), facts));
    EXPECT_FALSE(fits(parsed({{"priority", "normal"}, {"larger", "4k"}}), facts));
}

TEST(Selection, AllThatIsGivenMustMatchTheRecipient)
{
    RecipientFacts facts{"Bob@D.example",
                         false,
                         9,
                         Reason::site_down,
                         "mx:d.example",
                         {"mx1.d.example:25"},
                         "450 Greylisted, come BACK",
                         "421 closed"};
    EXPECT_TRUE(fits(parsed({{"recipient", "bob@d.example"}}), facts));
    EXPECT_TRUE(fits(parsed({{"domain", "@D.EXAMPLE"}}), facts));
    EXPECT_FALSE(fits(parsed({{"domain", "example"}}), facts));
    for (const auto* route : {"mx:d.example", "mx1.d.example", "MX1.d.example:25"})
        EXPECT_TRUE(fits(parsed({{"route", route}}), facts)) << route;
    for (const auto* route : {"mx1.d.example:26", "d.example", "mx1"})
        EXPECT_FALSE(fits(parsed({{"route", route}}), facts)) << route;
    EXPECT_TRUE(fits(parsed({{"reply", "greylisted"}}), facts));
    EXPECT_TRUE(fits(parsed({{"reply", "421 C"}}), facts));
    EXPECT_FALSE(fits(parsed({{"reply", "550"}}), facts));
    EXPECT_TRUE(fits(parsed({{"reason", "site_down"}, {"action", "9"}}), facts));
    EXPECT_FALSE(fits(parsed({{"reason", "held"}}), facts));
    EXPECT_FALSE(fits(parsed({{"action", "8"}}), facts));
}

TEST(Selection, DeletedOnesAreMetOnlyByWhoAsksForThem)
{
    const RecipientFacts there{"a@d.example"}, gone{"a@d.example", true};
    EXPECT_TRUE(fits(parsed({{"all", "true"}}), there));
    EXPECT_FALSE(fits(parsed({{"all", "true"}}), gone));
    EXPECT_FALSE(fits(parsed({{"deleted", "only"}}), there));
    EXPECT_TRUE(fits(parsed({{"deleted", "only"}}), gone));
    EXPECT_TRUE(fits(parsed({{"deleted", "too"}}), there));
    EXPECT_TRUE(fits(parsed({{"deleted", "too"}}), gone));
}

TEST(Selection, IsPrintedAsItWouldBeTyped)
{
    EXPECT_EQ(to_options({{"id", "000000000000A"},
                          {"domain", "d.example"},
                          {"reply", "come back"},
                          {"sender", ""},
                          {"all", "true"}}),
              "000000000000A --domain d.example --reply 'come back' --all");
}

}  // namespace
}  // namespace imc::queue
