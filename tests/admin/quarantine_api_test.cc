#include "admin/quarantine_api.h"

#include "kit/copies.h"
#include "kit/octets.h"
#include "queue_world.h"
#include "store/quarantine.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <filesystem>
#include <set>
#include <unistd.h>

namespace imc::admin {
namespace {

namespace net = boost::asio;

class QuarantineApi : public QueueApi {
protected:
    QuarantineApi()
    {
        char name[] = "/tmp/imc-quarantine-XXXXXX";
        folder_ = ::mkdtemp(name);
        add_quarantine_api(*server_,
                           {*kept_, *queue_, events_, background_, [this] { return folder_; },
                            [] { return std::vector<policy::FilterTable::Count>{}; }, &copies_});
        copies_.on = false;
    }
    ~QuarantineApi() override { std::filesystem::remove_all(folder_); }

    std::string set_aside()
    {
        store::Quarantined record;
        record.kept_at = WallTime{1'700'000'000'123ms};
        record.sender = "x@bad.example";
        record.recipients = {{"ann@a.example"}};
        return store::Quarantine{real_files(), folder_}
            .keep(std::move(record), kit::octets("Subject: x\r\n\r\nbody\r\n"))
            .value();
    }
    static std::string path(const std::string& id)
    {
        return "/api/v1/quarantine/" + id + "/release";
    }
    net::awaitable<void> release(std::string id)
    {
        const auto answer = co_await server_->answer("POST", path(id), {}, false);
        statuses_.insert(answer.status);
    }

    kit::Copies copies_;
    std::string folder_;
    std::multiset<unsigned> statuses_;
};

TEST_F(QuarantineApi, MessageThatTwoReleaseAtOnceIsSentOnce)
{
    const auto id = set_aside();
    net::co_spawn(io_, release(id), net::detached);
    net::co_spawn(io_, release(id), net::detached);
    ASSERT_TRUE(until([&] { return statuses_.size() == 2; }));
    EXPECT_EQ(statuses_, (std::multiset<unsigned>{200, 409}));
    settle_down();
    EXPECT_EQ(lines("/api/v1/queue").size(), 1U);
}

TEST_F(QuarantineApi, MessageIsReleasedOnce)
{
    const auto id = set_aside();
    EXPECT_EQ(ask("POST", path(id) + "?dry_run=true").status, 200U);
    EXPECT_EQ(ask("POST", path(id)).status, 200U);
    EXPECT_EQ(ask("POST", path(id)).status, 404U);
    settle_down();
    ASSERT_EQ(notebook_->changes.size(), 1U) << "neither the dry run nor the second";
    EXPECT_EQ(text(notebook_->changes[0].before.at("sender")), "x@bad.example");
    ASSERT_EQ(notebook_->outcomes.size(), 1U);
    const auto queued = text(lines("/api/v1/queue")[0].at("id"));
    EXPECT_EQ(notebook_->outcomes[0].second.undo, "imc queue delete " + queued);
    EXPECT_EQ(lines("/api/v1/queue").size(), 1U);
}

TEST_F(QuarantineApi, ReleasedMailHasACopyUnderTheIdOfTheQueue)
{
    copies_.on = true;
    const auto id = set_aside();
    EXPECT_EQ(ask("POST", path(id) + "?dry_run=true").status, 200U);
    EXPECT_TRUE(copies_.kept().empty());
    const auto answer = ask("POST", path(id));
    ASSERT_EQ(answer.status, 200U) << answer.body;
    const auto kept = copies_.kept();
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(text(json::parse(answer.body).at("message")), kept[0].id.to_string());
    EXPECT_EQ(kept[0].recipients, std::vector<std::string>{"ann@a.example"});
    EXPECT_FALSE(kept[0].before);
}

TEST_F(QuarantineApi, WhatCannotBeCopiedStaysInTheQuarantineWhereMailStops)
{
    copies_.on = copies_.full = true;
    const auto id = set_aside();
    const auto answer = ask("POST", path(id));
    EXPECT_EQ(answer.status, 503U) << answer.body;
    EXPECT_NE(answer.body.find("41090"), std::string::npos) << answer.body;
    EXPECT_TRUE(lines("/api/v1/queue").empty());
    copies_.full = false;
    EXPECT_EQ(ask("POST", path(id)).status, 200U);
}

TEST_F(QuarantineApi, WhatTheSpoolDoesNotTakeLeavesNoCopy)
{
    copies_.on = true;
    kept_->close();
    EXPECT_EQ(ask("POST", path(set_aside())).status, 503U);
    ASSERT_EQ(copies_.kept().size(), 1U);
    EXPECT_EQ(copies_.discarded(), std::vector<spool::MessageId>{copies_.kept()[0].id});
}

}  // namespace
}  // namespace imc::admin
