#include "admin/set_aside_api.h"

#include "admin/desk_world.h"
#include "base/files.h"
#include "store/quarantine.h"

namespace imc::admin {
namespace {

class SetAsideApi : public DeskWorld {
protected:
    SetAsideApi() { add_set_aside_api(desk_); }

    std::string keep(const std::string& subject)
    {
        store::Quarantined message;
        message.kept_at = wall_clock().now();
        message.sender = "eve@example.org";
        message.recipients = {{"bob@contoso.example"}};
        message.rule = "eve@example.org";
        const auto octets = std::make_shared<const std::string>("Subject: " + subject +
                                                                "\r\n\r\nBuy \x01 <b>now</b>\r\n");
        store::Quarantine quarantine{real_files(), paths_.quarantine()};
        return quarantine.keep(std::move(message), Octets{octets}).value();
    }
};

TEST_F(SetAsideApi, WhatWasFilteredIsListedShownAndDeleted)
{
    const auto id = keep("a hostile\r\n\t\"subject\" <script>");
    const auto all = lines("/api/v1/quarantine");
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(text(all.front(), "id"), id);
    const auto one = get("/api/v1/quarantine/" + id);
    EXPECT_EQ(one.at("headers").as_array().front().as_object().at("value"),
              "a hostile \"subject\" <script>");
    EXPECT_NE(text(one, "text").find("\n\t\"subject\""), std::string::npos);
    EXPECT_NE(text(one, "text").find("Buy \\x01 <b>now</b>"), std::string::npos);
    EXPECT_EQ(one.at("cut"), false);
    object("DELETE", "/api/v1/quarantine/" + id + "?dry_run=true");
    EXPECT_EQ(lines("/api/v1/quarantine").size(), 1U);
    const auto gone = object("DELETE", "/api/v1/quarantine/" + id);
    EXPECT_EQ(gone.at("undo"), nullptr);
    EXPECT_TRUE(lines("/api/v1/quarantine").empty());
    ASSERT_EQ(notebook_->changes.size(), 1U);
    EXPECT_EQ(notebook_->changes.front().object, id);
}

TEST_F(SetAsideApi, PagesGoOnWhereTheyEnded)
{
    const std::set<std::string> kept{keep("one"), keep("two"), keep("three")};
    std::set<std::string> seen;
    std::string after;
    do {
        const auto response = ask("GET", "/api/v1/quarantine?limit=2&after=" + after);
        for (const auto& line : lines_of(response))
            seen.insert(text(line, "id"));
        after = next_of(response);
    } while (!after.empty() && seen.size() < kept.size());
    EXPECT_EQ(seen, kept);
}

TEST_F(SetAsideApi, WhatIsNotThereIs404AndNothingLeadsOutOfTheFolder)
{
    get("/api/v1/quarantine/20261127T000000000Z-00000000", 404);
    get("/api/v1/quarantine/..%2Fregistry", 404);
    object("DELETE", "/api/v1/quarantine/..%2Fregistry.reg", nullptr, 404);
    get("/api/v1/badmail/nothing", 404);
    EXPECT_TRUE(lines("/api/v1/badmail").empty());
}

}  // namespace
}  // namespace imc::admin
