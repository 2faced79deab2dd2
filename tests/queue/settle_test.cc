#include "queue/settle.h"

#include <gtest/gtest.h>

namespace imc::queue {
namespace {

using namespace std::chrono_literals;
using spool::Outcome;

struct Settling {
    config::Config config;
    spool::Envelope envelope;
    spool::Body body = std::make_shared<const std::string>("Subject: x\r\n\r\ntext\r\n");
    std::vector<spool::RecipientState> states{2};
    WallTime now{std::chrono::hours{24 * 365 * 50}};
    std::mt19937_64 random{1};

    Settling()
    {
        config.host_name = "mail.example.org";
        config.local_domains = {"example.org"};
        config.retry_after = {15min, 30min};
        envelope.sender = "ann@example.org";
        envelope.recipients = {{"bob@example.net"}, {"carol@example.net"}};
        envelope.arrived_at = now - 1h;
    }
    Settled run(std::vector<DeliveryResult> results)
    {
        return settle(config, envelope, body, spool::MessageId{7}, states, {0, 1}, results, now,
                      random);
    }
};

const DeliveryResult ok{Delivery::delivered, "2.0.0", "250 ok", "mx"};
const DeliveryResult later{Delivery::deferred, "4.2.1", "450 later", "mx"};
const DeliveryResult never{Delivery::failed, "5.1.1", "550 no", "mx"};

// Q260741: one recipient's refusal was once stamped on all others.
TEST(Settle, EachRecipientHasAResultOfItsOwn)
{
    Settling s;
    const auto settled = s.run({ok, never});
    EXPECT_EQ(settled.commit.results[0].state.outcome, Outcome::delivered);
    EXPECT_EQ(settled.commit.results[1].state.outcome, Outcome::failed);
    ASSERT_EQ(settled.commit.caused.size(), 1U);
    EXPECT_EQ(settled.commit.caused[0].envelope.sender, "");
    EXPECT_EQ(settled.commit.caused[0].envelope.recipients[0].address, "ann@example.org");
    EXPECT_EQ(settled.commit.caused[0].body.memory().find("bob@"), std::string::npos);
}

TEST(Settle, DeferredIsTriedAgainWithinATenthOfItsWait)
{
    Settling s;
    const auto settled = s.run({later, ok});
    EXPECT_EQ(settled.again, std::vector<std::uint32_t>{0});
    const auto wait = settled.commit.results[0].state.next_attempt - s.now;
    EXPECT_GE(wait, 13min);
    EXPECT_LE(wait, 17min);
    EXPECT_TRUE(settled.commit.caused.empty());
}

TEST(Settle, TimeUpIsAFailureThatSaysTheLastReply)
{
    Settling s;
    s.envelope.arrived_at = s.now - 49h;
    const auto settled = s.run({later, ok});
    EXPECT_EQ(settled.commit.results[0].state.outcome, Outcome::failed);
    EXPECT_EQ(settled.commit.results[0].state.last_status, "5.4.7");
    ASSERT_EQ(settled.commit.caused.size(), 1U);
    EXPECT_NE(settled.commit.caused[0].body.memory().find("not delivered in time; last: 450 later"),
              std::string::npos);
}

TEST(Settle, ReportSaysWhenSomebodyWasAskedOnlyIfSomebodyWas)
{
    Settling s;
    EXPECT_NE(s.run({ok, never}).commit.caused.at(0).body.memory().find("Last-Attempt-Date: "),
              std::string::npos);
    auto by_administrator = never;
    by_administrator.tried = false;
    EXPECT_EQ(
        s.run({ok, by_administrator}).commit.caused.at(0).body.memory().find("Last-Attempt-Date: "),
        std::string::npos);
}

TEST(Settle, LastAttemptComesWhenTheTimeIsUp)
{
    Settling s;
    s.envelope.arrived_at = s.now - 48h + 2min;
    const auto settled = s.run({later, ok});
    EXPECT_EQ(settled.commit.results[0].state.next_attempt, s.envelope.arrived_at + 48h);
}

// RFC 5321 4.5.5, Q216161: reports on reports went on for ever.
TEST(Settle, ReportNeverCausesAReport)
{
    Settling s;
    s.envelope.sender = "";
    s.config.notify_administrator = true;
    s.config.administrator.address = "admin@example.org";
    const auto settled = s.run({never, never});
    EXPECT_TRUE(settled.commit.caused.empty());
    EXPECT_TRUE(settled.unreported);
}

TEST(Settle, WhoWantsNoReportGetsNone)
{
    Settling s;
    s.envelope.recipients[0].notify = 1;
    EXPECT_TRUE(s.run({never, ok}).commit.caused.empty());
}

TEST(Settle, AdministratorGetsACopyWhenConfigured)
{
    Settling s;
    s.config.notify_administrator = true;
    s.config.administrator.address = "admin@example.org";
    const auto settled = s.run({never, ok});
    ASSERT_EQ(settled.commit.caused.size(), 2U);
    EXPECT_EQ(settled.commit.caused[0].envelope.recipients[0].address, "ann@example.org");
    EXPECT_EQ(settled.commit.caused[1].envelope.recipients[0].address, "admin@example.org");
    EXPECT_EQ(settled.reports, (std::vector<ReportOf>{{0, 0}}));
}

TEST(Settle, OnlyWhatIsFinalOrLeftDsnBehindIsNews)
{
    spool::RecipientState delivered;
    delivered.outcome = Outcome::delivered;
    DeliveryResult result{Delivery::delivered, "2.0.0", "250 ok", "mx"};
    EXPECT_FALSE(news_of(0, delivered, result));
    result.relayed_without_dsn = true;
    EXPECT_EQ(news_of(0, delivered, result)->action, mail::Action::relayed);
    result.final_delivery = true;
    EXPECT_EQ(news_of(0, delivered, result)->action, mail::Action::delivered);
    EXPECT_FALSE(news_of(0, {}, later));
    EXPECT_EQ(news_of(0, delivered, result)->reply, "250 ok");
    result.host.clear();
    EXPECT_EQ(news_of(0, delivered, result)->reply, "") << "the file is no business of others";
}

}  // namespace
}  // namespace imc::queue
