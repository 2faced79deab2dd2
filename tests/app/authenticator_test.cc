#include "app/service/authenticator.h"

#include "app/account_tree.h"
#include "base/text.h"
#include "event/sinks.h"
#include "kit/coroutine.h"
#include "kit/ignorant_directory.h"

#include <gsasl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

namespace imc::app {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using kit::AccountTree;
using Kind = smtp::SaslStep::Kind;
using Clock = DirectoryAuthenticator::Clock;

class Kept final : public EventSink {
public:
    struct Records {
        std::mutex mutex;
        std::vector<EventRecord> all;
    };
    explicit Kept(std::shared_ptr<Records> records) : records_{std::move(records)} {}
    void take(const EventRecord& record) override
    {
        const std::lock_guard lock{records_->mutex};
        records_->all.push_back(record);
    }

private:
    std::shared_ptr<Records> records_;
};

/// An authenticator whose clock a test moves, and which waits for nothing but says until when.
class Bench {
public:
    explicit Bench(AccountTree::Engine engine = AccountTree::Engine::embedded,
                   config::AuthSettings settings = {})
        : tree{engine}
    {
        config = std::make_shared<config::Config>();
        config->organization = tree.organization();
        config->auth = std::move(settings);
        config->listeners = {{"127.0.0.1", 587, "submission"}, {"127.0.0.1", 2587, "submission"}};
        config->listeners.back().plain_auth = true;
        events.add(std::make_unique<Kept>(records));
        restart();
        facts.role = "submission";
        facts.listener = "127.0.0.1:587";
        facts.peer.address = "192.0.2.1";
        facts.tls.emplace();
    }

    void restart()
    {
        authenticator.reset();
        desk.emplace(Paths{tree.folder}, config->auth, events, metrics);
        authenticator.emplace(
            config, tree.directory, *desk,
            [this](Clock::time_point until) -> boost::asio::awaitable<void> {
                waits.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(until - now));
                co_return;
            },
            [this] { return now; });
    }

    smtp::SaslStep step(smtp::SaslExchange& exchange, std::optional<std::string> response)
    {
        return kit::run(io, exchange.step(std::move(response)));
    }

    smtp::SaslStep plain(const std::string& user, const std::string& password,
                         const std::string& authorization = {})
    {
        auto exchange = authenticator->begin("PLAIN", facts);
        return step(*exchange, authorization + '\0' + user + '\0' + password);
    }

    std::string offered()
    {
        std::string out;
        for (const auto& name : authenticator->mechanisms(facts))
            out += (out.empty() ? "" : " ") + name;
        return out;
    }

    std::vector<std::string> details(EventId id)
    {
        const std::lock_guard lock{records->mutex};
        std::vector<std::string> out;
        for (const auto& record : records->all)
            if (record.id == id) out.push_back(record.description);
        return out;
    }

    boost::asio::io_context io;  ///< a thread of the desk may still let go of it
    AccountTree tree;
    std::shared_ptr<config::Config> config;
    std::shared_ptr<Kept::Records> records = std::make_shared<Kept::Records>();
    EventLog events;
    metrics::Registry metrics;
    std::optional<AuthDesk> desk;
    std::optional<DirectoryAuthenticator> authenticator;
    smtp::SessionFacts facts;
    Clock::time_point now{100h};
    std::vector<std::chrono::milliseconds> waits;
};

TEST(Authenticator, OffersNothingInTheClearUnlessTheListenerSaysSo)
{
    Bench bench;
    EXPECT_EQ(bench.offered(), "SCRAM-SHA-256 PLAIN LOGIN");
    bench.facts.tls.reset();
    EXPECT_EQ(bench.offered(), "");
    EXPECT_EQ(bench.authenticator->begin("PLAIN", bench.facts), nullptr);
    bench.facts.listener = "127.0.0.1:2587";
    EXPECT_EQ(bench.offered(), "SCRAM-SHA-256 PLAIN LOGIN");
}

