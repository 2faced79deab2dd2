#include "admin/explain_api.h"

#include "admin/desk_world.h"
#include "admin/directory_api.h"
#include "admin/explained_terms.h"
#include "admin/registry_api.h"

namespace imc::admin {
namespace {

class ExplainApi : public DeskWorld {
protected:
    ExplainApi()
    {
        add_explain_api(desk_);
        add_directory_api(desk_);
        add_registry_api(desk_);
        object("POST", "/api/v1/directory/entry",
               json::object{{"kind", "mailbox"},
                            {"alias", "alice"},
                            {"addresses", "alice@contoso.example"}});
    }

    void set(const std::string& name, const std::string& type, const std::string& data)
    {
        object("PUT", "/api/v1/registry",
               json::object{{"name", name}, {"type", type}, {"data", data}});
    }
    json::object walk(const std::string& to, const std::string& from = "ann@example.net",
                      std::uint64_t octets = 0)
    {
        return object(
            "POST", "/api/v1/explain/message",
            json::object{{"peer", "192.0.2.7"}, {"from", from}, {"to", to}, {"size", octets}});
    }
    void patch(const char* attribute, const char* value)
    {
        json::object one{{"op", "replace"}, {"attribute", attribute}};
        one["values"] = json::array{json::value(value)};
        json::array changes;
        changes.push_back(std::move(one));
        object("PATCH", "/api/v1/directory/entry",
               json::object{{"dn", "alice"}, {"changes", std::move(changes)}});
    }
    static json::object step(const json::object& said, const std::string& name)
    {
        return named(said.at("steps").as_array(), "step", name);
    }
};

TEST_F(ExplainApi, ARecipientOfOursIsExplainedStepByStep)
{
    const auto said = get("/api/v1/explain/rcpt?address=alice%40contoso.example&dns=false");
    EXPECT_EQ(said.at("verdict"), "accepted");
    EXPECT_EQ(step(said, "proxy address").at("dn"), "cn=alice,cn=Recipients,ou=Oslo,o=Contoso");
    const auto nobody = get("/api/v1/explain/rcpt?address=nobody%40contoso.example&dns=false");
    EXPECT_EQ(nobody.at("verdict"), "refused");
    EXPECT_EQ(nobody.at("reply"), "550 5.1.1");
}

TEST_F(ExplainApi, ARouteOutTellsItsProfile)
{
    const auto said = get("/api/v1/explain/route?address=bob%40example.net&dns=false");
    EXPECT_EQ(said.at("next_hop"), "SMTP to the MX of example.net, port 25");
    EXPECT_TRUE(said.contains("profile"));
    EXPECT_FALSE(
        get("/api/v1/explain/route?address=alice%40contoso.example&dns=false").contains("profile"));
}

TEST_F(ExplainApi, TheRuleThatDecidesAboutRelayingIsNamed)
{
    const auto target = "/api/v1/explain/relay?peer=192.0.2.7&to=bob%40example.net";
    EXPECT_EQ(get(target).at("allowed"), false);
    set("RelayAllowList", "MULTI_SZ", "192.0.2.0/24");
    EXPECT_EQ(get(target).at("allowed"), true);
    EXPECT_EQ(get(target).at("rule"), "RelayAllowList 192.0.2.0/24");
}

TEST_F(ExplainApi, AMessageIsWalkedAndNothingIsSent)
{
    EXPECT_EQ(walk("alice@contoso.example").at("verdict"), "accepted");
    const auto out = walk("bob@example.net");
    EXPECT_EQ(out.at("verdict"), "refused");
    EXPECT_EQ(step(out, "relay").at("reply"), "550 5.7.1");
    EXPECT_EQ(step(walk("nobody@contoso.example"), "recipient").at("reply"), "550 5.1.1");
    EXPECT_FALSE(std::filesystem::exists(paths_.spool()));
}

TEST_F(ExplainApi, AClientThatMayNotConnectGetsNoFurther)
{
    set("ConnectionTable", "MULTI_SZ", "192.0.2.0/24 reject 554 no mail from here");
    const auto said = walk("alice@contoso.example");
    EXPECT_EQ(said.at("verdict"), "refused");
    EXPECT_EQ(said.at("steps").as_array().size(), 1U);
    EXPECT_EQ(step(said, "connect").at("verdict"), "refused");
}

TEST_F(ExplainApi, AMessageThatIsTooLargeIsRefusedByTheRuleThatSaysSo)
{
    set("InboundSizeLimit", "QWORD", "100000");
    EXPECT_EQ(step(walk("alice@contoso.example", "a@example.net", 100'000), "size").at("verdict"),
              "accepted");
    EXPECT_EQ(step(walk("alice@contoso.example", "a@example.net", 100'001), "size").at("verdict"),
              "refused");
}

TEST_F(ExplainApi, AMessageThatItsRecipientDoesNotTakeIsRefusedAsByRcpt)
{
    patch("imcMaxReceiveKB", "1");
    EXPECT_EQ(step(walk("alice@contoso.example", "a@example.net", 1024), "recipient").at("verdict"),
              "accepted");
    EXPECT_EQ(step(walk("alice@contoso.example", "a@example.net", 1025), "recipient").at("reply"),
              "552 5.2.3");
    patch("imcAuthOnly", "TRUE");
    EXPECT_EQ(walk("alice@contoso.example").at("verdict"), "refused");
    EXPECT_EQ(walk("alice@contoso.example", "").at("verdict"), "accepted") << "a report";
    const auto said = get(
        "/api/v1/explain/rcpt?address=alice%40contoso.example&dns=false&from=ann%40example.net");
    EXPECT_EQ(said.at("reply"), "550 5.7.1");
}

TEST_F(ExplainApi, BadQuestionsAreNamed)
{
    get("/api/v1/explain/rcpt?address=nonsense", 400);
    get("/api/v1/explain/rcpt?address=a%40b.example&peer=host", 400);
    get("/api/v1/explain/rcpt?address=a%40b.example&size=big", 400);
    get("/api/v1/explain/relay?peer=192.0.2.7", 400);
    get("/api/v1/explain/relay?peer=192.0.2.7&to=a%40b.example&role=king", 400);
    object("POST", "/api/v1/explain/message", json::object{{"peer", "192.0.2.7"}}, 400);
    object("POST", "/api/v1/explain/message", json::object{{"peer", "x"}, {"to", "a@b.example"}},
           400);
}

TEST_F(ExplainApi, WithoutASoundConfigurationNothingIsExplained)
{
    set("SiteDN", "SZ", "/o=Other/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1");
    const auto said = get("/api/v1/explain/route?address=bob%40example.net&dns=false", 422);
    EXPECT_EQ(event_of(said), static_cast<unsigned>(EventId::start_would_fail));
}

TEST(ExplainForAHelpDesk, MembersAndSendersOfOtherDomainsAreNotTold)
{
    const transfer::Evidence all{
        {"member", "bob", false, {{"address", "bob@contoso.example"}, {"path", "staff"}}},
        {"member", "cas", false, {{"address", "cas@fabrikam.example"}, {"path", "staff"}}},
        {"refused within", "board", false, {{"address", "board@fabrikam.example"}}},
        {"left out", "cn=gone: no such object", false, {}},
        {"sender", "ann", false, {{"sender", "ann@fabrikam.example"}, {"dn", "cn=ann"}}},
        {"members", "2 are reached", false, {{"reached", "2"}}}};
    const auto told = [&](const Caller& caller) {
        auto steps = all;
        hide_others(steps, caller);
        std::string out;
        for (const auto& step : steps)
            out += step.finding + ", ";
        return out;
    };
    Caller caller;
    caller.role = Role::help_desk;
    EXPECT_EQ(told(caller), "bob, cas, board, cn=gone: no such object, ann, 2 are reached, ");
    caller.domain = "contoso.example";
    EXPECT_EQ(told(caller), "bob, 2 are reached, ");
}

}  // namespace
}  // namespace imc::admin
