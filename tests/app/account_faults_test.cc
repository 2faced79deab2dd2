/// Every question to the directory about whoever signs in, and everything that can go wrong with
/// it: 451, 454 or "try again", and never a no.
#include "app/account_tree.h"
#include "app/service/accounts.h"
#include "app/service/admin_sign_in.h"
#include "app/service/authenticator.h"
#include "app/service/submission_rules.h"
#include "event/sinks.h"
#include "kit/coroutine.h"
#include "kit/every_question.h"
#include "transfer/people.h"

#include <gtest/gtest.h>

namespace imc::app {
namespace {

using namespace std::chrono_literals;
using kit::AccountTree;
using kit::DirectoryFault;
using kit::FaultyDirectory;
using transfer::name_of;
using transfer::person;

constexpr auto patience = 60s;

config::ConfigPtr contoso()
{
    auto out = std::make_shared<config::Config>();
    out->organization = *Dn::parse("o=Contoso");
    out->local_domains = {"contoso.example"};
    out->administrator.dn = transfer::dn_of("bob");
    out->listeners = {{"127.0.0.1", 587, "submission"}};
    return out;
}

/// ann, whose delegate eve is, bob, and two objects with the address "both".
std::vector<Entry> people()
{
    auto ann = person("ann");
    ann.attributes["publicDelegates"] = {name_of("eve")};
    auto bob = person("bob");
    for (auto* one : {&ann, &bob})
        one->attributes["proxyAddresses"].push_back("smtp:both@contoso.example");
    return {ann, bob, person("eve")};
}

std::shared_ptr<FaultyDirectory> faulty(std::vector<Entry> entries)
{
    return std::make_shared<FaultyDirectory>(recorded_directory(std::move(entries), "people"));
}

std::string may(const SubmissionRules& rules, const std::string& account,
                const std::string& address)
{
    const auto answer = rules.may_send_as(account, address, after(patience));
    if (const auto* yes = std::get_if<bool>(&answer)) return *yes ? "yes" : "no";
    const auto* silent = std::get_if<CannotSay>(&answer);
    return silent == nullptr ? "absent" : "wait: " + silent->reason.to_string();
}

TEST(SubmissionFaults, NobodyIsForbiddenToSendByWhatCannotBeAsked)
{
    const auto directory = faulty(people());
    const SubmissionRules rules{contoso(), config::People{directory}};
    for (const auto& [account, address] :
         {std::pair{"ann", "ann@contoso.example"}, std::pair{"eve", "ann@contoso.example"},
          std::pair{"ann", "eve@contoso.example"}, std::pair{"ann", "none@contoso.example"},
          std::pair{"none", "ann@contoso.example"},
          std::pair{"bob", "postmaster@contoso.example"}}) {
        const std::string who = account, as = address;
        kit::at_every_question(*directory, who + " as " + as, [&] { return may(rules, who, as); });
    }
}

// publicDelegates, or whose the address is, may be another by now.
TEST(SubmissionFaults, NoOfAServerThatLacksChangesIsNone)
{
    const auto directory = faulty(people());
    const SubmissionRules rules{contoso(), config::People{directory}};
    ASSERT_EQ(may(rules, "ann", "eve@contoso.example"), "no");
    for (const std::size_t question : {0U, 1U}) {
        directory->fail(question, DirectoryFault::behind, false);
        EXPECT_TRUE(may(rules, "ann", "eve@contoso.example").starts_with("wait: ")) << question;
        directory->fail(question, DirectoryFault::behind, false);
        EXPECT_EQ(may(rules, "eve", "ann@contoso.example"), "yes") << "what it has is an answer";
    }
}

// Replication, or two writers at one moment: the owner himself heard 550.
TEST(SubmissionFaults, AddressOfTwoObjectsIsForbiddenToNoneOfThem)
{
    const auto directory = faulty(people());
    const SubmissionRules rules{contoso(), config::People{directory}};
    for (const auto* account : {"ann", "bob", "eve"}) {
        const auto answer = rules.may_send_as(account, "both@contoso.example", after(patience));
        const auto* silent = std::get_if<CannotSay>(&answer);
        ASSERT_NE(silent, nullptr) << account;
        EXPECT_EQ(silent->reason.event(), EventId::address_not_unique);
        EXPECT_EQ(silent->reason.detail(), name_of("ann") + "; " + name_of("bob"));
    }
    // Whoever of the two has it in the end, it is not his.
    auto all = people();
    all.push_back(person("mallory"));
    const SubmissionRules with{contoso(), config::People{faulty(all)}};
    EXPECT_EQ(may(with, "mallory", "both@contoso.example"), "no");
}

TEST(SubmissionFaults, ClientHearsThatTheAddressIsThereTwiceAndTheEventNamesBoth)
{
    const auto ring = std::make_shared<Ring>();
    EventLog events;
    events.add(ring_sink(ring));
    boost::asio::io_context io;
    boost::asio::thread_pool pool{1};
    const auto directory = faulty(people());
    SubmissionPolicy policy{SubmissionRules{contoso(), config::People{directory}}, events, pool};
    smtp::SessionFacts facts;
    facts.account = "ann";
    smtp::Envelope envelope;
    const auto reply = [&](const std::string& sender) {
        envelope.sender = sender;
        const auto verdict = kit::run(io, policy.on_mail(facts, envelope));
        return verdict ? std::to_string(verdict->code) + " " + verdict->enhanced : "go on";
    };
    EXPECT_EQ(reply("ann@contoso.example"), "go on");
    EXPECT_EQ(reply("both@contoso.example"), "451 4.1.4");
    const auto records = ring->records();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].id, EventId::address_not_unique);
    for (const auto* part : {"both@contoso.example", "cn=ann", "cn=bob"})
        EXPECT_NE(records[0].description.find(part), std::string::npos) << records[0].description;
    EXPECT_EQ(reply("eve@contoso.example"), "550 5.7.1");
    directory->fail(0, DirectoryFault::down, true);
    EXPECT_EQ(reply("eve@contoso.example"), "451 4.3.0");
    pool.join();
}