TEST(Authenticator, OffersWhatTheConnectionAllows)
{
    Bench bench;
    bench.facts.tls->exporter = std::string(32, 'x');
    bench.facts.tls->client_fingerprint = "00ff";
    EXPECT_EQ(bench.offered(), "SCRAM-SHA-256-PLUS SCRAM-SHA-256 EXTERNAL PLAIN LOGIN");
    bench.config->auth.mechanisms = {"EXTERNAL", "SCRAM-SHA-256-PLUS"};
    EXPECT_EQ(bench.offered(), "SCRAM-SHA-256-PLUS EXTERNAL");
    bench.facts.role = "mx";
    EXPECT_EQ(bench.offered(), "");
    bench.config->auth.on_mx = true;
    EXPECT_EQ(bench.offered(), "SCRAM-SHA-256-PLUS EXTERNAL");
    bench.config->auth.disabled = true;
    EXPECT_EQ(bench.offered(), "");
}

TEST(Authenticator, RightPasswordSignsInUnderTheAlias)
{
    Bench bench;
    const auto step = bench.plain("ann.b@contoso.example", "pencil");
    EXPECT_EQ(step.kind, Kind::done);
    EXPECT_EQ(step.account, "ann");
    EXPECT_TRUE(bench.details(EventId::auth_succeeded).empty());  // only when asked for
    EXPECT_TRUE(bench.waits.empty());
    bench.config->auth.audit_success = true;
    EXPECT_EQ(bench.plain("ann", "pencil", "ann@contoso.example").kind, Kind::done);
    ASSERT_EQ(bench.details(EventId::auth_succeeded).size(), 1U);
    EXPECT_EQ(bench.details(EventId::auth_succeeded)[0],
              "[192.0.2.1] signed in as ann by PLAIN, as user \"ann\".");
}

// The client cannot tell them apart, not even by a watch; the log can.
TEST(Authenticator, EveryFailureIsAnsweredAlikeAndSaidInTheLog)
{
    Bench bench;
    struct Case {
        const char *user, *password, *authorization, *reason;
    };
    const Case cases[] = {{"ann", "wrong", "", "wrong password"},
                          {"nobody", "pencil", "", "no such account"},
                          {"bob", "pencil", "", "no password is set"},
                          {"all", "pencil", "", "is no mailbox"},
                          {"ann.b@contoso.example", "a\x01", "", "that nobody can have"},
                          {"eve", "rubber", "ann", "another account's"}};
    unsigned last = 0;
    for (const auto& c : cases) {
        bench.facts.peer.address = "192.0.2." + std::to_string(++last);
        const auto step = bench.plain(c.user, c.password, c.authorization);
        EXPECT_EQ(step.kind, Kind::failed) << c.user;
        EXPECT_EQ(step.account, "");
        EXPECT_EQ(step.data, "");
        EXPECT_NE(bench.details(EventId::auth_failed).back().find(c.reason), std::string::npos)
            << bench.details(EventId::auth_failed).back();
    }
    EXPECT_EQ(bench.waits, std::vector(std::size(cases), std::chrono::milliseconds{1000}));
}

// With 535 the client of whoever knows the right password would ask him for another one.
TEST(Authenticator, NameOfTwoObjectsIsTriedAgainLaterAndLocksNobody)
{
    Bench bench;
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(bench.plain("twin", "pencil").kind, Kind::temporary);
    EXPECT_TRUE(bench.details(EventId::auth_failed).empty());
    ASSERT_EQ(bench.details(EventId::account_not_unique).size(), 1U) << "it is said once";
    EXPECT_NE(bench.details(EventId::account_not_unique)[0].find("cn=twin2"), std::string::npos);
    EXPECT_EQ(bench.plain("ann", "pencil").kind, Kind::done);
    auto exchange = bench.authenticator->begin("SCRAM-SHA-256", bench.facts);
    EXPECT_EQ(bench.step(*exchange, "n,,n=twin,r=abcdefgh").kind, Kind::temporary);
    EXPECT_EQ(bench.details(EventId::account_not_unique).size(), 2U) << "since somebody was told";
}

