#include "config/parse.h"
#include "queue/scheduler_world.h"

#include <algorithm>

namespace imc::queue {
namespace {

/// Two connectors of the site, on other hosts; ours carries nothing.
class Reroute : public SchedulerWorld {
protected:
    Reroute()
    {
        for (const char* name : {"first", "second"}) {
            config::SiteConnector one;
            one.name = name;
            one.hosts = {{std::string{name} + ".contoso.example", 25}};
            config_.connectors.push_back(std::move(one));
        }
        config_.connectors[0].spaces = {*config::parse_address_space("SMTP:*;1;organization")};
        config_.connectors[1].spaces = {*config::parse_address_space("SMTP:*;50;organization")};
        internet_.answer = [this](const std::string&) {
            return down_ == internet_.sent.back().site ? no_answer : delivered;
        };
    }
    std::vector<std::string> sites() const
    {
        std::vector<std::string> out;
        for (const auto& sent : internet_.sent)
            out.push_back(sent.site);
        return out;
    }

    const std::string first = "connector:[first.contoso.example]:25";
    const std::string second = "connector:[second.contoso.example]:25";
    std::string down_;
};

// Q263714, Q285090: the historic one never took mail back from a connector that was dead or gone.
TEST_F(Reroute, MailThatWaitsForAConnectorGoesToAnotherWhenItWithdraws)
{
    down_ = first;
    open();
    for (int i = 0; i < 5; ++i)
        send({"x" + std::to_string(i) + "@example.net"});
    settle_down();
    EXPECT_EQ(queue_->counts().delivered, 0u);
    EXPECT_EQ(row("x4@example.net").route, first);
    config_.connectors[0].mode = config::TransferMode::inbound;
    reconfigure();
    EXPECT_TRUE(until([this] { return queue_->counts().delivered == 4; }))
        << "all but the one that was tried";
    pass(2000s);
    EXPECT_TRUE(until([this] { return queue_->counts().delivered == 5; }));
    EXPECT_EQ(queue_->counts().failed, 0u);
    EXPECT_GE(std::ranges::count(sites(), second), 5);
}

TEST_F(Reroute, WithoutAnyConnectorMailWaitsAndDoesNotBounce)
{
    down_ = first;
    open();
    send({"x@example.net"});
    settle_down();
    for (auto& one : config_.connectors)
        one.mode = config::TransferMode::none;
    reconfigure();
    settle_down();
    pass(2000s);
    EXPECT_EQ(queue_->counts().failed, 0u);
    EXPECT_NE(row("x@example.net").why.find("No connector of the site carries mail"),
              std::string::npos)
        << row("x@example.net").why;
    config_.connectors[1].mode = config::TransferMode::both;
    reconfigure();
    pass(2000s);
    EXPECT_TRUE(until([this] { return queue_->counts().delivered == 1; }));
    EXPECT_EQ(sites().back(), second);
}

TEST_F(Reroute, OurOwnConnectorThatOnlyDrainsSendsWhatWaits)
{
    config_.connectors.resize(1);
    config_.connectors[0].is_ours = true;
    config_.connectors[0].hosts.clear();
    internet_.answer = [](const auto&) { return deferred; };
    open();
    for (int i = 0; i < 3; ++i)
        send({"x" + std::to_string(i) + "@example.net"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 3; }));
    internet_.answer = [](const auto&) { return delivered; };
    config_.mode = config_.connectors[0].mode = config::TransferMode::none;
    reconfigure();
    pass(2000s);
    EXPECT_TRUE(until([&] { return queue_->counts().delivered == 3; }))
        << row("x0@example.net").why;
}

// The password of a domain's profile is not for the host of a connector or of a routing row.
TEST_F(Reroute, NobodySignsInAtAnotherConnectorWithTheProfilesPassword)
{
    auto own = profile("a.example");
    own.auth_user = "contoso";
    own.auth_password_file = "/secrets/a.example";
    config_.profiles = {own};
    open();
    send({"x@a.example"});
    settle_down();
    EXPECT_EQ(sites(), std::vector<std::string>{first});
    EXPECT_FALSE(internet_.signs_in);
    config_.connectors.clear();
    reconfigure();
    send({"y@a.example"});
    settle_down();
    EXPECT_TRUE(internet_.signs_in);
}

}  // namespace
}  // namespace imc::queue
