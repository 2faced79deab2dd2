#include "app/service/dequeue_desk.h"

#include "kit/remember.h"
#include "queue/scheduler_world.h"

namespace imc::app {
namespace {

using Kind = smtp::DequeueAnswer::Kind;
using namespace std::chrono_literals;

class Desk : public queue::SchedulerWorld {
protected:
    Desk()
    {
        events_.add(std::make_unique<kit::Remember>(raised_));
        facts_.peer.address = "192.0.2.7";
    }
    void hold(const std::string& domain, std::vector<std::string> from,
              std::vector<config::Host> hosts = {})
    {
        auto held = profile(domain);
        held.hold_for_etrn = true;
        held.etrn_from = std::move(from);
        held.hosts = std::move(hosts);
        config_.profiles.push_back(std::move(held));
    }
    DequeueDesk& desk()
    {
        if (!queue_) open();
        desk_.emplace(
            snapshot(), *queue_, events_, [this](const auto&) { return may_sign_in_; },
            [this] { return link_is_open_; });
        return *desk_;
    }
    smtp::DequeueAnswer ask(const std::string& node)
    {
        return kit::run(io_, desk().start(facts_, node));
    }

    std::vector<EventRecord> raised_;
    smtp::SessionFacts facts_;
    bool may_sign_in_ = false, link_is_open_ = true;
    std::optional<DequeueDesk> desk_;
};

TEST_F(Desk, WhoIsNamedGetsTheMailOfTheDomainAndHearsHowMuch)
{
    hold("branch.example", {"192.0.2.0/24"}, {{"hub.branch.example", 25}});
    open();
    send({"a@branch.example"});
    send({"b@branch.example"});
    settle_down();
    EXPECT_TRUE(desk().offered(facts_));
    const auto answer = ask("branch.example");
    EXPECT_EQ(answer.kind, Kind::started);
    EXPECT_EQ(answer.waiting, 2U);
    EXPECT_TRUE(until([&] { return queue_->counts().delivered == 2; }));
    EXPECT_EQ(ask("branch.example").kind, Kind::nothing);
    ASSERT_EQ(raised_.size(), 1U);
    EXPECT_EQ(raised_[0].id, EventId::etrn_served);
}

TEST_F(Desk, ASubdomainMeansTheHostsOfItsProfile)
{
    hold("branch.example", {"192.0.2.0/24"}, {{"hub.branch.example", 25}});
    open();
    send({"a@branch.example"});
    settle_down();
    EXPECT_EQ(ask("deep.branch.example").waiting, 1U);
}

TEST_F(Desk, AllBelowADomainLeavesOutWhatOthersMayAskFor)
{
    hold("branch.example", {"192.0.2.0/24"}, {{"hub.branch.example", 25}});
    hold("deep.branch.example", {"198.51.100.0/24"}, {{"hub.deep.example", 25}});
    open();
    send({"a@branch.example"});
    send({"b@deep.branch.example"});
    settle_down();
    EXPECT_EQ(ask("@branch.example").waiting, 1U);
    facts_.peer.address = "198.51.100.1";
    EXPECT_EQ(ask("deep.branch.example").waiting, 1U);
}

TEST_F(Desk, OthersAreNotShownItAndNotAllowed)
{
    hold("branch.example", {"192.0.2.0/24"});
    facts_.peer.address = "198.51.100.1";
    EXPECT_FALSE(desk().offered(facts_));
    EXPECT_EQ(ask("branch.example").kind, Kind::not_allowed);
    facts_.peer.address = "192.0.2.7";
    EXPECT_EQ(ask("other.example").kind, Kind::not_allowed) << "nothing is held for it";
    EXPECT_EQ(ask("#branch.example").kind, Kind::not_allowed);
}

TEST_F(Desk, ADomainForWhichNobodyMayAskIsHeldAllTheSame)
{
    hold("branch.example", {});
    EXPECT_FALSE(desk().offered(facts_));
    EXPECT_EQ(ask("branch.example").kind, Kind::not_allowed);
}

TEST_F(Desk, AnAccountMayAskOnceItHasSignedIn)
{
    hold("branch.example", {"account:branch"});
    EXPECT_FALSE(desk().offered(facts_)) << "nobody can sign in here";
    may_sign_in_ = true;
    EXPECT_TRUE(desk().offered(facts_)) << "it may sign in yet";
    EXPECT_EQ(ask("branch.example").kind, Kind::not_allowed);
    facts_.account = "alice";
    EXPECT_FALSE(desk().offered(facts_));
    facts_.account = "Branch";
    EXPECT_TRUE(desk().offered(facts_));
    EXPECT_EQ(ask("branch.example").kind, Kind::nothing);
}

TEST_F(Desk, ACertificateMayAsk)
{
    const std::string hash(64, 'a');
    hold("branch.example", {"sha256:" + hash});
    EXPECT_FALSE(desk().offered(facts_));
    smtp::TlsFacts tls;
    tls.client_fingerprint = hash;
    facts_.tls = tls;
    EXPECT_TRUE(desk().offered(facts_));
    EXPECT_EQ(ask("@branch.example").kind, Kind::nothing);
}

// etrn-disabled (Q258292).
TEST_F(Desk, DisableEtrnShowsItToNobody)
{
    hold("branch.example", {"192.0.2.0/24"});
    config_.answers_etrn = false;
    EXPECT_FALSE(desk().offered(facts_));
}

TEST_F(Desk, WhileNothingCanLeaveItSaysSo)
{
    hold("branch.example", {"192.0.2.0/24"});
    link_is_open_ = false;
    EXPECT_EQ(ask("branch.example").kind, Kind::unable);
    link_is_open_ = true;
    config_.mode = config::TransferMode::inbound;
    EXPECT_EQ(ask("branch.example").kind, Kind::unable);
}

}  // namespace
}  // namespace imc::app
