/// What an administrator sends back: in which groups, and with which words.
#include "administered.h"

namespace imc::queue {
namespace {

TEST_F(Administered, BouncedMailIsReportedWithTheTextGiven)
{
    open();
    deferred_mail();
    EXPECT_EQ(act({.verb = Verb::bounce, .selector = {.ids = {both_}}, .text = "no such project"})
                  .recipients,
              2U);
    EXPECT_EQ(queue_->counts().failed, 2U);
    std::size_t reports = 0;
    for (const auto& row : queue_->list({.recipient = "ann@elsewhere.example"})) {
        const auto body = *spool_.body(row.id);
        const auto text = std::string{body.memory()};
        EXPECT_NE(text.find("no such project"), std::string::npos) << text;
        EXPECT_NE(text.find("carol@a.example"), std::string::npos);
        EXPECT_NE(text.find("dave@b.example"), std::string::npos);
        ++reports;
    }
    EXPECT_EQ(reports, 1U) << "one report for both";
    EXPECT_EQ(recipients(at_a_), 1U);
}

/// Remembers how large the groups are that become durable at once.
class Watched final : public spool::Spool {
public:
    explicit Watched(spool::Spool& below) : below_{below} {}
    std::size_t most_reports = 0;
    std::uint64_t most_octets = 0;

    net::awaitable<Result<std::vector<spool::MessageId>>>
    commit_all(std::vector<spool::Commit> changes) override
    {
        std::size_t reports = 0;
        std::uint64_t octets = 0;
        for (const auto& change : changes)
            for (const auto& report : change.caused) {
                ++reports;
                octets += report.body.size();
            }
        most_reports = std::max(most_reports, reports);
        most_octets = std::max(most_octets, octets);
        return below_.commit_all(std::move(changes));
    }
    spool::MessageId new_id() override { return below_.new_id(); }
    Result<std::unique_ptr<spool::TextWriter>> begin_text() override { return below_.begin_text(); }
    net::awaitable<Result<spool::MessageId>> store(spool::NewMessage message) override
    {
        return below_.store(std::move(message));
    }
    net::awaitable<Result<std::vector<spool::MessageId>>> commit(spool::Commit change) override
    {
        return below_.commit(std::move(change));
    }
    Result<spool::Body> body(spool::MessageId id) override { return below_.body(id); }
    void forget_body(spool::MessageId id) override { below_.forget_body(id); }
    std::vector<spool::Recovered> recover(std::size_t most) override
    {
        return below_.recover(most);
    }
    spool::Health health() const override { return below_.health(); }
    void close() override { below_.close(); }

private:
    spool::Spool& below_;
};

// A group has to fit into the room that a full disk has left.
TEST_F(Administered, ReportsAreMadeInGroupsBoundedByNumberAndByWhatIsReturned)
{
    Watched watched{spool_};
    open(watched, {});
    for (int i = 0; i < 1200; ++i)
        send({"bob" + std::to_string(i) + "@a.example"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1200; }));
    EXPECT_EQ(act({.verb = Verb::bounce, .selector = at_a_, .text = "gone"}).recipients, 1200U);
    EXPECT_EQ(queue_->counts().failed, 1200U);
    EXPECT_GE(watched.most_reports, 100U);
    EXPECT_LE(watched.most_reports, 1000U);

    watched.most_octets = 0;
    std::string large;
    while (large.size() < 900'000)
        large += "some words in a line\r\n";
    for (int i = 0; i < 20; ++i) {
        spool::NewMessage message;
        message.envelope = envelope({"bob@b.example"});
        message.envelope.ret = "FULL";
        message.body = std::make_shared<const std::string>("Subject: x\r\n\r\n" + large);
        auto kept = message;
        const auto id = *kit::run(io_, spool_.store(std::move(message)));
        queue_->add(id, std::move(kept.envelope), std::move(kept.body));
    }
    ASSERT_TRUE(until([&] { return queue_->list({.domain = "b.example"}).size() == 20; }));
    settle_down();
    EXPECT_EQ(
        act({.verb = Verb::bounce, .selector = {.domain = "b.example"}, .text = "gone"}).recipients,
        20U);
    EXPECT_GT(watched.most_octets, 1U << 20) << "whole messages came back";
    EXPECT_LT(watched.most_octets, 6U << 20);
}

TEST_F(Administered, LargeMessagesThatAreBeingDeliveredDoNotEndABounceOfTheOthers)
{
    config_.reports.returned_octets = 2 << 20;
    open();
    internet_.slow = true;
    for (int i = 0; i < 5; ++i) {
        spool::NewMessage message;
        message.envelope = envelope({"large@" + std::to_string(i) + ".example"});
        message.body = std::make_shared<const std::string>(1 << 20, 'x');
        auto kept = message;
        const auto id = *kit::run(io_, spool_.store(std::move(message)));
        queue_->add(id, std::move(kept.envelope), std::move(kept.body));
    }
    settle_down();
    ASSERT_EQ(queue_->counts().in_delivery, 5U);
    internet_.slow = false;
    deferred_mail();
    const auto done = act({.verb = Verb::bounce, .selector = {.all = true}, .text = "gone"});
    EXPECT_EQ(done.recipients, 4U);
    EXPECT_EQ(done.in_delivery, 5U);
}

}  // namespace
}  // namespace imc::queue
