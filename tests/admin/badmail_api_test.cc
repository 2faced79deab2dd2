#include "admin/badmail_api.h"

#include "kit/copies.h"
#include "kit/octets.h"
#include "queue_world.h"
#include "spool/badmail.h"

#include <algorithm>
#include <filesystem>
#include <unistd.h>

namespace imc::admin {
namespace {

class BadmailApi : public QueueApi {
protected:
    BadmailApi()
    {
        char name[] = "/tmp/imc-badmail-XXXXXX";
        folder_ = ::mkdtemp(name);
        add_badmail_api(*server_, {*kept_, *queue_, events_, background_, folder_, &copies_});
    }
    ~BadmailApi() override { std::filesystem::remove_all(folder_); }

    Response release(std::vector<spool::Evidence> evidence)
    {
        spool::BadMessage message;
        message.id = spool::MessageId{4711};
        message.envelope = envelope({"ann@a.example"});
        message.envelope.arrived_at = clock_.wall;
        message.states.resize(1);
        message.evidence = std::move(evidence);
        spool::Badmail{real_files(), folder_}
            .keep(message, kit::octets("Subject: x\r\n\r\nbody\r\n"))
            .value();
        return ask("POST", "/api/v1/badmail/" + message.id.to_string() + "/release");
    }

    kit::Copies copies_;
    std::string folder_;
};

TEST_F(BadmailApi, ReleasedMailIsCopiedUnlessItHadACopyAsWhatItWas)
{
    const auto answer = release({{"crashes", "2"}});
    ASSERT_EQ(answer.status, 200U) << answer.body;
    const auto kept = copies_.kept();
    ASSERT_EQ(kept.size(), 1U);
    ASSERT_TRUE(kept[0].before) << "whoever keeps it can look";
    EXPECT_EQ(kept[0].before->id, spool::MessageId{4711});
    EXPECT_EQ(kept[0].before->arrived_at, clock_.wall) << "not when it is released";
    EXPECT_FALSE(kept[0].was_known);
    EXPECT_EQ(text(json::parse(answer.body).at("message")), kept[0].id.to_string());
}

TEST_F(BadmailApi, WhatIsKnownOfItsCopyGoesWithIt)
{
    ASSERT_EQ(release({{"archived", "in/20261127/0000000000007.1"}, {"crashes", "2"}}).status,
              200U);
    ASSERT_EQ(copies_.kept().size(), 1U);
    EXPECT_TRUE(copies_.kept()[0].was_known);
    const auto evidence = kept_->evidence(copies_.kept()[0].id);
    ASSERT_TRUE(evidence);
    const spool::Evidence archived{"archived", "in/20261127/0000000000007.1"};
    EXPECT_EQ(std::ranges::count(*evidence, archived), 1);
    EXPECT_EQ(std::ranges::count(*evidence, "crashes", &spool::Evidence::key), 0)
        << "a new message begins anew";
}

}  // namespace
}  // namespace imc::admin