TEST(Authenticator, RecordOfAFailureNamesHostUserAndMechanismAndNoPassword)
{
    Bench bench;
    (void)bench.plain("ann\xe2\x80\xae", "hidden-secret");
    const std::lock_guard lock{bench.records->mutex};
    ASSERT_EQ(bench.records->all.size(), 1U);
    const auto& record = bench.records->all.front();
    EXPECT_EQ(static_cast<unsigned>(record.id), 4183U);
    EXPECT_EQ(record.type, EventType::failure_audit);
    EXPECT_TRUE(record.description.starts_with("[192.0.2.1] could not sign in as \"ann"));
    EXPECT_NE(record.description.find("by PLAIN"), std::string::npos);
    EXPECT_EQ(record.description.find("hidden"), std::string::npos);
    for (const auto& [name, value] : record.fields)
        EXPECT_EQ(value.find("hidden"), std::string::npos);
}

TEST(Authenticator, NameIsLockedForATimeAndTheRightPasswordDoesNotHelp)
{
    config::AuthSettings settings;
    settings.account_failures = 3;
    Bench bench{AccountTree::Engine::embedded, settings};
    for (int i = 0; i < 3; ++i) {
        bench.facts.peer.address = "192.0.2." + std::to_string(10 + i);
        EXPECT_EQ(bench.plain("ann", "wrong").kind, Kind::failed);
    }
    EXPECT_EQ(bench.waits, (std::vector<std::chrono::milliseconds>{1s, 2s, 4s}));
    bench.facts.peer.address = "192.0.2.20";
    EXPECT_EQ(bench.plain("ann", "pencil").kind, Kind::temporary);
    EXPECT_EQ(bench.plain("ann", "pencil").kind, Kind::temporary);
    const auto failures = bench.details(EventId::auth_failed);
    ASSERT_EQ(failures.size(), 4U);  // the lock is said once
    EXPECT_NE(failures.back().find("locked for 900 s"), std::string::npos);
    bench.now += 900s;
    EXPECT_EQ(bench.plain("ann", "pencil").kind, Kind::done);
}

// A lock seen through another name would tell that the two names are one account.
TEST(Authenticator, AccountLockedUnderAnotherNameFailsLikeAWrongPassword)
{
    config::AuthSettings settings;
    settings.account_failures = 2;
    Bench bench{AccountTree::Engine::embedded, settings};
    for (int i = 0; i < 2; ++i)
        (void)bench.plain("ann", "wrong");
    EXPECT_EQ(bench.plain("ann", "pencil").kind, Kind::temporary);
    EXPECT_EQ(bench.plain("ann@contoso.example", "pencil").kind, Kind::failed);
    EXPECT_NE(bench.details(EventId::auth_failed).back().find("account is locked"),
              std::string::npos);
}

TEST(Authenticator, AddressIsLockedAfterGuessingManyNames)
{
    config::AuthSettings settings;
    settings.address_failures = 4;
    Bench bench{AccountTree::Engine::embedded, settings};
    for (int i = 0; i < 4; ++i) {
        bench.facts.peer.address = "2001:db8::" + std::to_string(i);  // one /64
        EXPECT_EQ(bench.plain("nobody" + std::to_string(i), "x").kind, Kind::failed);
    }
    bench.facts.peer.address = "2001:db8::9";
    EXPECT_EQ(bench.plain("eve", "rubber").kind, Kind::temporary);
    bench.facts.peer.address = "2001:db8:0:1::9";
    EXPECT_EQ(bench.plain("eve", "rubber").kind, Kind::done);
}

TEST(Authenticator, LoginAsksForNameAndPassword)
{
    Bench bench;
    auto exchange = bench.authenticator->begin("login", bench.facts);
    EXPECT_EQ(bench.step(*exchange, std::nullopt).data, "Username:");
    EXPECT_EQ(bench.step(*exchange, "ann").data, "Password:");
    EXPECT_EQ(bench.step(*exchange, "pencil").account, "ann");
}

TEST(Authenticator, MalformedMessagesAreSaidToBe)
{
    Bench bench;
    auto exchange = bench.authenticator->begin("PLAIN", bench.facts);
    EXPECT_EQ(bench.step(*exchange, "ann").kind, Kind::malformed);
    exchange = bench.authenticator->begin("SCRAM-SHA-256", bench.facts);
    EXPECT_EQ(bench.step(*exchange, "n,,").kind, Kind::malformed);
    EXPECT_EQ(bench.authenticator->begin("CRAM-MD5", bench.facts), nullptr);
    EXPECT_EQ(bench.authenticator->begin("EXTERNAL", bench.facts), nullptr);  // no certificate
}

