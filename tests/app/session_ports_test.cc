#include "app/service/session_ports.h"

#include "app/service/refusal_record.h"
#include "config/parse.h"
#include "directory/recorded.h"
#include "kit/coroutine.h"
#include "kit/fake_resolver.h"
#include "kit/memory_spool.h"
#include "kit/remember.h"
#include "tracking/kit.h"

#include <gtest/gtest.h>

namespace imc::app {
namespace {

using namespace std::chrono_literals;

struct NoCouriers final : queue::Couriers {
    std::unique_ptr<queue::Courier> hire(const queue::Place&) override { return nullptr; }
};

struct Pieces final : smtp::BodyReader {
    std::vector<std::string> pieces;
    std::size_t at = 0;
    std::function<void()> before_each = [] {};
    smtp::net::awaitable<Result<std::string_view>> next() override
    {
        before_each();
        if (at == pieces.size()) co_return std::string_view{};
        co_return std::string_view{pieces[at++]};
    }
};

class PortsOfASession : public testing::Test {
protected:
    PortsOfASession()
    {
        events_.add(std::make_unique<kit::Remember>(raised_));
        auto config = std::make_shared<config::Config>();
        config->host_name = "mail.contoso.example";
        config->local_domains = {"contoso.example"};
        config->max_hops = 3;
        config_ = config;
        book_.use(config_);
        resolver_ = std::make_shared<const transfer::RecipientResolver>(
            config_, recorded_directory({}, "nobody"));
        policy_.emplace(book_, resolver_);
        queue_.emplace(queue::QueueParts{spool_,
                                         couriers_,
                                         events_,
                                         {io_.get_executor()},
                                         [](const std::function<void()>&) {}},
                       config_, resolver_);
        facts_.peer.address = "192.0.2.1";
        envelope_.sender = "bob@example.net";
        envelope_.recipients.push_back({"alice@contoso.example"});
    }

    Result<std::string> store(Pieces& body, BodyBudget& budget)
    {
        SessionPorts ports{{resolver_, spool_, *queue_, events_, budget, pool_, pool_, silent_,
                            metrics_, sessions_, *policy_, *tracker_},
                           facts_,
                           1};
        return kit::run(ports.store(facts_, envelope_, body));
    }
    Octets stored(const std::string& id)
    {
        return spool_.body(spool::MessageId::parse(id).value()).value();
    }

