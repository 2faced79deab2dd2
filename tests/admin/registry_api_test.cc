#include "admin/registry_api.h"

#include "admin/config_api.h"
#include "admin/desk_world.h"
#include "event/change_note.h"
#include "registry/store.h"

namespace imc::admin {
namespace {

class RegistryApi : public DeskWorld {
protected:
    RegistryApi()
    {
        add_registry_api(desk_, [this](config::Instead instead) {
            const auto deadline = after(std::chrono::seconds{20});
            return config::Verdict{config::load(paths_, deadline, std::move(instead)).assertions};
        });
        add_keep_api(desk_, std::make_shared<const ConfigParts>(ConfigParts{events_, {}, {}}));
    }

    json::object value(const std::string& name)
    {
        return named(get("/api/v1/registry").at("values").as_array(), "name", name);
    }
    json::object put(const std::string& name, const std::string& type, const std::string& data,
                     const std::string& query = "")
    {
        return object("PUT", "/api/v1/registry" + query,
                      json::object{{"name", name}, {"type", type}, {"data", data}});
    }
    /// As the Undo button does.
    void undo(const json::object& answer)
    {
        object("POST", "/api/v1/undo", json::object{{"steps", answer.at("undo_by")}});
    }

    EventLog events_;
};

TEST_F(RegistryApi, DescribedValuesThatAreNotSetStandThere)
{
    const auto unset = value("RelayAllowList");
    EXPECT_EQ(unset.at("set"), false);
    EXPECT_EQ(unset.at("data"), nullptr);
    EXPECT_EQ(unset.at("type"), "MULTI_SZ");
    EXPECT_EQ(value("HomeDSA").at("data"), "embedded");
    EXPECT_EQ(value("HomeDSA").at("set"), true);
}

TEST_F(RegistryApi, DryRunTellsWhatAStartWouldSayOfIt)
{
    const auto judged = [](const json::object& said) {
        const auto& check = said.at("check").as_object();
        EXPECT_EQ(check.at("passed"), said.at("passes"));
        return check.at("event");
    };
    const auto before = registry_text();
    const auto said = put("SiteDN", "SZ", "/o=contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1",
                          "?dry_run=true");
    EXPECT_EQ(judged(said), 4086) << json::serialize(said);
    EXPECT_EQ(judged(object("DELETE", "/api/v1/registry?name=CommonName&dry_run=true")), 4018);
    EXPECT_EQ(judged(object("POST", "/api/v1/registry/import?dry_run=true",
                            json::object{{"text", "Windows Registry Editor Version 5.00\r\n\r\n"
                                                  "[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\"
                                                  "Services\\MSExchangeIMC\\Parameters]\r\n"
                                                  "\"HomeDSA\"=\"nowhere\"\r\n"}})),
              4018);
    EXPECT_NE(judged(put("MaxHops", "DWORD", "31", "?dry_run=true")), 4086);
    EXPECT_EQ(registry_text(), before);
}

TEST_F(RegistryApi, AValueIsWrittenAndTakenBack)
{
    const auto before = registry_text();
    const auto said = put("RelayAllowList", "MULTI_SZ", "192.0.2.0/24\\0198.51.100.7");
    EXPECT_EQ(said.at("before"), nullptr);
    EXPECT_EQ(said.at("after").as_object().at("data"), "192.0.2.0/24\\0198.51.100.7");
    EXPECT_EQ(value("RelayAllowList").at("data"), "192.0.2.0/24\\0198.51.100.7");
    ASSERT_EQ(notebook_->changes.size(), 1U);
    EXPECT_EQ(notebook_->changes.front().undo,
              "imc reg delete -v RelayAllowList -f" + paths_.option());
    undo(said);
    EXPECT_EQ(registry_text(), before);
}

TEST_F(RegistryApi, TheHistoryNamesWhoAskedAndNotTheService)
{
    ASSERT_TRUE(std::filesystem::create_directories(paths_.generations()));
    put("MaxHops", "DWORD", "30");
    const auto notes = read_notes(paths_);
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_TRUE(notes.front().user.starts_with("uid=")) << notes.front().user;
    EXPECT_EQ(notes.front().command, "PUT /api/v1/registry");
}

TEST_F(RegistryApi, ADryRunLeavesTheFileAsItIs)
{
    const auto before = registry_text();
    const auto said = put("MaxHops", "DWORD", "30", "?dry_run=true");
    EXPECT_EQ(said.at("done"), "would be written: MaxHops = 30");
    EXPECT_EQ(registry_text(), before);
    EXPECT_TRUE(notebook_->changes.empty());
}

TEST_F(RegistryApi, WhatNobodyReadsOrTheCheckRefusesIsWarnedOf)
{
    const auto misspelt = put("MaxHop", "DWORD", "30");
    EXPECT_EQ(json::serialize(misspelt.at("warnings")),
              R"(["nobody reads a value MaxHop; did you mean MaxHops?"])");
    EXPECT_EQ(put("MaxHops", "DWORD", "0").at("warnings").as_array().size(), 1U);
    EXPECT_EQ(value("MaxHop").at("known"), false);
}

TEST_F(RegistryApi, BadInputIsNamedAndChangesNothing)
{
    const auto before = registry_text();
    object("PUT", "/api/v1/registry", json::object{{"name", "A"}}, 400);
    object("PUT", "/api/v1/registry", json::object{{"name", "A"}, {"type", "FLOAT"}, {"data", "1"}},
           400);
    object("PUT", "/api/v1/registry",
           json::object{{"name", "A"}, {"type", "DWORD"}, {"data", "ten"}}, 400);
    object("PUT", "/api/v1/registry", json::object{{"name", "A\nB"}, {"data", "1"}}, 400);
    object("POST", "/api/v1/registry/import", json::object{{"text", "no registry"}}, 400);
    object("DELETE", "/api/v1/registry", nullptr, 400);
    object("DELETE", "/api/v1/registry?name=MaxHops", nullptr, 404);
    get("/api/v1/registry?key=HKLM%5CNowhere", 404);
    EXPECT_EQ(registry_text(), before);
}

TEST_F(RegistryApi, AKeyGoesWithAllBelowItAndComesBack)
{
    object("PUT", "/api/v1/registry",
           json::object{{"key", "HKLM\\Software\\Contoso\\Deep"}, {"name", "A"}, {"data", "1"}});
    const auto there = registry_text();
    const auto gone = object("DELETE", "/api/v1/registry?key=HKLM%5CSoftware%5CContoso");
    get("/api/v1/registry?key=HKLM%5CSoftware%5CContoso", 404);
    undo(gone);
    EXPECT_EQ(registry_text(), there);
}

TEST_F(RegistryApi, ACopyShowsItsDifferenceAndIsBroughtBack)
{
    const auto before = registry_text();
    put("MaxHops", "DWORD", "30");
    const auto copies = lines("/api/v1/registry/backups");
    ASSERT_EQ(copies.size(), 1U);
    const auto id = text(copies.front(), "id");
    EXPECT_TRUE(text(copies.front(), "time").ends_with("Z")) << text(copies.front(), "time");
    const auto copy = get("/api/v1/registry/backups/" + id);
    EXPECT_EQ(text(copy, "text"), before);
    const auto gone = named(copy.at("diff").as_array(), "op", "-");
    EXPECT_EQ(gone.at("line"), "\"MaxHops\"=dword:0000001e");
    object("POST", "/api/v1/registry/backups/" + id + "/restore");
    EXPECT_EQ(registry_text(), before);
    get("/api/v1/registry/backups/..%2Fregistry.reg", 404);
    object("POST", "/api/v1/registry/backups/nothing/restore", nullptr, 404);
}

TEST_F(RegistryApi, TheNewestCopyAndATextThatIsSentAreBroughtBackToo)
{
    const auto before = registry_text();
    put("MaxHops", "DWORD", "30");
    const auto changed = registry_text();
    object("POST", "/api/v1/registry/backups/latest/restore");
    EXPECT_EQ(registry_text(), before);
    EXPECT_EQ(notebook_->changes.back().action, "registry.restore");
    EXPECT_NE(json::serialize(notebook_->changes.back().before).find("MaxHops"), std::string::npos)
        << "the note says what goes";
    object("POST", "/api/v1/registry/restore?dry_run=true", json::object{{"text", changed}});
    EXPECT_EQ(registry_text(), before);
    object("POST", "/api/v1/registry/restore", json::object{{"text", "no registry"}}, 400);
    object("POST", "/api/v1/registry/restore", json::object{}, 400);
    EXPECT_EQ(registry_text(), before);
    undo(object("POST", "/api/v1/registry/restore", json::object{{"text", changed}}));
    EXPECT_EQ(registry_text(), before);
}

TEST_F(RegistryApi, ValuesAreFoundByNameAndByWhatTheyAreFor)
{
    bool by_name = false;
    for (const auto& row : lines("/api/v1/registry/search?text=relayallow"))
        by_name = by_name || row.at("name") == "RelayAllowList";
    EXPECT_TRUE(by_name);
    EXPECT_EQ(ask("GET", "/api/v1/registry/search?text=").status, 400U);
}

TEST_F(RegistryApi, AHostileValueComesBackAsItWasWritten)
{
    const std::string hostile = "<script>alert('\"')</script> \\ \xc3\xa5";
    object("PUT", "/api/v1/registry", json::object{{"name", "Hostname"}, {"data", hostile}});
    EXPECT_EQ(text(value("Hostname"), "data"), hostile);
}

TEST_F(RegistryApi, StepsOfAnUndoStayWithinTheFolderOfCopies)
{
    const auto try_step = [&](json::object step) {
        return ask("POST", "/api/v1/undo", json::object{{"steps", json::array{std::move(step)}}})
            .status;
    };
    EXPECT_EQ(try_step({{"registry", "../registry.reg"}}), 400U);
    EXPECT_EQ(try_step({{"registry", "registry-/../../x"}}), 400U);
    EXPECT_EQ(try_step({{"shell", "registry-1.reg"}}), 400U);
    EXPECT_EQ(try_step({{"registry", "registry-1.reg"}}), 404U);
}

TEST(LineDifferences, AreThoseThatAreLeast)
{
    std::string said;
    for (const auto& row : line_differences("a\nb\r\nc\n", "a\nc\nd\n"))
        said += std::string{row.op} + row.line + ",";
    EXPECT_EQ(said, " a,-b, c,+d,");
    EXPECT_TRUE(line_differences("", "").empty());
}

}  // namespace
}  // namespace imc::admin
