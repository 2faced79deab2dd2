#include "transfer/site.h"

#include <random>
#include <set>

namespace imc::transfer {
namespace {

using Forms = Site;

constexpr const char* refused = "550 5.7.1 relay: no rule lets this client relay";

// The relay tests of Q304897, and those we add (data-plane 7), each sent by a stranger. The sender
// (tests 2 to 5) is no part of the question, so it cannot unlock anything.
TEST_F(Forms, StandardRelayTestsAreDecidedByTheLastDomain)
{
    struct {
        const char* recipient;
        const char* said;
    } const table[] = {
        {"victim@remote.example", refused},
        {"victim%remote.example@contoso.example", "550 5.1.1"},
        {"\"victim@remote.example\"@contoso.example", "550 5.1.1"},
        {"victim@remote.example@contoso.example", "550 5.1.1"},
        {"remote.example!victim@contoso.example", "550 5.1.1"},
        {"IMCEASMTP-victim+40remote+2Eexample@contoso.example", "550 5.1.1"},
        {"\"IMCEA victim@remote.example\"@contoso.example", "550 5.1.1"},
        {"IMCEASMTP-victim@remote.example", refused},
        {"victim@REMOTE.example.", refused},
        {"victim%remote.example@[192.0.2.25]", "550 5.1.1"},
        {"alice%remote.example@[192.0.2.26]", refused},
        {"alice@[192.0.2.25]", "maildir:alice alice@[192.0.2.25]"},
        {"ALICE@CONTOSO.EXAMPLE.", "maildir:alice ALICE@CONTOSO.EXAMPLE"},
        {"alice@contoso.example", "maildir:alice alice@contoso.example"},
    };
    for (const auto& row : table)
        EXPECT_EQ(rcpt(row.recipient), row.said) << row.recipient;
}

// What is taken here is unwrapped in the queue, where no relay rule is asked any more.
TEST_F(Forms, SharedNameSpacePassesOnNoEncapsulatedNameOfAStranger)
{
    rows({"#contoso.example;shared;host.example"});
    for (const char* address :
         {"IMCEASMTP-victim+40remote+2Eexample@contoso.example",
          "imceasmtp-victim+40remote+2Eexample@contoso.example", "IMCEAFAX-4711@contoso.example"})
        EXPECT_EQ(rcpt(address), "550 5.1.1") << address;
    EXPECT_EQ(rcpt("somebody@contoso.example"), "row:[host.example]:25 somebody@contoso.example");
}

TEST_F(Forms, DirectoryIsNotAskedAboutOthers)
{
    EXPECT_EQ(rcpt("victim@remote.example"), refused);
    EXPECT_EQ(people.asked, 0u);
}

// directory down at every question: never a false no.
TEST_F(Forms, SilentDirectoryIsNeverANo)
{
    people.silent = true;
    config.subaddress_separator = "+";
    rows({"#fabrikam.example;shared;host.example", "old.example;rewrite;contoso.example"});
    for (const char* address :
         {"alice@contoso.example", "nobody@contoso.example", "alice+x@contoso.example",
          "postmaster", "postmaster@fabrikam.example", "nobody@fabrikam.example", "x@old.example",
          "IMCEAEX-_O=CONTOSO@contoso.example"})
        EXPECT_EQ(rcpt(address), "451 4.3.0") << address;
}

/// Sites and addresses by the thousand: whatever they are, there is one answer, it comes after a
/// bounded number of questions, the last step decides, and the order of rows changes nothing.
TEST_F(Forms, DecisionIsTotalEndsAndDoesNotDependOnOrder)
{
    std::mt19937 random{20261126};
    const auto any = [&](const std::vector<std::string>& of) { return of[random() % of.size()]; };
    const std::vector<std::string> domains{"contoso.example",    "a.example",  "b.a.example",
                                           "c.b.a.example",      "example",    "fabrikam.example",
                                           "x.fabrikam.example", "net",        "a.net",
                                           "[192.0.2.25]",       "[192.0.2.9]"};
    const std::vector<std::string> locals{"alice",
                                          "carol",
                                          "dave",
                                          "alice+x",
                                          "postmaster",
                                          "nobody",
                                          "IMCEASMTP-x+40a+2Enet",
                                          "IMCEASMTP-carol+40a+2Eexample",
                                          "IMCEAEX-_O=X",
                                          "IMCEA-",
                                          "IMCEAX400-c=US",
                                          "a%b.net"};
    const std::vector<std::string> actions{";inbound",
                                           ";rewrite;a.example",
                                           ";rewrite;contoso.example",
                                           ";rewrite;b.a.example;never",
                                           ";relay;mail.contoso.example",
                                           ";relay;h.example;always",
                                           ";shared;h.example",
                                           ";dns",
                                           ";dns;never",
                                           ";reject;no"};
    const std::vector<std::string> spaces{"SMTP:*;1;organization",   "SMTP:;2;organization",
                                          "SMTP:*@a.net;3;location", "SMTP:x@net;4;site",
                                          "X400:*;5;organization",   "SMTP:*@*.net;1;site"};
    people.add("carol", {"carol@contoso.example", "carol@a.example"}, "imcContact")
        .attributes["targetAddress"] = {"SMTP:dave@b.a.example"};
    people.add("dave", {"dave@b.a.example"}, "imcContact").attributes["targetAddress"] = {
        "SMTP:carol@a.example"};
    config.relay.use_authenticated = true;
    for (int site = 0; site < 300; ++site) {
        config.routing.clear();
        config.connectors.clear();
        config.subaddress_separator = site % 2 == 0 ? "+" : "";
        std::set<std::string> used;
        for (auto count = random() % 7; count > 0; --count) {
            const auto name = (random() % 3 == 0 ? "#" : "") + any(domains);
            auto row = config::parse_routing_row(name + any(actions));
            if (row && used.insert(name).second) config.routing.push_back(std::move(*row));
        }
        for (const char* name : {"ours", "k", "l"}) {
            auto& one = connector(name, {});
            for (auto count = random() % 3; count > 0; --count)
                one.spaces.push_back(*config::parse_address_space(any(spaces)));
            one.mode = static_cast<config::TransferMode>(random() % 4);
            one.is_near = random() % 2 == 0;
        }
        for (int question = 0; question < 20; ++question) {
            const auto address = any(locals) + "@" + any(domains);
            const auto account = random() % 2 == 0 ? "alice" : "";
            people.asked = 0;
            const auto before = rcpt(address, "198.51.100.1", account);
            EXPECT_LE(people.asked, 8u * 4) << address;
            ASSERT_FALSE(evidence.empty());
            EXPECT_TRUE(evidence.back().decides)
                << address << ": " << before << ", " << evidence.back().step;
            EXPECT_EQ(std::ranges::count_if(evidence, &Step::decides), 1) << address;
            std::ranges::shuffle(config.routing, random);
            std::ranges::shuffle(config.connectors, random);
            std::ranges::shuffle(people.entries, random);
            for (auto& one : config.connectors)
                std::ranges::shuffle(one.spaces, random);
            EXPECT_EQ(rcpt(address, "198.51.100.1", account), before) << address;
        }
    }
}

}  // namespace
}  // namespace imc::transfer