    boost::asio::io_context io_;
    boost::asio::thread_pool pool_{1};
    std::vector<EventRecord> raised_;
    EventLog events_;
    metrics::Registry metrics_;
    std::atomic<bool> silent_{false};
    smtp::Sessions sessions_;
    std::shared_ptr<kit::FakeResolver> dns_ = std::make_shared<kit::FakeResolver>();
    PolicyBook book_{events_, metrics_, dns_};
    tracking::Bench bench_;
    std::shared_ptr<Tracker> tracker_ =
        std::make_shared<Tracker>(tracking_settings(bench_.folder, 30), bench_.disk, bench_.events);
    config::ConfigPtr config_;
    std::shared_ptr<const transfer::RecipientResolver> resolver_;
    std::optional<SessionPolicy> policy_;
    kit::MemorySpool spool_;
    NoCouriers couriers_;
    std::optional<queue::Queue> queue_;
    smtp::SessionFacts facts_;
    smtp::Envelope envelope_;
};

// EXPN said 4.1.4, and nobody which objects it is about.
TEST_F(PortsOfASession, NameBothObjectsOfAListsAddressInTheEvent)
{
    auto config = std::make_shared<config::Config>(*config_);
    config->organization = *Dn::parse("o=Contoso");
    std::vector<Entry> lists;
    for (const char* name : {"staff", "all"}) {
        Entry one{config->organization.child("cn", name), {}};
        one.attributes = {{"objectClass", {"imcList"}},
                          {"mailNickname", {name}},
                          {"proxyAddresses", {"SMTP:staff@contoso.example"}}};
        lists.push_back(std::move(one));
    }
    resolver_ = std::make_shared<const transfer::RecipientResolver>(
        config, recorded_directory(lists, "people"));
    BodyBudget budget{1 << 20};
    SessionPorts ports{{resolver_, spool_, *queue_, events_, budget, pool_, pool_, silent_,
                        metrics_, sessions_, *policy_, *tracker_},
                       facts_,
                       1};
    const auto said = kit::run(ports.members("staff@contoso.example"));
    EXPECT_TRUE(std::holds_alternative<smtp::verdict::Ambiguous>(said));
    ASSERT_EQ(raised_.size(), 1U);
    EXPECT_EQ(raised_[0].id, EventId::address_not_unique);
    for (const auto* part : {"staff@contoso.example", "cn=staff,", "cn=all,"})
        EXPECT_NE(raised_[0].description.find(part), std::string::npos) << raised_[0].description;
}

// It was taken, and the queue sent a report that named no rule.
TEST_F(PortsOfASession, RefuseWhatTheProfileOfTheDomainDoesNotTakeAndNameIt)
{
    auto config = std::make_shared<config::Config>(*config_);
    config->relay.use_authenticated = true;
    config::DomainProfile small;
    small.domain = "small.example";
    small.message_octets = 1000;
    config->profiles = {small};
    resolver_ = std::make_shared<const transfer::RecipientResolver>(
        config, recorded_directory({}, "nobody"));
    facts_.account = "ann";
    envelope_.sender = "ann@contoso.example";
    BodyBudget budget{1 << 20};
    SessionPorts ports{{resolver_, spool_, *queue_, events_, budget, pool_, pool_, silent_,
                        metrics_, sessions_, *policy_, *tracker_},
                       facts_,
                       1};
    const auto rcpt = [&](std::uint64_t declared, const std::string& address) -> std::string {
        envelope_.declared_octets = declared;
        EXPECT_FALSE(kit::run(policy_->on_mail(facts_, envelope_)));
        const auto verdict = kit::run(ports.look_up(address));
        if (const auto* no = std::get_if<smtp::verdict::Refused>(&verdict))
            return std::to_string(no->code) + " " + no->rule;
        return std::holds_alternative<smtp::verdict::Accepted>(verdict) ? "taken" : "not known";
    };
    const std::string rule = "imcMaxMessageKB of the profile small.example";
    EXPECT_EQ(rcpt(1001, "x@small.example"), "552 " + rule);
    EXPECT_EQ(rcpt(1001, "x@large.example"), "taken");
    // Without SIZE it is known at the end of DATA, when there is nobody else who takes it.
    EXPECT_EQ(rcpt(0, "x@small.example"), "taken");
    EXPECT_FALSE(policy_->too_large(1000));
    const auto large = policy_->too_large(1001);
    ASSERT_TRUE(large);
    EXPECT_NE(large->detail().find(rule), std::string::npos) << large->detail();
}

TEST_F(PortsOfASession, KeepASmallMessageInOnePieceBehindOurTraceLine)
{
    Pieces body;
    body.pieces = {"Subject: x\r\n\r\n", "text\r\n"};
    BodyBudget budget{1 << 20};
    const auto id = store(body, budget);
    ASSERT_TRUE(id) << id.error().to_string();
    const auto kept = stored(*id);
    EXPECT_FALSE(kept.blocks());
    EXPECT_TRUE(kept.memory().starts_with("Received: ")) << kept.memory();
    EXPECT_NE(kept.memory().find(" id " + *id + "\r\n\tfor <alice@contoso.example>"),
              std::string::npos)
        << kept.memory();
    EXPECT_TRUE(kept.memory().ends_with("\r\nSubject: x\r\n\r\ntext\r\n")) << kept.memory();
}

TEST_F(PortsOfASession, WriteALargeMessageToTheDiskAsItComes)
{
    Pieces body;
    body.pieces.assign(100, std::string(99'998, 'x') + "\r\n");
    body.pieces.insert(body.pieces.begin(), "Subject: x\r\n\r\n");
    std::string all;
    for (const auto& piece : body.pieces)
        all += piece;
    BodyBudget budget{1 << 20};  // a tenth of the message
    const auto id = store(body, budget);
    ASSERT_TRUE(id) << id.error().to_string();
    const auto kept = stored(*id);
    EXPECT_TRUE(kept.blocks());
    EXPECT_LT(kept.memory().size(), 1000u) << "our trace line";
    EXPECT_EQ(kit::whole(kept).substr(kept.memory().size()), all);
    EXPECT_TRUE(budget.take(1 << 20)) << "all of it was given back";
}

TEST_F(PortsOfASession, CountAHeaderThatGrowsAndNotTwice)
{
    BodyBudget budget{300'000};
    Pieces body;
    body.pieces = {"Subject: " + std::string(199'991, 'x') + "\r\n\r\n", "text\r\n"};
    SessionPorts ports{{resolver_, spool_, *queue_, events_, budget, pool_, pool_, silent_,
                        metrics_, sessions_, *policy_, *tracker_},
                       facts_,
                       1};
    std::size_t times = 0;
    body.before_each = [&] {
        if (times++ == 0) {
            EXPECT_TRUE(ports.hold(150'000));
        }
    };
    EXPECT_TRUE(kit::run(ports.store(facts_, envelope_, body)));
    EXPECT_TRUE(budget.take(300'000)) << "all of it was given back";
}

TEST_F(PortsOfASession, AskAClientToComeAgainWhenThereIsNoMemoryAndSayItOnce)
{
    BodyBudget budget{1000};
    for (int i = 0; i < 3; ++i) {
        Pieces body;
        body.pieces = {"Subject: x\r\n\r\n", std::string(2000, 'x')};
        EXPECT_EQ(store(body, budget).error().event(), EventId::too_much_in_flight);
    }
    EXPECT_EQ(std::ranges::count(raised_, EventId::too_much_in_flight, &EventRecord::id), 1);
    EXPECT_TRUE(budget.take(1000)) << "nothing is left behind";
}

// Issue 5, point 5: yesterday's message is explained with yesterday's facts.
TEST_F(PortsOfASession, KeepWithTheMessageByWhichFactsItsRecipientsWereAccepted)
{
    Pieces body;
    body.pieces = {"Subject: x\r\n\r\n", "text\r\n"};
    BodyBudget budget{1 << 20};
    envelope_.recipients.front().decided = "gen=3;ours=contoso.example;to=maildir:alice";
    envelope_.recipients.push_back({"bob@contoso.example"});
    envelope_.recipients.push_back({"eve@contoso.example"});
    envelope_.recipients.back().decided = "gen=3;ours=contoso.example;to=maildir:eve";
    const auto id = store(body, budget);
    ASSERT_TRUE(id) << id.error().to_string();
    const auto kept = spool_.evidence(spool::MessageId::parse(*id).value()).value();
    EXPECT_EQ(kept, (std::vector<spool::Evidence>{
                        {"why.00", "gen=3;ours=contoso.example;to=maildir:alice"},
                        {"why.02", "gen=3;ours=contoso.example;to=maildir:eve"}}));
}

TEST_F(PortsOfASession, RefuseALoopBeforeTheTextHasCome)
{
    Pieces body;
    std::string header;
    for (int i = 0; i < 4; ++i)
        header += "Received: by somebody\r\n";
    body.pieces = {header + "\r\n", "text"};
    BodyBudget budget{1 << 20};
    EXPECT_EQ(store(body, budget).error().event(), EventId::hop_count_exceeded);
    EXPECT_EQ(body.at, 1u);
}

// Issue 6: why nobody is there, which engine said so, and when, is searched for later.
TEST_F(PortsOfASession, TellByWhichFactsARecipientIsNobody)
{
    std::string evidence;
    book_.journal = [&](const Refused& refused) {
        evidence = record_of(refused).evidence;
        return std::string{};
    };
    auto config = std::make_shared<config::Config>(*config_);
    config->generation = 12;
    config->srs_key = "key";
    resolver_ = std::make_shared<const transfer::RecipientResolver>(
        config, recorded_directory({}, "ldap://dc1.contoso.example"));
    BodyBudget budget{1 << 20};
    SessionPorts ports{{resolver_, spool_, *queue_, events_, budget, pool_, pool_, silent_,
                        metrics_, sessions_, *policy_, *tracker_},
                       facts_,
                       1};
    const auto verdict = kit::run(ports.look_up("nobody@contoso.example"));
    const auto* unknown = std::get_if<smtp::verdict::Unknown>(&verdict);
    ASSERT_NE(unknown, nullptr);
    EXPECT_EQ(unknown->rule, "recipient: unknown, the directory proved it absent");
    const smtp::Reply reply{550, "5.1.1", "No such recipient"};
    (void)policy_->on_refused(facts_, envelope_, "RCPT", reply, unknown->rule);
    for (const auto* fact : {"no object of the directory has the address nobody@contoso.example; ",
                             "asked: ldap://dc1.contoso.example; ", "configuration generation 12",
                             "our domain contoso.example", "; port 0"})
        EXPECT_NE(evidence.find(fact), std::string::npos) << fact << ": " << evidence;
    (void)policy_->on_refused(facts_, envelope_, "MAIL", reply, "another");
    EXPECT_EQ(evidence, "port 0") << "facts are those of one refusal";

    // Nothing of the directory's, when the address itself says that it is nobody's.
    const auto old = kit::run(ports.look_up("SRS0=abcd=xy=example.net=eve@contoso.example"));
    ASSERT_TRUE(std::holds_alternative<smtp::verdict::Unknown>(old));
    EXPECT_EQ(std::get<smtp::verdict::Unknown>(old).rule, "recipient: unknown");
}

// The row of the domain decides, an outage is two events, and none of them for each recipient.
TEST_F(PortsOfASession, TakeRecipientsUnaskedWhereARowSaysSoAndDeferTheOthers)
{
    auto config = std::make_shared<config::Config>(*config_);
    config->local_domains = {"contoso.example", "fabrikam.example"};
    config->routing.push_back(*config::parse_routing_row("#contoso.example;inbound;accept"));
    resolver_ = std::make_shared<const transfer::RecipientResolver>(
        config, silent_directory("people", Error{EventId::directory_unreachable, "no answer"}));
    BodyBudget budget{1 << 20};
    SessionPorts ports{{resolver_, spool_, *queue_, events_, budget, pool_, pool_, silent_,
                        metrics_, sessions_, *policy_, *tracker_},
                       facts_,
                       1};
    for (const char* name : {"alice", "nobody", "postmaster"}) {
        const auto verdict = kit::run(ports.look_up(std::string{name} + "@contoso.example"));
        const auto* accepted = std::get_if<smtp::verdict::Accepted>(&verdict);
        ASSERT_NE(accepted, nullptr) << name;
        EXPECT_TRUE(accepted->unasked) << name;
    }
    EXPECT_TRUE(std::holds_alternative<smtp::verdict::CannotSay>(
        kit::run(ports.look_up("alice@fabrikam.example"))));
    EXPECT_EQ(std::ranges::count(raised_, EventId::recipient_taken_unasked, &EventRecord::id), 1);
    EXPECT_EQ(std::ranges::count(raised_, EventId::directory_unreachable, &EventRecord::id), 1);
    EXPECT_EQ(metrics_.counter("recipients_taken_unasked", "").value(), 3U);
}

// Whoever has signed in is looked up, too, and cannot be while the directory is silent.
TEST_F(PortsOfASession, TakeRecipientsUnaskedOfWhoHasSignedIn)
{
    auto config = std::make_shared<config::Config>(*config_);
    config->routing.push_back(*config::parse_routing_row("#contoso.example;inbound;accept"));
    resolver_ = std::make_shared<const transfer::RecipientResolver>(
        config, silent_directory("people", Error{EventId::directory_unreachable, "no answer"}));
    facts_.account = "bob";
    BodyBudget budget{1 << 20};
    SessionPorts ports{{resolver_, spool_, *queue_, events_, budget, pool_, pool_, silent_,
                        metrics_, sessions_, *policy_, *tracker_},
                       facts_,
                       1};
    const auto verdict = kit::run(ports.look_up("alice@contoso.example"));
    const auto* accepted = std::get_if<smtp::verdict::Accepted>(&verdict);
    ASSERT_NE(accepted, nullptr);
    EXPECT_TRUE(accepted->unasked);
}

}  // namespace
}  // namespace imc::app
