#include "app/service/session_policy.h"

#include "app/service/refusal_record.h"

#include "config/policy_rows.h"
#include "kit/coroutine.h"
#include "kit/fake_resolver.h"
#include "kit/octets.h"
#include "kit/remember.h"
#include "store/quarantine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace imc::app {
namespace {

using namespace std::chrono_literals;

class PolicyOfASession : public testing::Test {
protected:
    void SetUp() override
    {
        events_.add(std::make_unique<kit::Remember>(raised_));
        config_.local_domains = {"ours.example"};
        config_.policy.quarantine = folder_;
        facts_.peer.address = "192.0.2.1";
        facts_.listener = "127.0.0.1:25";
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    void connections(const char* row)
    {
        config_.policy.connections.push_back(*config::parse_connection_row(row, 1));
    }
    void limit(const char* row)
    {
        config_.policy.limits.push_back(*config::parse_limit_row(row, 1));
    }
    void filter(const char* row)
    {
        config_.policy.filter.push_back(
            *config::parse_filter_row(row, 1, config::FilterAction::reject));
    }

    SessionPolicy& session()
    {
        if (!book_) book_.emplace(events_, metrics_, dns_);
        const auto config = std::make_shared<const config::Config>(config_);
        book_->use(config);
        session_.emplace(*book_,
                         std::make_shared<const transfer::RecipientResolver>(config, nullptr));
        return *session_;
    }

    /// "250", or code, enhanced code and rule.
    static std::string said(const smtp::Policy::Verdict& verdict)
    {
        if (!verdict) return "250";
        return std::to_string(verdict->code) + " " + verdict->enhanced + " " + verdict->rule;
    }
    std::string connect() { return said(kit::run(session_->on_connect(facts_))); }
    std::string mail(std::string sender)
    {
        envelope_ = {};
        envelope_.sender = std::move(sender);
        return said(kit::run(session_->on_mail(facts_, envelope_)));
    }
    std::string rcpt(std::string_view recipient)
    {
        return said(kit::run(session_->on_rcpt(facts_, envelope_, recipient)));
    }
    std::string header(std::string_view text)
    {
        return said(kit::run(session_->on_header(facts_, envelope_, text)));
    }
    std::chrono::milliseconds unknown(std::string_view recipient)
    {
        (void)rcpt(recipient);
        const smtp::Reply reply{550, "5.1.1", "no such user"};
        (void)session_->on_refused(facts_, envelope_, "RCPT", reply, "");
        return session_->delay(facts_);
    }
    std::size_t count(EventId id) const
    {
        return static_cast<std::size_t>(
            std::ranges::count_if(raised_, [id](const auto& record) { return record.id == id; }));
    }
    std::uint64_t metric(const std::string& name) { return metrics_.counter(name, "").value(); }

    std::string folder_ =
        (std::filesystem::temp_directory_path() / ("imc-policy-" + std::to_string(::getpid())))
            .string();
    std::vector<EventRecord> raised_;
    EventLog events_;
    metrics::Registry metrics_;
    std::shared_ptr<kit::FakeResolver> dns_ = std::make_shared<kit::FakeResolver>();
    config::Config config_;
    std::optional<PolicyBook> book_;
    std::optional<SessionPolicy> session_;
    smtp::SessionFacts facts_;
    smtp::Envelope envelope_;
};

TEST_F(PolicyOfASession, RejectedNetworkIsToldOnceAndCountedEachTime)
{
    connections("192.0.2.0/24 reject 521 go away");
    for (int i = 0; i < 3; ++i) {
        session();
        EXPECT_EQ(connect(), "521 5.7.1 ConnectionTable 192.0.2.0/24");
        const smtp::Reply reply{521, "5.7.1", "go away"};
        (void)session_->on_refused(facts_, {}, "connect", reply, "ConnectionTable 192.0.2.0/24");
    }
    EXPECT_EQ(count(EventId::connection_refused), 1U);
    EXPECT_EQ(metric("refused_connection_table"), 3U);
    facts_.peer.address = "192.0.2.2";
    EXPECT_EQ(connect().substr(0, 3), "521");
    EXPECT_EQ(count(EventId::connection_refused), 2U) << "another client is another beginning";
}

// A stranger who tries a thousand addresses must not push everything else out of the event log.
TEST_F(PolicyOfASession, RefusedRelayIsToldOnceForAClientAndCountedEachTime)
{
    session();
    for (const char* recipient : {"a@example.net", "b@example.net", "c@example.net"})
        session_->relay_refused(facts_, recipient, "no rule lets this client relay");
    EXPECT_EQ(count(EventId::session_refused), 1U);
    EXPECT_EQ(metric("relay_denied"), 3U);
}

// slow-ptr-banner-delay, Q258745, Q286375: the greeting waited for DNS, and peers gave up.
TEST_F(PolicyOfASession, RegressionSlowPtrBannerDelay)
{
    dns_->slow = 20s;
    session();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(connect(), "250");
    EXPECT_EQ(session_->delay(facts_), 0ms);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 500ms);
    EXPECT_EQ(session_->peer_name(), "");
}

TEST_F(PolicyOfASession, GreetingWaitsForStrangersOnly)
{
    config_.policy.greeting_delay = 500ms;
    connections("198.51.100.0/24 accept");
    session();
    EXPECT_EQ(connect(), "250");
    EXPECT_EQ(session_->delay(facts_), 500ms);
    EXPECT_EQ(session_->delay(facts_), 0ms) << "only the greeting waits";
    facts_.peer.address = "198.51.100.1";
    EXPECT_EQ(connect(), "250");
    EXPECT_EQ(session_->delay(facts_), 0ms);
}

TEST_F(PolicyOfASession, WhoSpeaksBeforeTheGreetingIsRefusedWhenItWaits)
{
    session();
    facts_.early = true;
    EXPECT_EQ(said(kit::run(session_->on_helo(facts_))), "250") << "nobody was made to wait";
    config_.policy.greeting_delay = 500ms;
    session();
    EXPECT_EQ(said(kit::run(session_->on_helo(facts_))), "554 5.5.1 GreetingDelay");
    EXPECT_EQ(count(EventId::connection_refused), 1U);
}

TEST_F(PolicyOfASession, LimitIsNamedAndTheNextGenerationGoesOnCounting)
{
    limit("host messages 2/hour");
    session();
    EXPECT_EQ(mail("a@b.example"), "250");
    session();
    EXPECT_EQ(mail("a@b.example"), "250");
    EXPECT_EQ(mail("a@b.example"), "450 4.7.1 InboundLimits host messages 2/hour");
    EXPECT_EQ(mail("a@b.example").substr(0, 3), "450");
    EXPECT_EQ(count(EventId::limit_reached), 1U);
}

TEST_F(PolicyOfASession, LimitOfErrorsIsNotFedByItself)
{
    limit("host errors 2/hour");
    session();
    (void)unknown("x@ours.example");
    (void)unknown("y@ours.example");
    EXPECT_EQ(mail("a@b.example"), "421 4.7.0 InboundLimits host errors 2/hour");
    EXPECT_EQ(connect().substr(0, 3), "421");
}

// Nothing is looked up for a client that a limit refuses anyway.
TEST_F(PolicyOfASession, SenderDomainIsLookedUpLastAndNotForTheTrusted)
{
    config_.policy.check_sender_domain = true;
    limit("host messages 3/hour");
    session();
    EXPECT_EQ(mail("a@nowhere.example"), "550 5.1.8 SenderDomainCheck");
    dns_->silent = {"silent.example"};
    EXPECT_EQ(mail("a@silent.example"), "451 4.1.8 SenderDomainCheck");
    EXPECT_EQ(mail(""), "250");
    EXPECT_EQ(mail("a@nowhere.example"), "450 4.7.1 InboundLimits host messages 3/hour");
    config_.policy.limits.clear();
    session();
    EXPECT_EQ(mail("a@ours.example"), "250");
    facts_.account = "alice";
    EXPECT_EQ(mail("a@nowhere.example"), "250");
}

TEST_F(PolicyOfASession, GuessingBecomesSlowAndEndsThisSessionOnly)
{
    config_.policy.unknown_recipients = 2;
    config_.policy.unknown_recipients_close = 4;
    session();
    EXPECT_EQ(mail("a@b.example"), "250");
    EXPECT_EQ(unknown("1@ours.example"), 0ms);
    EXPECT_EQ(unknown("2@ours.example"), 0ms);
    EXPECT_EQ(unknown("3@ours.example"), 1s);
    EXPECT_EQ(unknown("4@ours.example"), 2s);
    EXPECT_EQ(count(EventId::recipients_guessed), 1U);
    EXPECT_EQ(rcpt("known@ours.example"), "421 4.7.0 UnknownRecipientClose");
    session();
    EXPECT_EQ(mail("a@b.example"), "250") << "whoever shares the address";
    EXPECT_EQ(rcpt("known@ours.example"), "250");
    EXPECT_EQ(unknown("5@ours.example"), 4s);
    EXPECT_EQ(mail("a@b.example").substr(0, 3), "421");
    facts_.account = "alice";
    session();
    (void)mail("alice@ours.example");
    EXPECT_EQ(unknown("6@ours.example"), 0ms) << "whoever has authenticated is no stranger";
}

TEST_F(PolicyOfASession, TermsOfANetworkHoldAtMail)
{
    connections("192.0.2.0/24 require-tls,require-auth");
    session();
    EXPECT_EQ(connect(), "250");
    EXPECT_EQ(mail("a@b.example"), "530 5.7.0 ConnectionTable 192.0.2.0/24 require-tls");
    facts_.tls.emplace();
    EXPECT_EQ(mail("a@b.example"), "530 5.7.0 ConnectionTable 192.0.2.0/24 require-auth");
    facts_.account = "alice";
    EXPECT_EQ(mail("a@b.example"), "250");
}

TEST_F(PolicyOfASession, FilterRefusesSetsAsideOrTags)
{
    filter("@bad.example");
    filter("@aside.example quarantine");
    filter("@tag.example tag");
    session();
    EXPECT_EQ(mail("x@bad.example"), "550 5.7.1 TurfTable @bad.example");
    EXPECT_EQ(count(EventId::message_filtered), 1U);

    EXPECT_EQ(mail("x@fine.example"), "250");
    EXPECT_EQ(header("From: x@bad.example\r\n\r\n"), "550 5.7.1 TurfTable @bad.example");
    EXPECT_EQ(header("From: x@fine.example\r\n\r\n"), "250");
    EXPECT_FALSE(session_->sets_aside());
    EXPECT_EQ(session_->tag(), "");

    EXPECT_EQ(mail("x@tag.example"), "250");
    EXPECT_EQ(session_->tag(), "X-IMC-Filtered: @tag.example tag\r\n");
    EXPECT_EQ(header("From: x@aside.example\r\n\r\n"), "250");
    EXPECT_TRUE(session_->sets_aside()) << "the stricter row stands";
    EXPECT_EQ(session_->tag(), "");
    EXPECT_EQ(mail("x@fine.example"), "250");
    EXPECT_FALSE(session_->sets_aside()) << "another transaction";
}

TEST_F(PolicyOfASession, SetAsideIsKeptWithItsEnvelopeOrRefusedForNow)
{
    filter("@aside.example quarantine");
    session();
    EXPECT_EQ(mail("x@aside.example"), "250");
    EXPECT_EQ(header("From: x@fine.example\r\n\r\n"), "250");
    envelope_.recipients.push_back({"bob@ours.example", "rfc822;robert@ours.example", 2});
    envelope_.envid = "E1";
    envelope_.ret = "FULL";
    envelope_.smtp_utf8 = true;
    const auto id = session_->set_aside(envelope_, kit::octets("text"));
    ASSERT_TRUE(id) << id.error().to_string();
    EXPECT_EQ(count(EventId::message_filtered), 1U);
    const auto kept = store::Quarantine{real_files(), folder_}.find(*id);
    ASSERT_TRUE(kept) << kept.error().to_string();
    EXPECT_EQ(kept->recipients, (std::vector<store::QuarantinedRecipient>{
                                    {"bob@ours.example", "rfc822;robert@ours.example", 2}}));
    EXPECT_EQ(kept->envid + kept->ret, "E1FULL");
    EXPECT_TRUE(kept->smtp_utf8);
    EXPECT_EQ(kept->rule, "@aside.example quarantine");
    EXPECT_EQ(kept->peer, "[192.0.2.1]:0");
    std::filesystem::remove_all(folder_);
    {
        const auto file = real_files().open(folder_, OpenMode::create_new);
    }
    EXPECT_EQ(session_->set_aside(envelope_, kit::octets("text")).error().event(),
              EventId::quarantine_failed);
    EXPECT_EQ(count(EventId::quarantine_failed), 1U);
}

TEST_F(PolicyOfASession, SizeIsJudgedAtMailAtRcptAndAtTheEnd)
{
    config_.message_octets = 1000;
    config_.policy.sizes = {*config::parse_size_row("domain small.example 100 B", 1),
                            *config::parse_size_row("out 500 B", 2)};
    session();
    EXPECT_EQ(mail("a@b.example"), "250");
    envelope_.declared_octets = 200;
    EXPECT_EQ(rcpt("x@ours.example"), "250");
    EXPECT_EQ(rcpt("x@small.example"), "552 5.3.4 SizeLimits domain small.example 100 B");
    const smtp::Reply reply{552, "5.3.4", "too large"};
    (void)session_->on_refused(facts_, envelope_, "RCPT", reply, "SizeLimits");
    EXPECT_FALSE(session_->too_large(1000)) << "a refused recipient's limit binds nobody else";
    EXPECT_EQ(rcpt("x@other.example"), "250");
    EXPECT_FALSE(session_->too_large(500));
    const auto large = session_->too_large(501);
    ASSERT_TRUE(large);
    EXPECT_EQ(large->event(), EventId::message_too_large);
    EXPECT_EQ(large->detail(), "Message of 501 octets, at most 500 (SizeLimits out 500 B)");
}

TEST_F(PolicyOfASession, RefusalIsWrittenDownAndItsCodeGivenBack)
{
    session();
    std::string written;
    book_->journal = [&](const Refused& r) {
        written = std::string{r.stage} + " " + std::to_string(r.reply.code) + " " +
                  std::string{r.rule} + " " + r.facts.peer.address;
        return std::string{"CODE"};
    };
    const smtp::Reply reply{550, "5.7.1", "no"};
    EXPECT_EQ(session_->on_refused(facts_, envelope_, "RCPT", reply, "relay: nobody"), "CODE");
    EXPECT_EQ(written, "RCPT 550 relay: nobody 192.0.2.1");
}

TEST_F(PolicyOfASession, RecordOfARefusalSaysWhoWhatAndWhy)
{
    facts_.helo = "client";
    facts_.peer.port = 4711;
    envelope_.sender = "a@b.example";
    envelope_.recipients.push_back({"first@ours.example"});
    envelope_.pending = "second@ours.example";
    const smtp::Reply reply{550, "5.1.1", "no such user"};
    auto record =
        record_of({facts_, envelope_, "RCPT", reply, "recipient: unknown", "mail.b.example"});
    EXPECT_EQ(record.recipients, std::vector<std::string>{"second@ours.example"});
    EXPECT_EQ(record.sender, "a@b.example");
    EXPECT_EQ(record.peer_name, "mail.b.example");
    EXPECT_EQ(record.reply, "550 5.1.1 no such user");
    record = record_of({facts_, envelope_, "message", reply, "TurfTable x", ""});
    EXPECT_EQ(record.recipients, std::vector<std::string>{"first@ours.example"});
    record = record_of({facts_, {}, "connect", reply, "ConnectionTable x", ""});
    EXPECT_FALSE(record.sender) << "none was given: that is no report";
    EXPECT_TRUE(record.recipients.empty());
}

TEST(Counter, IsNamedAfterTheRule)
{
    EXPECT_EQ(counter_of("ConnectionTable 192.0.2.0/24"), "refused_connection_table");
    EXPECT_EQ(counter_of("relay: no rule"), "refused_relay");
    EXPECT_EQ(counter_of("TurfTable <>"), "refused_turf_table");
    EXPECT_EQ(counter_of(""), "refused_other");
    EXPECT_EQ(counter_of("-"), "refused_other");
}

}  // namespace
}  // namespace imc::app
