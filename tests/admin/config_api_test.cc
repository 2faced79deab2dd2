#include "admin/config_api.h"

#include "admin/config_fields.h"
#include "admin/desk_world.h"
#include "admin/directory_api.h"
#include "admin/registry_api.h"
#include "admin/take_back.h"
#include "event/sinks.h"
#include "registry/store.h"

namespace imc::admin {
namespace {

using namespace std::chrono_literals;

class ConfigApi : public DeskWorld {
protected:
    ConfigApi()
    {
        events_.add(ring_sink(ring_));
        add_registry_api(desk_);
        add_directory_api(desk_);
        add_config_api(desk_,
                       {events_,
                        [this](config::Instead instead) {
                            return config::Verdict{
                                config::load(paths_, after(20s), std::move(instead)).assertions};
                        },
                        [this] { return state_; }});
    }

    json::object field(const std::string& key)
    {
        return named(get("/api/v1/config").at("fields").as_array(), "key", key);
    }
    json::object apply(json::object changes, json::object more = {}, unsigned status = 200)
    {
        more["changes"] = std::move(changes);
        return object("POST", "/api/v1/config/apply", more, status);
    }
    static std::string text_of(const json::object& answer) { return json::serialize(answer); }
    std::string retry_hours()
    {
        return json::serialize(field("connector/imcRetryHours").at("value"));
    }
    /// Its time is over.
    void let_time_pass()
    {
        auto waiting = read_waiting(paths_);
        ASSERT_TRUE(waiting);
        waiting->revert_at = wall_clock().now() - 1s;
        ASSERT_TRUE(write_waiting(paths_, *waiting));
    }
    std::size_t count(EventId id)
    {
        events_.flush();
        std::size_t out = 0;
        for (const auto& record : ring_->records())
            out += record.id == id ? 1 : 0;
        return out;
    }

