#include "admin/overview_api.h"

#include "admin/check_api.h"
#include "admin/config_api.h"
#include "admin/desk_world.h"
#include "admin/directory_api.h"
#include "admin/events_api.h"
#include "admin/explain_api.h"
#include "admin/registry_api.h"
#include "admin/router.h"
#include "admin/set_aside_api.h"
#include "admin/track_api.h"
#include "event/sinks.h"
#include "kit/certificates.h"

namespace imc::admin {
namespace {

class OverviewApi : public DeskWorld {
protected:
    OverviewApi()
    {
        add_overview_api(desk_, {[this] { return state_; },
                                 [] { return json::object{{"queued_messages", 7}}; }});
        add_check_api(desk_, {[](auto) { return config::Verdict{}; },
                              [](const std::string&) { return CheckParts::Mended{}; }});
        add_events_api(desk_);
        add_registry_api(desk_);
        add_directory_api(desk_);
        add_config_api(desk_, {events_, [](const config::Instead&) { return config::Verdict{}; },
                               [this] { return state_; }});
        add_track_api(desk_);
        add_rejects_api(desk_);
        add_explain_api(desk_);
        add_set_aside_api(desk_);
    }

    EventLog events_;
    json::object state_{{"state", "held"},
                        {"event", 4086},
                        {"deciding", "identity.organization"},
                        {"version", "1"}};
};

TEST_F(OverviewApi, WhileHeldTheVerdictStandsOnTop)
{
    const auto said = get("/api/v1/overview");
    EXPECT_EQ(said.at("state"), "held");
    EXPECT_EQ(said.at("held").as_object().at("event"), 4086);
    EXPECT_EQ(said.at("queue"), nullptr);
    EXPECT_EQ(said.at("organization"), "Contoso");
    EXPECT_EQ(said.at("site"), "Oslo");
    EXPECT_EQ(said.at("server"), "MAIL1");
    EXPECT_EQ(said.at("host"), "mail1.contoso.example");
    EXPECT_EQ(said.at("directory").as_object().at("answer"), "found");
    EXPECT_EQ(said.at("counters").as_object().at("queued_messages"), 7);
    EXPECT_EQ(said.at("pending"), nullptr);
}

TEST_F(OverviewApi, ADirectoryThatCannotSayIsNoEmptyOne)
{
    silence_directory();
    const auto health = get("/api/v1/overview").at("directory").as_object();
    EXPECT_EQ(health.at("answer"), "cannot_say");
    EXPECT_FALSE(text(health, "detail").empty());
}

TEST_F(OverviewApi, ACertificateIsToldWithNamesIssuerFingerprintAndWhetherItEndsSoon)
{
    const auto show = [this](long days) {
        kit::CertificateWish authority_wish;
        authority_wish.name = "ca.contoso.example";
        authority_wish.authority = true;
        const auto authority = kit::make_certificate(authority_wish);
        kit::CertificateWish wish;
        wish.name = "mail1.contoso.example";
        wish.to_seconds = days * 24 * 3600 + 60;
        wish.issuer = &authority;
        const auto made = kit::make_certificate(wish);
        std::filesystem::create_directories(paths_.tls());
        kit::write_certificate(made, paths_.tls() + "/imc.crt");
        kit::write_key(made, paths_.tls() + "/imc.key");
        return lines("/api/v1/certificates").at(0);
    };
    const auto far = show(90);
    EXPECT_EQ(far.at("subject"), "CN=mail1.contoso.example");
    EXPECT_EQ(far.at("issuer"), "CN=ca.contoso.example");
    EXPECT_EQ(far.at("self_signed"), false);
    EXPECT_EQ(json::serialize(far.at("names")), R"(["mail1.contoso.example"])");
    EXPECT_EQ(text(far, "fingerprint").size(), 64U);
    EXPECT_TRUE(far.at("begins").is_string());
    EXPECT_EQ(far.at("days"), 90);
    EXPECT_EQ(far.at("soon"), false);
    EXPECT_EQ(show(13).at("soon"), true);
    EXPECT_EQ(get("/api/v1/overview").at("certificates").as_array().at(0).at("days"), 13);
}

TEST_F(OverviewApi, EveryPathOfTheseResourcesIsInTheDocumentAndIsAnswered)
{
    const auto document = get("/api/v1/openapi.json");
    EXPECT_EQ(document.at("openapi"), "3.1.0");
    // Those of other files of the API are held against the sources by tools/check_openapi.py.
    constexpr std::string_view mine[] = {"/overview", "/openapi.json", "/check",  "/events",
                                         "/registry", "/directory",    "/config", "/undo",
                                         "/track",    "/rejects",      "/explain"};
    std::size_t asked = 0;
    for (const auto& [path, methods] : document.at("paths").as_object()) {
        const std::string pattern{path};
        const bool is_mine = std::ranges::any_of(
            mine, [&](auto beginning) { return pattern.starts_with(beginning); });
        if (!is_mine) continue;
        for (const auto& [method, operation] : methods.as_object()) {
            auto target = "/api/v1" + pattern;
            for (auto open = target.find('{'); open != std::string::npos; open = target.find('{'))
                target.replace(open, target.find('}') - open + 1, "x");
            const auto response = ask(upper(std::string{method}), target);
            EXPECT_EQ(response.body.find("no such path"), std::string::npos)
                << method << " " << target;
            ++asked;
        }
    }
    EXPECT_GT(asked, 40U);
}

TEST_F(OverviewApi, WhatTheDocumentRequiresIsInTheAnswer)
{
    const auto document = get("/api/v1/openapi.json");
    const auto& schemas = document.at("components").as_object().at("schemas").as_object();
    const auto has_all = [&](const char* schema, const json::object& answer) {
        for (const auto& name : schemas.at(schema).as_object().at("required").as_array())
            EXPECT_TRUE(answer.contains(name.as_string())) << schema << ": " << name;
    };
    has_all("Overview", get("/api/v1/overview"));
    has_all("Check", get("/api/v1/check"));
    const auto registry = get("/api/v1/registry");
    has_all("RegistryKey", registry);
    has_all("RegistryValue", registry.at("values").as_array().front().as_object());
    has_all("Tree", get("/api/v1/directory/tree"));
    has_all("DirectorySummary", get("/api/v1/directory/entry?dn=o%3DContoso"));
    const auto config = get("/api/v1/config");
    has_all("Config", config);
    has_all("Field", config.at("fields").as_array().front().as_object());
    has_all("Explained", get("/api/v1/explain/route?address=b%40example.net&dns=false"));
    has_all("Explanation", get("/api/v1/events/explain/4086"));
    has_all("Changed",
            object("PUT", "/api/v1/registry",
                   json::object{{"name", "MaxHops"}, {"type", "DWORD"}, {"data", "30"}}));
}

// What a session says it may see is what the document says its role may.
TEST_F(OverviewApi, WhatASessionSeesHasTheRoleOfTheDocument)
{
    const auto document = get("/api/v1/openapi.json");
    for (const auto role : {Role::view, Role::help_desk, Role::operates, Role::administrator}) {
        Caller caller;
        caller.role = role;
        for (const auto name : resources_of(caller)) {
            bool may = false;
            for (const auto& [path, methods] : document.at("paths").as_object()) {
                const std::string_view words{path};
                const bool is_it = words == "/" + std::string{name} ||
                                   words.starts_with("/" + std::string{name} + "/");
                const auto* asks = methods.as_object().if_contains("get");
                if (asks == nullptr) asks = methods.as_object().if_contains("post");
                if (is_it && asks != nullptr)
                    may =
                        may || caller.may(*parse_role(std::string{asks->at("x-role").as_string()}));
            }
            EXPECT_TRUE(may) << name << " for " << name_of(role);
        }
    }
}

TEST_F(OverviewApi, EventsComeNewestFirstInPages)
{
    std::filesystem::create_directories(paths_.log());
    events_.add(file_sink({paths_.events()}));
    for (const char* detail : {"one", "two", "<b>\"three\"\x01\xff"})
        events_.raise(EventId::generation_taken, {{"generation", "1"}, {"detail", detail}});
    events_.flush();
    const auto first = ask("GET", "/api/v1/events?limit=2&id=40113");
    ASSERT_EQ(lines_of(first).size(), 2U);
    EXPECT_NE(text(lines_of(first).front(), "description").find("three"), std::string::npos);
    const auto second =
        ask("GET", "/api/v1/events?limit=2&id=40113&after=" + url_encode(next_of(first)));
    ASSERT_EQ(lines_of(second).size(), 1U);
    EXPECT_NE(text(lines_of(second).front(), "description").find("one"), std::string::npos);
    EXPECT_EQ(next_of(second), "");
    for (const char* after : {"x", "1-2-3", "2026-11-27T12%3A00%3A00.000Z%2F1"}) {
        const auto wrong = object(
            "GET", std::string{"/api/v1/events?limit=2&id=40113&after="} + after, nullptr, 400);
        EXPECT_NE(text(wrong.at("error").as_object(), "detail").find("ask again without after"),
                  std::string::npos);
    }
    EXPECT_TRUE(lines("/api/v1/events?type=Error&id=40113").empty());
    EXPECT_EQ(ask("GET", "/api/v1/events?id=many").status, 400U);
    EXPECT_EQ(ask("GET", "/api/v1/events?since=soon").status, 400U);
}

TEST_F(OverviewApi, ANumberASymbolAndACodeAreExplained)
{
    EXPECT_EQ(get("/api/v1/events/explain/IMC_CONFIG_LOAD_FAILED").at("number"), 4086);
    EXPECT_EQ(get("/api/v1/events/explain/5.7.1").at("status").as_object().at("code"), "5.7.1");
    get("/api/v1/events/explain/nonsense", 404);
}

}  // namespace
}  // namespace imc::admin
