#include "transfer/relay.h"

#include "base/text.h"
#include "mail/address.h"

#include <gtest/gtest.h>

namespace imc::transfer {
namespace {

constexpr const char* stranger = "198.51.100.1";

config::NetworkSet networks(std::initializer_list<const char*> texts)
{
    std::vector<config::Network> out;
    for (const auto* text : texts)
        out.push_back(*config::Network::parse(text));
    return out;
}

bool may(const config::RelayRules& rules, RelayQuestion question)
{
    return decide_relay(rules, question).allowed;
}

RelayQuestion from(std::string_view peer)
{
    RelayQuestion question{peer, "127.0.0.1"};
    question.domain = "elsewhere.example";
    return question;
}

// Q260562: with nothing ticked everybody relayed.
TEST(Relay, EmptyMeansNobodyLoopbackIncluded)
{
    auto question = from("127.0.0.1");
    EXPECT_FALSE(may({}, question));
    question.account = "alice";
    question.certificate_subject = "CN=relay.example.org";
    question.certificate_fingerprint = "ab";
    EXPECT_FALSE(may({}, question));
    config::RelayRules on_but_empty;
    on_but_empty.use_deny = on_but_empty.use_allow = on_but_empty.use_local =
        on_but_empty.use_certificate = true;
    EXPECT_FALSE(may(on_but_empty, question));
}

TEST(Relay, DenyComesBeforeAllow)
{
    config::RelayRules rules;
    rules.use_deny = rules.use_allow = true;
    rules.allow = networks({"192.0.2.0/24"});
    rules.deny = networks({"192.0.2.7"});
    EXPECT_TRUE(may(rules, from("192.0.2.8")));
    EXPECT_EQ(decide_relay(rules, from("192.0.2.7")).rule, "RelayDenyList 192.0.2.7");
    auto authenticated = from("192.0.2.7");
    authenticated.account = "alice";
    rules.use_authenticated = true;
    EXPECT_FALSE(may(rules, authenticated));
    rules.use_allow = false;  // a list that is not in force allows nobody (Q243045)
    EXPECT_FALSE(may(rules, from("192.0.2.8")));
}

TEST(Relay, AuthenticationAndCertificatesCountWhenTheirBitsAreSet)
{
    config::RelayRules rules;
    rules.certificates = {std::string(64, 'a'), "CN=relay.example.org"};
    auto question = from(stranger);
    question.account = "alice";
    EXPECT_FALSE(may(rules, question));
    rules.use_authenticated = true;
    EXPECT_EQ(decide_relay(rules, question).rule, "authenticated");

    rules.use_authenticated = false;
    rules.use_certificate = true;
    EXPECT_FALSE(may(rules, question));
    const std::string fingerprint(64, 'A');
    question.certificate_fingerprint = fingerprint;
    EXPECT_TRUE(may(rules, question));
    question.certificate_fingerprint = "bb";
    question.certificate_subject = "CN=relay.example.org";
    EXPECT_EQ(decide_relay(rules, question).rule, "RelayCertificates CN=relay.example.org");
    question.certificate_subject = "CN=relay.example.org.evil.example";
    EXPECT_FALSE(may(rules, question));
}

// docs/decisions/20261126-submission-relays.md
TEST(Relay, WhoHasSignedInAtASubmissionListenerMayUnlessDenied)
{
    config::RelayRules rules;
    auto question = from(stranger);
    for (const char* role : {"submission", "submissions"}) {
        question.role = role;
        question.account = "";
        EXPECT_FALSE(may(rules, question));
        question.account = "alice";
        EXPECT_EQ(decide_relay(rules, question).rule, std::string{role} + " listener");
    }
    rules.use_deny = true;
    rules.deny = networks({"198.51.100.0/24"});
    EXPECT_FALSE(may(rules, question));
    rules.use_deny = false;
    rules.off = true;
    EXPECT_FALSE(may(rules, question));
    rules.off = false;
    question.role = "mx";
    EXPECT_FALSE(may(rules, question)) << "elsewhere bit 8 of RelayFlags decides";
}

TEST(Relay, EveryRuleLookedAtIsTold)
{
    config::RelayRules rules;
    rules.use_allow = true;
    rules.allow = networks({"192.0.2.0/24"});
    std::vector<RelayStep> steps;
    (void)decide_relay(rules, from(stranger), &steps);
    ASSERT_EQ(steps.size(), 9U);
    EXPECT_EQ(steps[1].finding, "empty");
    EXPECT_EQ(steps[2].rule, "RelayDenyList");
    EXPECT_EQ(steps[2].finding, "not in force (RelayFlags bit 1)");
    EXPECT_EQ(steps[4].rule, "RelayAllowList");
    EXPECT_EQ(steps[4].finding, "holds no network with 198.51.100.1");
    EXPECT_TRUE(steps.back().decides);
    steps.clear();
    (void)decide_relay(rules, from("192.0.2.1"), &steps);
    ASSERT_EQ(steps.size(), 5U);
    EXPECT_EQ(steps.back().rule, "RelayAllowList 192.0.2.0/24");
    EXPECT_EQ(steps.back().finding, "holds 192.0.2.1");
    EXPECT_TRUE(steps.back().decides);
}

// relay-default-after-install, Q193922, Q199656
TEST(Regression, RelayDefaultAfterInstall)
{
    EXPECT_FALSE(may(config::RelayRules{}, from(stranger)));
}

// relay-stale-lists-after-mode-switch, Q243045
TEST(Regression, RelayStaleListsAfterModeSwitch)
{
    config::RelayRules rules;
    rules.use_allow = rules.use_authenticated = true;
    rules.allow = networks({"198.51.100.0/24"});
    rules.domains = {{"elsewhere.example", false, "elsewhere.example"}};
    EXPECT_TRUE(may(rules, from(stranger)));
    rules.off = true;
    auto question = from(stranger);
    question.account = "alice";
    std::vector<RelayStep> steps;
    EXPECT_EQ(decide_relay(rules, question, &steps).rule, "RelayMode off");
    EXPECT_EQ(steps.size(), 1U) << "no list is looked at";
}

// relay-override-domain-row, Q195969, Q259531: B and C always relay; A is local and never asked.
TEST(Regression, RelayOverrideDomainRow)
{
    config::RelayRules rules;
    rules.domains = {{"b.example", false, "b.example"}, {"c.example", true, "#c.example"}};
    const auto to = [&](std::string_view domain) {
        auto question = from(stranger);
        question.domain = domain;
        return may(rules, question);
    };
    EXPECT_TRUE(to("b.example"));
    EXPECT_TRUE(to("B.Example."));
    EXPECT_TRUE(to("sub.b.example"));
    EXPECT_TRUE(to("c.example"));
    EXPECT_FALSE(to("sub.c.example"));
    EXPECT_FALSE(to("d.example"));
    EXPECT_FALSE(to("notb.example"));
    EXPECT_FALSE(to("[192.0.2.1]"));
    EXPECT_FALSE(to(""));
}

// relay-multi-valued-allowlist, Q179289
TEST(Regression, RelayMultiValuedAllowlist)
{
    for (const unsigned rows : {2U, 100U, 10'000U}) {
        std::vector<config::Network> list;
        for (unsigned i = 0; i < rows; ++i)
            list.push_back(*config::Network::parse("10." + std::to_string(i / 256) + "." +
                                                   std::to_string(i % 256) + ".0/24"));
        config::RelayRules rules;
        rules.use_allow = true;
        rules.allow = list;
        EXPECT_TRUE(may(rules, from("10.0.1.77")));
        EXPECT_FALSE(may(rules, from("10.200.0.1")));
    }
}

// relay-behind-content-filter, Q254214: a filter in front made every client look local.
TEST(Regression, RelayBehindContentFilter)
{
    config::RelayRules rules;
    rules.use_allow = true;
    rules.allow = networks({"192.0.2.0/24"});
    EXPECT_FALSE(may(rules, from("127.0.0.1")));
    EXPECT_FALSE(may(rules, from("::1")));
}

// relay-local-address-multihomed, Q193922, Q196626
TEST(Regression, RelayLocalAddressMultihomed)
{
    config::RelayRules rules;
    rules.use_local = true;
    rules.local = networks({"10.0.0.1"});
    EXPECT_TRUE(may(rules, {stranger, "10.0.0.1"}));
    EXPECT_FALSE(may(rules, {stranger, "203.0.113.1"}));
    EXPECT_FALSE(may(rules, {"10.0.0.1", "203.0.113.1"}));
}

// ---- what decides is the last domain -----------------------------------------------------------

/// As the dialogue reads RCPT TO: the domain that decides, "malformed", or the local part at ours.
std::string decided_by(std::string_view path)
{
    const auto parsed = mail::parse_path(path);
    if (!parsed) return "malformed";
    const auto domain = mail::canonical_domain(parsed->address.domain);
    if (domain == "ours.example") return "ours: " + parsed->address.local;
    return domain.empty() ? parsed->address.domain : domain;
}

struct Form {
    const char* path;
    const char* decided;
};

// relay-percent-hack (Q244346, Q304897), relay-quoted-inner-at, relay-imcea-quoted-forward-all
// (Q264330), imcea-corrupt-value, imcea-case-folded-by-peer: none is ever taken apart again.
TEST(Regression, RelayPercentHackQuotedInnerAtAndImcea)
{
    for (const auto& [path, decided] : std::initializer_list<Form>{
             {"<user@victim.example>", "victim.example"},
             {"<user%victim.example@ours.example>", "ours: user%victim.example"},
             {"<user%victim.example>", "malformed"},
             {"<victim.example!user@ours.example>", "ours: victim.example!user"},
             {"<victim.example!user>", "malformed"},
             {"<\"user@victim.example\"@ours.example>", "ours: user@victim.example"},
             {"<\"user@victim.example\">", "malformed"},
             {"<\"<user@victim.example>\"@ours.example>", "ours: <user@victim.example>"},
             {"<user@victim.example@ours.example>", "malformed"},
             {"<@ours.example:user@victim.example>", "victim.example"},
             {"<@victim.example,@b.example:user@ours.example>", "ours: user"},
             {"<@ours.example:user%victim.example@ours.example>", "ours: user%victim.example"},
             {"<user@[192.0.2.1]>", "[192.0.2.1]"},
             {"<user%victim.example@[192.0.2.1]>", "[192.0.2.1]"},
             {"<user@[IPv6:2001:db8::1]>", "[IPv6:2001:db8::1]"},
             {"<user@[victim.example]>", "malformed"},
             {"<IMCEASMTP-user+40victim+2Eexample@ours.example>",
              "ours: IMCEASMTP-user+40victim+2Eexample"},
             {"<imceasmtp-user+40victim+2Eexample@ours.example>",
              "ours: imceasmtp-user+40victim+2Eexample"},
             {"<ImCeAsMtP-user+40victim+2Eexample@OURS.example>",
              "ours: ImCeAsMtP-user+40victim+2Eexample"},
             {"<\"IMCEA user@victim.example\"@ours.example>", "ours: IMCEA user@victim.example"},
             {"<IMCEAEX-_O=ORG_OU=SITE_CN=X+ZZ@ours.example>",
              "ours: IMCEAEX-_O=ORG_OU=SITE_CN=X+ZZ"},
             {"<user@VICTIM.Example.>", "victim.example"},
             {"<user@ours.example.>", "ours: user"},
             {"<user@ours.example >", "malformed"},
             {"<user@ ours.example>", "malformed"},
             {"<user@ours.example..>", "malformed"},
             {"<user@ours.example.victim.example>", "ours.example.victim.example"},
             {"<user@oursxexample>", "oursxexample"},
             {"<user>", "malformed"}})
        EXPECT_EQ(decided_by(path), decided) << path;
}

// relay-null-sender, relay-local-sender-forgery, Q304897: the question has no place for a sender.
TEST(Regression, RelayNullSenderAndLocalSenderForgery)
{
    config::RelayRules rules;
    rules.use_allow = rules.use_local = rules.use_authenticated = true;
    rules.allow = networks({"192.0.2.0/24"});
    rules.local = networks({"10.0.0.1"});
    EXPECT_FALSE(may(rules, from(stranger)));
}

}  // namespace
}  // namespace imc::transfer