TEST(Authenticator, CertificateSignsInAsItsAccountOnly)
{
    Bench bench;
    bench.facts.tls->client_fingerprint = "00ff";
    auto exchange = bench.authenticator->begin("EXTERNAL", bench.facts);
    EXPECT_EQ(bench.step(*exchange, "").account, "eve");
    exchange = bench.authenticator->begin("EXTERNAL", bench.facts);
    EXPECT_EQ(bench.step(*exchange, "ann").kind, Kind::failed);
    bench.facts.tls->client_fingerprint = "beef";
    exchange = bench.authenticator->begin("EXTERNAL", bench.facts);
    EXPECT_EQ(bench.step(*exchange, "").kind, Kind::failed);
}

/// libgsasl against the whole of it. @return  the last step; `salts` gets what the server sent
smtp::SaslStep scram(Bench& bench, const char* mechanism, const std::string& user,
                     const std::string& password, std::string* server_first = nullptr)
{
    Gsasl* context = nullptr;
    Gsasl_session* session = nullptr;
    if (gsasl_init(&context) != GSASL_OK ||
        gsasl_client_start(context, mechanism, &session) != GSASL_OK)
        throw std::runtime_error{"gsasl"};
    gsasl_property_set(session, GSASL_AUTHID, user.c_str());
    gsasl_property_set(session, GSASL_PASSWORD, password.c_str());
    if (!bench.facts.tls->exporter.empty())
        gsasl_property_set(session, GSASL_CB_TLS_EXPORTER,
                           base64_encode(bench.facts.tls->exporter).c_str());
    auto exchange = bench.authenticator->begin(mechanism, bench.facts);
    smtp::SaslStep step{Kind::challenge, {}, {}};
    for (int i = 0; i < 4 && step.kind == Kind::challenge; ++i) {
        char* out = nullptr;
        std::size_t size = 0;
        const int code = gsasl_step(session, step.data.data(), step.data.size(), &out, &size);
        if (code != GSASL_OK && code != GSASL_NEEDS_MORE) break;  // the client gives up
        step = bench.step(*exchange, std::string{out == nullptr ? "" : out, size});
        gsasl_free(out);
        if (i == 0 && server_first != nullptr) *server_first = step.data;
    }
    gsasl_finish(session);
    gsasl_done(context);
    return step;
}

TEST(Authenticator, ScramSignsInWithAndWithoutChannelBinding)
{
    Bench bench;
    EXPECT_EQ(scram(bench, "SCRAM-SHA-256", "ann", "pencil").account, "ann");
    EXPECT_EQ(scram(bench, "SCRAM-SHA-256", "ann", "pencils").kind, Kind::failed);
    bench.facts.tls->exporter = std::string(32, 'x');
    EXPECT_EQ(scram(bench, "SCRAM-SHA-256-PLUS", "ann@contoso.example", "pencil").account, "ann");
    EXPECT_EQ(bench.details(EventId::auth_failed).size(), 1U);
}

// RFC 5802 section 9: who does not exist has a salt as well, always the same.
TEST(Authenticator, ScramSaltOfNobodyLooksRealAndStaysTheSame)
{
    Bench bench;
    const auto salt = [&](const char* user) {
        std::string first;
        EXPECT_EQ(scram(bench, "SCRAM-SHA-256", user, "wrong", &first).kind, Kind::failed) << user;
        return first.substr(first.find(",s="));
    };
    const auto nobody = salt("nobody");
    const auto real = salt("ann");
    EXPECT_EQ(nobody.size(), real.size());
    EXPECT_TRUE(nobody.ends_with(",i=100000"));
    EXPECT_NE(nobody, salt("nobody2"));
    bench.restart();
    EXPECT_EQ(salt("nobody"), nobody);
}

