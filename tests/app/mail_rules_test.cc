#include "app/service/mail_rules.h"

#include "kit/coroutine.h"

#include <gtest/gtest.h>

namespace imc::app {
namespace {

using queue::Delivery;

/// What a courier for other hosts was given.
struct Given {
    int jobs = 0;
    const queue::Job* job = nullptr;  ///< to compare, never to read
    std::string sender;
    std::vector<std::string> addresses;
};

class Carrier final : public queue::Courier {
public:
    explicit Carrier(Given& given) : given_{given} {}
    queue::net::awaitable<std::vector<queue::DeliveryResult>>
    deliver(const queue::Job& job) override
    {
        ++given_.jobs;
        given_.job = &job;
        given_.sender = job.envelope->sender;
        given_.addresses = job.addresses;
        std::vector<queue::DeliveryResult> results;
        for (const auto& address : job.addresses)
            results.push_back({Delivery::delivered, "2.0.0", "250 " + address, "mx"});
        co_return results;
    }
    bool reusable() const override { return true; }
    queue::net::awaitable<void> close() override { co_return; }

private:
    Given& given_;
};

struct Carriers final : queue::Couriers {
    std::unique_ptr<queue::Courier> hire(const queue::Place&) override
    {
        return std::make_unique<Carrier>(given);
    }
    Given given;
};

struct Outbound : testing::Test {
    Outbound()
    {
        config->local_domains = {"contoso.example"};
        config->srs_key = "key";
        envelope.sender = "alice@contoso.example";
        envelope.recipients = {{"bob@example.net"}, {"carol@example.org"}};
        job.recipients = {0, 1};
        job.addresses = {"bob@example.net", "carol@example.org"};
        text("Subject: x\r\n\r\nhello\r\n");
    }
    void text(const std::string& octets) { job.body = std::make_shared<const std::string>(octets); }
    std::vector<queue::DeliveryResult> deliver()
    {
        queue::Place place;
        place.route.hop = transfer::ToMx{"example.net"};
        const auto courier = ObedientCouriers{carriers, [this] { return config; }}.hire(place);
        return kit::run(courier->deliver(job));
    }

    std::shared_ptr<config::Config> config = std::make_shared<config::Config>();
    Carriers carriers;
    spool::Envelope envelope;
    queue::Job job{spool::MessageId{7}, &envelope, {}, {}, {}};
};

TEST_F(Outbound, WhatNoRuleChangesIsHandedOnAsItIs)
{
    const auto results = deliver();
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[1].reply, "250 carol@example.org");
    EXPECT_EQ(carriers.given.job, &job) << "and not a copy";
}

TEST_F(Outbound, OnlyThoseWhoseDomainForbidsAutomaticMailGetNone)
{
    config::DomainProfile profile;
    profile.domain = "example.org";
    profile.allow_auto_replies = true;
    config->profiles = {profile};
    text("From: Alice <alice@contoso.example>\r\nAuto-Submitted: auto-replied\r\n\r\naway\r\n");
    const auto results = deliver();
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[0].delivery, Delivery::failed);
    EXPECT_EQ(results[0].suppressed, mail::Automatic::reply);
    EXPECT_EQ(results[1].reply, "250 carol@example.org");
    EXPECT_EQ(carriers.given.addresses, std::vector<std::string>{"carol@example.org"});
    config->profiles.clear();
    EXPECT_EQ(deliver()[1].suppressed, mail::Automatic::reply);
    EXPECT_EQ(carriers.given.jobs, 1) << "where nobody gets it nobody is asked";
}

TEST_F(Outbound, SenderOfWhatIsPassedOnIsRewrittenUnlessItIsOurs)
{
    job.passed_on = true;
    (void)deliver();
    EXPECT_EQ(carriers.given.sender, "alice@contoso.example");
    envelope.sender = "ann@example.com";
    const auto results = deliver();
    EXPECT_TRUE(carriers.given.sender.starts_with("SRS0=")) << carriers.given.sender;
    EXPECT_EQ(carriers.given.addresses, job.addresses);
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[0].reply, "250 bob@example.net");
    job.passed_on = false;
    (void)deliver();
    EXPECT_EQ(carriers.given.sender, "ann@example.com");
    envelope.recipients[1].address = "staff@contoso.example";
    (void)deliver();
    EXPECT_TRUE(carriers.given.sender.starts_with("SRS0=")) << "carol stands for one of ours";
}

}  // namespace
}  // namespace imc::app