    EventLog events_;
    std::shared_ptr<Ring> ring_ = std::make_shared<Ring>();
    json::object state_{{"state", "running"}};
};

TEST_F(ConfigApi, AFieldSaysItsValueAndWhoSaysIt)
{
    const auto unset = field("connector/imcRetryHours");
    EXPECT_EQ(unset.at("value"), "0.25,0.5,1,4");
    EXPECT_EQ(unset.at("set"), false);
    EXPECT_EQ(unset.at("tab"), "queues");
    EXPECT_EQ(unset.at("label"), "Retry hours");
    EXPECT_EQ(unset.at("where").as_object().at("layer"), "built-in");
    const auto site = field("registry/SiteDN");
    EXPECT_EQ(site.at("set"), true);
    EXPECT_EQ(site.at("tab"), "general");
}

TEST_F(ConfigApi, TabsAndSectionsNarrowTheList)
{
    const auto tab = get("/api/v1/config?tab=schedule");
    for (const auto& one : tab.at("fields").as_array())
        EXPECT_EQ(one.as_object().at("tab"), "schedule");
    const auto section = get("/api/v1/config?section=connector");
    for (const auto& one : section.at("fields").as_array())
        EXPECT_EQ(one.as_object().at("section"), "connector");
}

TEST_F(ConfigApi, APlanChangesNothing)
{
    const auto before = registry_text();
    const auto plan =
        object("POST", "/api/v1/config/plan",
               json::object{{"changes",
                             {{"connector/imcRetryHours", "1,2"}, {"registry/AnswerVrfy", "on"}}}});
    EXPECT_EQ(plan.at("passes"), true);
    EXPECT_EQ(plan.at("diff").as_array().size(), 2U);
    EXPECT_FALSE(text(plan, "hash").empty());
    EXPECT_EQ(registry_text(), before);
    EXPECT_EQ(retry_hours(), R"("0.25,0.5,1,4")");
}

TEST_F(ConfigApi, WhatWasPlannedIsAppliedAndTakenBack)
{
    const json::object changes{{"imcRetryHours", "1,2"}};
    const auto plan = object("POST", "/api/v1/config/plan", json::object{{"changes", changes}});
    const auto done = apply(changes, {{"hash", plan.at("hash")}});
    EXPECT_EQ(retry_hours(), R"("1,2")");
    EXPECT_EQ(done.at("revert_at"), nullptr);
    ASSERT_EQ(notebook_->changes.size(), 1U);
    EXPECT_EQ(json::serialize(notebook_->changes.front().after),
              R"({"connector/imcRetryHours":["1,2"]})");
    object("POST", "/api/v1/undo", json::object{{"steps", done.at("undo_by")}});
    EXPECT_EQ(retry_hours(), R"("0.25,0.5,1,4")");
}

TEST_F(ConfigApi, APlanThatIsOutOfDateIsNotApplied)
{
    const json::object changes{{"connector/imcRetryHours", "1,2"}};
    const auto plan = object("POST", "/api/v1/config/plan", json::object{{"changes", changes}});
    apply({{"registry/AnswerVrfy", "on"}});
    const auto said = apply(changes, {{"hash", plan.at("hash")}}, 409);
    EXPECT_EQ(event_of(said), static_cast<unsigned>(EventId::config_moved_on));
}

// As imc config apply sends it.
TEST_F(ConfigApi, AFileOfSettingsIsAppliedAndItsLinesAreNamed)
{
    const std::string text = "[registry]\nMaxHops = 33\n[connector]\nimcRetryHours = 1\n";
    const auto plan = object("POST", "/api/v1/config/plan", json::object{{"text", text}});
    EXPECT_EQ(plan.at("diff").as_array().size(), 2U);
    object("POST", "/api/v1/config/apply", json::object{{"text", text}, {"hash", "another"}}, 409);
    object("POST", "/api/v1/config/apply",
           json::object{{"text", text}, {"changes", json::object{{"registry/MaxHops", 3}}}}, 400);
    object("POST", "/api/v1/config/apply", json::object{{"text", text}, {"hash", plan.at("hash")}});
    EXPECT_NE(registry_text().find("MaxHops"), std::string::npos);
    const auto wrong = object("POST", "/api/v1/config/plan",
                              json::object{{"text", "[registry]\nMaxHop = 3\n"}}, 400);
    EXPECT_NE(text_of(wrong).find("line 2"), std::string::npos) << text_of(wrong);
    const auto refused =
        object("POST", "/api/v1/config/apply",
               json::object{{"text", "[connector]\nimcTransferMode = sideways\n"}}, 422);
    const auto& verdict = refused.at("verdict").as_object();
    EXPECT_NE(std::string{verdict.at("text").as_string()}.find("sideways"), std::string::npos);
    EXPECT_EQ(verdict.at("check").as_object().at("ok"), false);
}

TEST_F(ConfigApi, WithWhichNoStartWouldPassIsRefusedWithTheVerdict)
{
    const auto said = apply({{"registry/SiteDN", "/o=Other/ou=Oslo/cn=Configuration/cn=Servers/"
                                                 "cn=MAIL1"}},
                            {}, 422);
    EXPECT_EQ(event_of(said), static_cast<unsigned>(EventId::start_would_fail));
    EXPECT_EQ(said.at("passes"), false);
    EXPECT_EQ(said.at("check").as_object().at("deciding"), "identity.organization");
    EXPECT_TRUE(notebook_->changes.empty());
}

TEST_F(ConfigApi, BadChangesAreNamed)
{
    apply({}, {}, 400);
    apply({{"connector/imcRetryHour", "1"}}, {}, 400);
    apply({{"nowhere/imcRetryHours", "1"}}, {}, 400);
    apply({{"NoSuchSetting", "1"}}, {}, 400);
    apply({{"registry/MaxHops", "many"}}, {}, 400);
    apply({{"registry/MaxHops", json::object{}}}, {}, 400);
    apply({{"registry/AnswerVrfy", "on"}}, {{"keep_seconds", 1}}, 400);
    apply({{"domain x]\n[registry/imcTls", "may"}}, {}, 400);
    object("POST", "/api/v1/config/plan", json::array{}, 400);
}

TEST_F(ConfigApi, AValueCannotBringASettingOfItsOwn)
{
    apply({{"connector/description", "harmless\n[registry]\nHostname = evil"}}, {}, 200);
    EXPECT_EQ(text(field("registry/Hostname"), "value"), "mail1.contoso.example");
}

TEST_F(ConfigApi, APlanNamesWhatCouldLockOut)
{
    const auto plan = [this](const json::object& changes) {
        return object("POST", "/api/v1/config/plan", json::object{{"changes", changes}})
            .at("could_lock_out")
            .as_array();
    };
    EXPECT_EQ(plan({{"registry/AdminHosts", "mail.contoso.example"}, {"registry/MaxHops", "31"}}),
              json::array{"AdminHosts"});
    EXPECT_EQ(plan({{"connector/imcAdministrator", "view admin"}}),
              json::array{"imcAdministrator"});
    EXPECT_TRUE(plan({{"registry/MaxHops", "31"}}).empty());
    const auto put = object("PUT", "/api/v1/registry?dry_run=true",
                            json::object{{"name", "AdminListen"}, {"data", "127.0.0.1:9"}});
    EXPECT_EQ(put.at("could_lock_out").as_array(), json::array{"AdminListen"});
}

TEST_F(ConfigApi, WhatNobodyKeepsIsTakenBackWhenItsTimeIsOver)
{
    const auto done = apply({{"connector/imcRetryHours", "1,2"}, {"registry/AnswerVrfy", "on"}},
                            {{"keep_seconds", 60}});
    EXPECT_NE(done.at("revert_at"), nullptr);
    EXPECT_EQ(get("/api/v1/config/keep").at("generation"), done.at("generation"));
    Reverter reverter{paths_, events_};
    EXPECT_FALSE(reverter.look()) << "its time is not over yet";
    let_time_pass();
    Audit audit{paths_.audit(), events_};
    Reverter after_a_restart{paths_, events_, &audit};
    const auto taken = after_a_restart.look();
    ASSERT_TRUE(taken && *taken) << (taken ? taken->error().to_string() : "nothing was done");
    const auto told = audit.read(0, 10).value();
    ASSERT_EQ(told.size(), 2U) << "what is taken back, and what came of it";
    EXPECT_EQ(told[1].at("who"), "keep-or-revert");
    EXPECT_EQ(told[1].at("action"), "config.revert");
    EXPECT_NE(json::serialize(told[1].at("before")).find("AnswerVrfy"), std::string::npos);
    EXPECT_EQ(told[0].at("of"), told[1].at("number"));
    EXPECT_EQ(told[0].at("undo"), json::value(**taken));
    EXPECT_EQ(retry_hours(), R"("0.25,0.5,1,4")");
    EXPECT_EQ(field("registry/AnswerVrfy").at("set"), false);
    EXPECT_EQ(count(EventId::change_reverted), 1U);
    EXPECT_FALSE(after_a_restart.look());
}

TEST_F(ConfigApi, WhatIsKeptStays)
{
    const auto done = apply({{"connector/imcRetryHours", "1,2"}}, {{"keep_seconds", 60}});
    object("POST", "/api/v1/config/keep", json::object{{"generation", 4711}}, 409);
    object("POST", "/api/v1/config/keep", json::object{{"generation", done.at("generation")}});
    EXPECT_EQ(ask("GET", "/api/v1/config/keep").body, "null\n");
    EXPECT_FALSE((Reverter{paths_, events_}.look()));
    EXPECT_EQ(retry_hours(), R"("1,2")");
    EXPECT_EQ(count(EventId::change_kept), 1U);
}

TEST_F(ConfigApi, OneChangeAtATimeWaitsToBeKept)
{
    const auto first = apply({{"connector/imcRetryHours", "1,2"}}, {{"keep_seconds", 60}});
    const auto said = apply({{"registry/AnswerVrfy", "on"}}, {}, 409);
    EXPECT_EQ(event_of(said), static_cast<unsigned>(EventId::change_waits_to_be_kept));
    object("POST", "/api/v1/config/revert", json::object{{"generation", first.at("generation")}});
    EXPECT_EQ(retry_hours(), R"("0.25,0.5,1,4")");
    apply({{"registry/AnswerVrfy", "on"}});
}

TEST_F(ConfigApi, WhileAChangeWaitsNothingElseChangesTheConfiguration)
{
    const json::object put{{"name", "MaxHops"}, {"type", "DWORD"}, {"data", "31"}};
    const auto before = object("PUT", "/api/v1/registry", put);
    const auto done = apply({{"registry/AnswerVrfy", "on"}}, {{"keep_seconds", 60}});
    const auto expect_409 = [this](const std::string& method, const std::string& target,
                                   const json::object& body) {
        const auto said = object(method, target, body, 409);
        EXPECT_EQ(event_of(said), static_cast<unsigned>(EventId::change_waits_to_be_kept));
    };
    expect_409("PUT", "/api/v1/registry", put);
    expect_409("DELETE", "/api/v1/registry?name=MaxHops", {});
    expect_409("POST", "/api/v1/registry/import", {{"text", registry_text()}});
    expect_409("POST", "/api/v1/undo", {{"steps", before.at("undo_by")}});
    json::object attribute{{"op", "replace"}, {"attribute", "description"}};
    attribute["values"] = json::array{"another"};
    json::object patch{{"dn", "ou=Oslo,o=Contoso"}};
    patch["changes"] = json::array{attribute};
    expect_409("PATCH", "/api/v1/directory/entry", patch);
    object("PUT", "/api/v1/registry?dry_run=true", put);
    json::object mailbox{{"kind", "mailbox"}, {"alias", "late"}};
    mailbox["addresses"] = json::array{"late@contoso.example"};
    object("POST", "/api/v1/directory/entry", mailbox);
    object("POST", "/api/v1/config/keep", json::object{{"generation", done.at("generation")}});
    object("PUT", "/api/v1/registry", put);
}

TEST_F(ConfigApi, AChangeThatCannotBeTakenBackIsToldOfAndTriedAgain)
{
    apply({{"registry/AnswerVrfy", "on"}}, {{"keep_seconds", 60}});
    let_time_pass();
    std::filesystem::rename(paths_.backup(), paths_.backup() + ".away");
    Audit audit{paths_.audit(), events_};
    Reverter reverter{paths_, events_, &audit};
    const auto failed = reverter.look();
    ASSERT_TRUE(failed);
    EXPECT_FALSE(*failed);
    EXPECT_TRUE(audit.read(0, 10).value().at(0).contains("failed"));
    EXPECT_EQ(count(EventId::change_not_reverted), 1U);
    EXPECT_TRUE(read_waiting(paths_)) << "it still waits";
    std::filesystem::rename(paths_.backup() + ".away", paths_.backup());
    const auto taken = Reverter{paths_, events_}.look();
    EXPECT_TRUE(taken && *taken);
    EXPECT_EQ(field("registry/AnswerVrfy").at("set"), false);
}

TEST_F(ConfigApi, WhatOthersChangedSinceIsNotTakenAwayWithAChange)
{
    apply({{"registry/AnswerVrfy", "on"}}, {{"keep_seconds", 60}});
    ASSERT_TRUE(registry::set_values(paths_, {{"MaxHops", "DWORD", "31"}}));
    let_time_pass();
    const auto now = registry_text();
    Reverter reverter{paths_, events_};
    const auto failed = reverter.look();
    ASSERT_TRUE(failed);
    ASSERT_FALSE(*failed);
    EXPECT_EQ(failed->error().event(), EventId::config_moved_on);
    EXPECT_NE(failed->error().detail().find("MaxHops"), std::string::npos);
    EXPECT_EQ(count(EventId::change_not_reverted), 1U);
    EXPECT_EQ(registry_text(), now);
    EXPECT_FALSE(reverter.look()) << "it is told once";
}

TEST_F(ConfigApi, AServiceThatDiedWhileItChangedSaysThatItDoesNotKnow)
{
    ASSERT_TRUE(write_waiting(
        paths_, {3, wall_clock().now() - 1s, "account=anna", "", std::nullopt, {"MaxHops"}}));
    const auto failed = Reverter{paths_, events_}.look();
    ASSERT_TRUE(failed);
    EXPECT_FALSE(*failed);
    EXPECT_EQ(count(EventId::change_not_reverted), 1U);
}

TEST_F(ConfigApi, ADirectoryThatCannotSayIs503)
{
    silence_directory();
    EXPECT_EQ(ask("GET", "/api/v1/config").status, 503U);
    object("POST", "/api/v1/config/plan", json::object{{"changes", {{"imcRetryHours", "1"}}}}, 503);
}

TEST_F(ConfigApi, GenerationsThatNeverWereAre404)
{
    EXPECT_TRUE(lines("/api/v1/config/history").empty());
    get("/api/v1/config/history/7", 404);
    get("/api/v1/config/history/seven", 400);
    object("POST", "/api/v1/config/rollback", json::object{{"generation", 7}}, 404);
    object("POST", "/api/v1/config/rollback", json::object{}, 400);
}

TEST(ConfigFields, LabelsReadLikeWords)
{
    EXPECT_EQ(label_of("TlsClientCAFile"), "TLS client CA file");
    EXPECT_EQ(label_of("imcRetryHours"), "Retry hours");
    EXPECT_EQ(label_of("SiteDN"), "Site DN");
    EXPECT_EQ(label_of("RelayLocalIPList"), "Relay local IP list");
    EXPECT_EQ(label_of("DisableETRN"), "Disable ETRN");
}

TEST(ConfigFields, EverySettingHasATabAndALabel)
{
    const std::set<std::string_view> tabs{
        "general",  "connections",           "internet-mail", "address-space", "routing",
        "security", "delivery-restrictions", "queues",        "diagnostics",   "schedule"};
    for (const char* section : {"registry", "connector", "server", "site addressing"})
        for (const auto name : config::settings_of_section(section)) {
            EXPECT_TRUE(tabs.contains(tab_of(name))) << name;
            EXPECT_FALSE(label_of(name).empty()) << name;
        }
    EXPECT_EQ(tab_of("MaxHops"), "routing");
    EXPECT_EQ(tab_of("MaxInboundConnections"), "connections");
    EXPECT_EQ(tab_of("imcOutboundReject"), "delivery-restrictions");
    EXPECT_EQ(form_of("connector", *config::find_setting("connector", "imcOutboundAccept")).type,
              "list");
}

TEST(ConfigFields, WordsOfARangeAreChoices)
{
    const auto mode = form_of("connector", *config::find_setting("connector", "imcTransferMode"));
    EXPECT_EQ(mode.type, "choice");
    EXPECT_EQ(mode.choices, (std::vector<std::string>{"both", "inbound", "outbound", "none"}));
    const auto size = form_of("connector", *config::find_setting("connector", "imcMaxMessageKB"));
    EXPECT_EQ(size.type, "number");
    EXPECT_EQ(size.max, 2'097'151U);
    const auto hours = form_of("connector", *config::find_setting("connector", "imcRetryHours"));
    EXPECT_EQ(hours.type, "text");
}

}  // namespace
}  // namespace imc::admin