TEST(Authenticator, ScramGuessesAreCountedLikeOthers)
{
    config::AuthSettings settings;
    settings.account_failures = 2;
    Bench bench{AccountTree::Engine::embedded, settings};
    for (int i = 0; i < 2; ++i)
        EXPECT_EQ(scram(bench, "SCRAM-SHA-256", "ann", "wrong").kind, Kind::failed);
    EXPECT_EQ(scram(bench, "SCRAM-SHA-256", "ann", "pencil").kind, Kind::temporary);
    EXPECT_EQ(bench.plain("ann", "pencil").kind, Kind::temporary);
}

// A full queue delays, and is said once.
TEST(Authenticator, MoreThanCanBeCheckedIsTemporary)
{
    config::AuthSettings settings;
    settings.queue = 1;
    Bench bench{AccountTree::Engine::embedded, settings};
    {
        const AuthDesk::Place taken{*bench.desk};
        EXPECT_EQ(bench.plain("ann", "pencil").kind, Kind::temporary);
        EXPECT_EQ(bench.plain("ann", "pencil").kind, Kind::temporary);
    }
    EXPECT_EQ(bench.details(EventId::auth_busy).size(), 1U);
    EXPECT_EQ(bench.plain("ann", "pencil").kind, Kind::done);  // nothing was counted
}

// An outage of the directory is no wrong password: 454, one event, nobody locked.
TEST(Authenticator, SilentDirectoryIsTemporaryAndLocksNobody)
{
    config::AuthSettings settings;
    settings.account_failures = 2;
    Bench bench{AccountTree::Engine::slapd, settings};
    bench.tree.server->stop();
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(bench.plain("ann", "pencil").kind, Kind::temporary);
    EXPECT_EQ(bench.details(EventId::directory_unreachable).size(), 1U);
    EXPECT_TRUE(bench.details(EventId::auth_failed).empty());
    bench.tree.server->start();
    EXPECT_EQ(bench.plain("ann", "pencil").kind, Kind::done);
}

// An account that is not proven absent is no wrong name: 454, and no guess.
TEST(Authenticator, AccountThatIsNotProvenAbsentIsTemporaryAndLocksNobody)
{
    config::AuthSettings settings;
    settings.account_failures = 2;
    Bench bench{AccountTree::Engine::embedded, settings};
    const std::shared_ptr<Directory> sound = bench.tree.directory;
    const std::shared_ptr<Directory> lost = std::make_shared<kit::IgnorantDirectory>();
    bench.authenticator.emplace(bench.config, lost, *bench.desk);
    bench.facts.tls->client_fingerprint = "00ff";
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(bench.plain("ann", "pencil").kind, Kind::temporary);
        EXPECT_EQ(bench.plain("ann@contoso.example", "pencil").kind, Kind::temporary);
        auto exchange = bench.authenticator->begin("EXTERNAL", bench.facts);
        EXPECT_EQ(bench.step(*exchange, "").kind, Kind::temporary);
    }
    EXPECT_EQ(bench.details(EventId::directory_refused).size(), 1U) << "said once";
    EXPECT_TRUE(bench.details(EventId::auth_failed).empty());
    bench.authenticator.emplace(bench.config, sound, *bench.desk);
    EXPECT_EQ(bench.plain("ann", "pencil").kind, Kind::done) << "nothing was counted";
}

TEST(Authenticator, SignsInByLdapBindAndOffersScramOnceKeysWereSeen)
{
    Bench bench{AccountTree::Engine::slapd};
    EXPECT_EQ(bench.plain("ann", "pencil").account, "ann");
    EXPECT_EQ(bench.plain("ann", "wrong").kind, Kind::failed);
    EXPECT_NE(bench.offered().find("SCRAM-SHA-256"), std::string::npos);
    EXPECT_EQ(scram(bench, "SCRAM-SHA-256", "ann", "pencil").account, "ann");
}

// 40283: it works all the same, but somebody patient could tell who exists.
TEST(Authenticator, SecretThatCannotBeKeptIsSaid)
{
    Bench bench;
    bench.authenticator.reset();
    AuthDesk desk{Paths{"/proc/nowhere"}, {}, bench.events, bench.metrics};
    EXPECT_EQ(bench.details(EventId::auth_secret_not_kept).size(), 1U);
}

}  // namespace
}  // namespace imc::app
