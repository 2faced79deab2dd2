#include "admin/check_api.h"

#include "admin/desk_world.h"

namespace imc::admin {
namespace {

config::Assertion wrong_site_dn()
{
    config::Assertion a{"identity.organization", EventId::config_load_failed};
    a.status = config::Status::failed;
    a.found = "/o=contoso";
    a.expected = "/o=Contoso";
    a.fix = "imc reg add -v SiteDN -d ...";
    a.automatic.registry = {{"SiteDN", "SZ", "/o=Contoso"}};
    return a;
}

class CheckApi : public DeskWorld {
protected:
    CheckApi()
    {
        add_check_api(desk_, {[this](auto) { return verdict_; },
                              [this](const std::string& only) { return mend(only); }});
    }

    CheckParts::Mended mend(const std::string& only)
    {
        mended_.push_back(only);
        if (failure_) return {{}, "", verdict_, failure_};
        verdict_.assertions.front().status = config::Status::passed;
        return {{"registry value SiteDN = /o=Contoso"},
                "imc reg restore registry-1.reg" + paths_.option(),
                verdict_};
    }

    config::Verdict verdict_{{wrong_site_dn()}};
    std::vector<std::string> mended_;
    std::optional<Error> failure_;
};

TEST_F(CheckApi, FoundAndExpectedStandSideBySideWithTheMend)
{
    const auto said = get("/api/v1/check");
    EXPECT_EQ(said.at("passed"), false);
    EXPECT_EQ(said.at("deciding"), "identity.organization");
    EXPECT_EQ(said.at("event"), 4086);
    const auto a = named(said.at("assertions").as_array(), "id", "identity.organization");
    EXPECT_EQ(a.at("found"), "/o=contoso");
    EXPECT_EQ(a.at("expected"), "/o=Contoso");
    EXPECT_EQ(a.at("symbol"), "IMC_CONFIG_LOAD_FAILED");
    EXPECT_EQ(a.at("fix").as_object().at("automatic"), true);
    EXPECT_EQ(a.at("fix").as_object().at("what"), "registry value SiteDN = /o=Contoso");
}

TEST_F(CheckApi, WhoWouldWaitTooLongIsToldToComeAgain)
{
    boost::asio::thread_pool one{1};
    const auto turns = std::make_shared<Turns>(one);
    Server server{folder_ + "/other.sock", io_.get_executor()};
    Desk desk{server, pool_, paths_, turns};
    add_check_api(desk, {[this](auto) { return verdict_; }, {}});
    const auto status = [&] {
        Response out;
        boost::asio::co_spawn(
            io_, server.answer("GET", "/api/v1/check"),
            [&out](const std::exception_ptr&, Response r) { out = std::move(r); });
        io_.restart();
        io_.run();
        return out.status;
    };
    EXPECT_EQ(status(), 200U);
    EXPECT_EQ(turns->taken, 0U);
    turns->taken = 16;
    EXPECT_EQ(status(), 503U);
    EXPECT_EQ(turns->taken, 16U);
    turns->taken = 15;
    EXPECT_EQ(status(), 200U);
    one.join();
}

TEST_F(CheckApi, AMendIsNotedFirstAndAnswersItsUndo)
{
    const auto said =
        object("POST", "/api/v1/check/fix", json::object{{"assertion", "identity.organization"}});
    EXPECT_EQ(mended_, std::vector<std::string>{"identity.organization"});
    ASSERT_EQ(notebook_->changes.size(), 1U);
    EXPECT_EQ(notebook_->changes.front().action, "check.fix");
    EXPECT_EQ(text(said, "undo"), "imc reg restore registry-1.reg" + paths_.option());
    EXPECT_EQ(json::serialize(said.at("undo_by")), R"([{"registry":"registry-1.reg"}])");
    EXPECT_EQ(said.at("check").as_object().at("passed"), true);
}

TEST_F(CheckApi, ADryRunMendsNothingAndNotesNothing)
{
    const auto said = object("POST", "/api/v1/check/fix?dry_run=true", json::object{});
    EXPECT_EQ(said.at("dry_run"), true);
    EXPECT_EQ(said.at("undo"), nullptr);
    EXPECT_EQ(json::serialize(said.at("changed")), R"(["registry value SiteDN = /o=Contoso"])");
    EXPECT_TRUE(mended_.empty());
    EXPECT_TRUE(notebook_->changes.empty());
}

TEST_F(CheckApi, WhatNoCommandCanDecideIsNotMended)
{
    verdict_.assertions.front().automatic = {};
    const auto said = object("POST", "/api/v1/check/fix", json::object{}, 409);
    EXPECT_EQ(event_of(said), static_cast<unsigned>(EventId::nothing_to_mend));
    EXPECT_TRUE(mended_.empty());
}

TEST_F(CheckApi, AnAssertionThatNobodyKnowsIs404)
{
    object("POST", "/api/v1/check/fix", json::object{{"assertion", "<script>"}}, 404);
    object("POST", "/api/v1/check/fix", json::object{{"assertion", 7}}, 400);
    object("POST", "/api/v1/check/fix", json::array{}, 400);
}

TEST_F(CheckApi, WithoutRoomForTheNoteNothingIsMended)
{
    notebook_->full = true;
    object("POST", "/api/v1/check/fix", json::object{}, 503);
    EXPECT_TRUE(mended_.empty());
}

TEST_F(CheckApi, AMendThatFailsCameToNothing)
{
    failure_ = Error{EventId::directory_unreachable, "no answer"};
    object("POST", "/api/v1/check/fix", json::object{}, 503);
    EXPECT_EQ(notebook_->in_vain, std::vector<std::uint64_t>{1});
}

TEST_F(CheckApi, OctetsThatAreNoUtf8StillComeAsJson)
{
    verdict_.assertions.front().found = "<b>\"\x01\xff'";
    const auto said = get("/api/v1/check");
    const auto a = named(said.at("assertions").as_array(), "id", "identity.organization");
    EXPECT_EQ(a.at("found"), "<b>\"\x01\\xff'");
}

}  // namespace
}  // namespace imc::admin