class SignInFaults : public testing::Test {
protected:
    SignInFaults() { events.add(ring_sink(ring)); }

    AccountTree tree{AccountTree::Engine::embedded};
    std::shared_ptr<FaultyDirectory> directory = std::make_shared<FaultyDirectory>(tree.directory);
    std::shared_ptr<Ring> ring = std::make_shared<Ring>();
    EventLog events;
    boost::asio::io_context io;
};

TEST_F(SignInFaults, NameAndCertificateLeadToSomebodyToNobodyOrToNoAnswer)
{
    Accounts accounts{directory, tree.organization()};
    const auto said = [](const Accounts::Found& found) -> std::string {
        if (const auto* entry = std::get_if<Entry>(&found)) return Accounts::alias(*entry);
        return std::holds_alternative<CannotSay>(found) ? "wait" : "nobody";
    };
    for (const std::string name :
         {"ann", "ann.b@contoso.example", "none", "none@contoso.example", "all"})
        kit::at_every_question(*directory, name,
                               [&] { return said(accounts.by_name(name, after(patience))); });
    for (const auto& [print, subject] :
         {std::pair{"00ff", ""}, std::pair{"11", "CN=eve,O=Contoso"}, std::pair{"11", "CN=bob"}})
        kit::at_every_question(*directory, subject, [&, print = print, subject = subject] {
            return said(accounts.by_certificate(print, subject, after(patience)));
        });
}

// A list that has been made a mailbox since is no "no mailbox".
TEST_F(SignInFaults, NobodyByAServerThatLacksChangesIsNoAnswer)
{
    Accounts accounts{directory, tree.organization()};
    ASSERT_TRUE(std::holds_alternative<Accounts::Nobody>(accounts.by_name("all", after(patience))));
    directory->fail(0, DirectoryFault::behind, false);
    EXPECT_TRUE(std::holds_alternative<CannotSay>(accounts.by_name("all", after(patience))));
    directory->fail(0, DirectoryFault::behind, false);
    EXPECT_TRUE(std::holds_alternative<Entry>(accounts.by_name("ann", after(patience))));
}

TEST_F(SignInFaults, MailClientHears454AndNothingIsCounted)
{
    auto config = std::make_shared<config::Config>(*contoso());
    config->auth.account_failures = 2;
    config->auth.workers = 1;
    metrics::Registry metrics;
    AuthDesk desk{Paths{tree.folder}, config->auth, events, metrics};
    DirectoryAuthenticator authenticator{
        config, config::People{directory}, desk,
        [](DirectoryAuthenticator::Clock::time_point) -> boost::asio::awaitable<void> {
            co_return;
        },
        [] { return DirectoryAuthenticator::Clock::time_point{100h}; }};
    smtp::SessionFacts facts;
    facts.role = "submission";
    facts.listener = "127.0.0.1:587";
    facts.peer.address = "192.0.2.1";
    facts.tls.emplace();
    facts.tls->client_fingerprint = "00ff";
    const auto ask = [&](const std::string& mechanism, const std::string& response) -> std::string {
        auto exchange = authenticator.begin(mechanism, facts);
        const auto step = kit::run(io, exchange->step(response));
        switch (step.kind) {
        case smtp::SaslStep::Kind::done: return "in as " + step.account;
        case smtp::SaslStep::Kind::challenge: return "challenge";
        case smtp::SaslStep::Kind::temporary: return "wait: 454";
        default: return "535";
        }
    };
    using namespace std::string_literals;
    // Behind the question for SCRAM keys, which the authenticator asks by itself.
    ASSERT_EQ(ask("PLAIN", "\0ann\0pencil"s), "in as ann");
    kit::at_every_question(*directory, "PLAIN", [&] { return ask("PLAIN", "\0ann\0pencil"s); });
    kit::at_every_question(*directory, "EXTERNAL", [&] { return ask("EXTERNAL", ""); });
    kit::at_every_question(*directory, "SCRAM",
                           [&] { return ask("SCRAM-SHA-256", "n,,n=ann,r=abcdefgh"); });
    desk.stop();
}

TEST_F(SignInFaults, AdministratorIsToldToTryAgainAndNothingIsCounted)
{
    boost::asio::thread_pool pool{1};
    AdminKeep keep{Paths{tree.folder}, events};
    AdminSignIn desk{
        keep, events, pool,
        [](AdminSignIn::Clock::time_point) -> boost::asio::awaitable<void> { co_return; },
        [] { return AdminSignIn::Clock::time_point{1000h}; }};
    desk.use({{"administrator", "ann", ""}}, {},
             std::make_shared<Accounts>(directory, tree.organization()), nullptr);
    kit::at_every_question(*directory, "administrator", [&]() -> std::string {
        const auto in = kit::run(io, desk.judge({"ann", "pencil", "192.0.2.1", "192.0.2.1:50000"}));
        if (in.outcome == admin::SignIn::Outcome::cannot_say) return "wait: 503";
        return in.outcome == admin::SignIn::Outcome::proved ? "in" : "refused";
    });
    pool.join();
}

}  // namespace
}  // namespace imc::app
