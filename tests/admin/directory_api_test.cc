#include "admin/directory_api.h"

#include "admin/config_api.h"
#include "admin/desk_world.h"

namespace imc::admin {
namespace {

constexpr const char* people = "cn=Recipients,ou=Oslo,o=Contoso";

class DirectoryApi : public DeskWorld {
protected:
    DirectoryApi()
    {
        add_directory_api(desk_);
        add_keep_api(desk_, std::make_shared<const ConfigParts>(ConfigParts{events_, {}, {}}));
    }

    json::object add_mailbox(const std::string& alias, unsigned status = 200)
    {
        return object("POST", "/api/v1/directory/entry",
                      json::object{{"kind", "mailbox"},
                                   {"alias", alias},
                                   {"addresses", {alias + "@contoso.example"}}},
                      status);
    }
    json::object patch(const std::string& dn, const std::string& op, const std::string& attribute,
                       const std::string& value, unsigned status = 200)
    {
        json::object one{{"op", op}, {"attribute", attribute}};
        one["values"] = json::array{json::value(value)};
        json::array changes;
        changes.push_back(std::move(one));
        return object("PATCH", "/api/v1/directory/entry",
                      json::object{{"dn", dn}, {"changes", std::move(changes)}}, status);
    }
    json::object rename(const std::string& dn, const std::string& to)
    {
        return object("POST", "/api/v1/directory/rename?dry_run=true",
                      json::object{{"dn", dn}, {"to", to}});
    }
    /// How many consequences are of `whose` (a part of its name) and say `what`.
    static std::size_t told(const json::object& said, std::string_view whose, std::string_view what)
    {
        std::size_t out = 0;
        for (const auto& row : said.at("consequences").as_array()) {
            const auto dn = text(row.as_object(), "dn"), why = text(row.as_object(), "what");
            if (dn.find(whose) != dn.npos && why.find(what) != why.npos) ++out;
        }
        return out;
    }
    void add_list(const std::string& alias, const std::string& member)
    {
        object("POST", "/api/v1/directory/entry",
               json::object{{"kind", "list"},
                            {"alias", alias},
                            {"addresses", {alias + "@contoso.example"}},
                            {"members", {member}}});
    }
    /// By its name, as other tools would have made it.
    void add_object(const std::string& dn, const json::object& attributes)
    {
        object("POST", "/api/v1/directory/entry",
               json::object{{"dn", dn}, {"attributes", attributes}});
    }
    json::object entry(const std::string& name, unsigned status = 200)
    {
        return get("/api/v1/directory/entry?dn=" + url_encode(name), status);
    }
    json::object attribute(const std::string& object, const std::string& name)
    {
        return named(entry(object).at("attributes").as_array(), "name", name);
    }

    EventLog events_;
};

TEST_F(DirectoryApi, TheTreeIsThatOfTheOrganization)
{
    const auto top = get("/api/v1/directory/tree");
    const auto organization = named(top.at("children").as_array(), "dn", "o=Contoso");
    EXPECT_EQ(organization.at("kind"), "organization");
    EXPECT_EQ(organization.at("has_children"), true);
    const auto below = get("/api/v1/directory/tree?dn=ou%3DOslo%2Co%3DContoso");
    const auto container = named(below.at("children").as_array(), "dn", people);
    EXPECT_EQ(container.at("kind"), "container");
    EXPECT_EQ(container.at("rdn"), "cn=Recipients");
}

TEST_F(DirectoryApi, APageEndsWhereTheNextBegins)
{
    for (const char* alias : {"ann", "ben", "cas"})
        add_mailbox(alias);
    std::set<std::string> seen;
    std::string after;
    for (int page = 0; page < 10; ++page) {
        const auto response = ask("GET", "/api/v1/directory/tree?limit=1&dn=" + url_encode(people) +
                                             "&after=" + after);
        const auto answer = json::parse(response.body);
        for (const auto& child : answer.at("children").as_array())
            EXPECT_TRUE(seen.insert(text(child.as_object(), "dn")).second);
        after = next_of(response);
        if (after.empty()) break;
    }
    EXPECT_TRUE(seen.contains("cn=ann," + std::string{people}));
    EXPECT_TRUE(seen.contains("cn=cas," + std::string{people}));
}

TEST_F(DirectoryApi, AMailboxIsAddedFoundChangedAndTakenBack)
{
    const auto added = add_mailbox("alice");
    EXPECT_EQ(added.at("dn"), "cn=alice,cn=Recipients,ou=Oslo,o=Contoso");
    ASSERT_EQ(notebook_->changes.size(), 1U);
    EXPECT_EQ(notebook_->changes.front().action, "directory.add");
    EXPECT_TRUE(notebook_->changes.front().undo.starts_with("imc dir import "));
    EXPECT_EQ(entry("alice@contoso.example").at("kind"), "mailbox");
    const auto changed = patch("alice", "add", "proxyAddresses", "smtp:a.berg@contoso.example");
    EXPECT_EQ(entry("a.berg@contoso.example").at("kind"), "mailbox");
    const auto after = changed.at("after").as_array().front().as_object();
    EXPECT_EQ(after.at("values").as_array().size(), 2U);
    for (const auto* done : {&changed, &added})
        object("POST", "/api/v1/undo", json::object{{"steps", done->at("undo_by")}});
    entry("alice", 404);
}

TEST_F(DirectoryApi, ADryRunAddsNothing)
{
    const auto said = object("POST", "/api/v1/directory/entry?dry_run=true",
                             json::object{{"kind", "contact"},
                                          {"alias", "bob"},
                                          {"addresses", {"bob@contoso.example"}},
                                          {"target", "bob@example.net"}});
    EXPECT_EQ(said.at("dry_run"), true);
    EXPECT_NE(text(said, "ldif").find("targetAddress: SMTP:bob@example.net"), std::string::npos);
    entry("bob", 404);
    EXPECT_TRUE(notebook_->changes.empty());
}

TEST_F(DirectoryApi, TheSameAliasTwiceIs409)
{
    add_mailbox("alice");
    add_mailbox("alice", 409);
}

TEST_F(DirectoryApi, AnObjectOfAnyClassIsAddedByItsName)
{
    const auto added =
        object("POST", "/api/v1/directory/entry",
               json::object{{"dn", "cn=Box,o=Contoso"},
                            {"attributes", {{"objectClass", {"top", "imcContainer"}}}}});
    EXPECT_EQ(entry("cn=Box,o=Contoso").at("kind"), "container");
    EXPECT_EQ(added.at("dn"), "cn=Box,o=Contoso");
}

TEST_F(DirectoryApi, SecretsAreNeitherShownNorSetHere)
{
    add_mailbox("alice");
    const auto secret = attribute("alice", "userPassword");
    EXPECT_EQ(secret.at("secret"), true);
    EXPECT_TRUE(secret.at("values").as_array().empty());
    patch("alice", "replace", "userPassword", "x", 400);
    object("POST", "/api/v1/directory/entry",
           json::object{{"dn", "cn=eve,cn=Recipients,ou=Oslo,o=Contoso"},
                        {"attributes",
                         {{"objectClass", {"imcMailbox"}},
                          {"mailNickname", {"eve"}},
                          {"userPassword", {"x"}}}}},
           400);
}

// Presence and equality would tell, by one question after the other.
TEST_F(DirectoryApi, NobodyIsFoundByASecret)
{
    add_mailbox("alice");
    for (const char* filter : {"(userPassword=*)", "userPassword=x", "(!(unicodePwd=*))",
                               "(|(cn=alice)(userPassword;x-a>=a))", "(userPassword:caseExact:=x)"})
        EXPECT_EQ(ask("GET", "/api/v1/directory/search?filter=" + url_encode(filter)).status, 400U)
            << filter;
    EXPECT_EQ(lines("/api/v1/directory/search?filter=" + url_encode("(cn=alice)")).size(), 1U);
}

TEST_F(DirectoryApi, ARenameTellsItsConsequencesBeforeAnythingIsDone)
{
    const auto said = object("POST", "/api/v1/directory/rename?dry_run=true",
                             json::object{{"dn", "ou=Oslo,o=Contoso"}, {"to", "ou=Bergen"}});
    EXPECT_EQ(said.at("dn"), "ou=Bergen,o=Contoso");
    bool moves = false, identity = false;
    for (const auto& row : said.at("consequences").as_array()) {
        const auto what = text(row.as_object(), "what");
        moves = moves || what == "moves with it";
        identity = identity || what.find("4086") != std::string::npos;
    }
    EXPECT_TRUE(moves);
    EXPECT_TRUE(identity);
    EXPECT_EQ(entry("ou=Oslo,o=Contoso").at("kind"), "site");
}

TEST_F(DirectoryApi, AMemberThatIsRenamedIsToldOf)
{
    add_mailbox("alice");
    object("POST", "/api/v1/directory/entry",
           json::object{{"kind", "list"},
                        {"alias", "staff"},
                        {"addresses", {"staff@contoso.example"}},
                        {"members", {"alice"}}});
    const auto said = object("POST", "/api/v1/directory/rename",
                             json::object{{"dn", "alice"}, {"to", "cn=Alice Berg"}});
    bool told = false;
    for (const auto& row : said.at("consequences").as_array())
        told = told || text(row.as_object(), "dn").starts_with("cn=staff,");
    EXPECT_TRUE(told);
    EXPECT_EQ(entry("cn=Alice Berg,cn=Recipients,ou=Oslo,o=Contoso").at("kind"), "mailbox");
}

TEST_F(DirectoryApi, AReferenceToWhatStandsBelowIsToldOf)
{
    add_mailbox("alice");
    add_object("cn=Lists,o=Contoso", {{"objectClass", {"top", "imcContainer"}}});
    add_object("cn=unique,cn=Lists,o=Contoso",
               {{"objectClass", {"groupOfUniqueNames"}},
                {"uniqueMember", {"cn=alice," + std::string{people}}}});
    add_object("cn=found,cn=Lists,o=Contoso",
               {{"objectClass", {"imcList"}},
                {"mailNickname", {"found"}},
                {"imcMemberURL", {"ldap:///ou=Oslo,o=Contoso??sub?(sn=Berg)"}}});
    const auto said = rename(people, "cn=Staff");
    EXPECT_EQ(told(said, "cn=unique,", "uniqueMember names cn=alice,"), 1U);
    EXPECT_EQ(told(said, "cn=found,", "imcMemberURL"), 0U);  // searches above it, which stays
    // The connector's own administrator is a mailbox there.
    EXPECT_EQ(told(said, "Internet Mail Connector", "imcAdministratorMailbox"), 1U);
    EXPECT_EQ(told(rename("ou=Oslo,o=Contoso", "ou=Bergen"), "cn=found,", "imcMemberURL"), 1U);
}

TEST_F(DirectoryApi, ConsequencesThatDoNotFitAreCountedAndTheGravestComeFirst)
{
    for (int i = 0; i < 60; ++i)
        add_mailbox("m" + std::to_string(i));
    const auto before = rename(people, "cn=Staff").at("consequences_total").to_number<int>();
    add_list("staff", "m7");
    const auto said = rename(people, "cn=Staff");
    // The list moves, and its member goes stale.
    EXPECT_EQ(said.at("consequences_total").to_number<int>(), before + 2);
    EXPECT_EQ(said.at("consequences").as_array().size(), 50U);
    EXPECT_EQ(told(said, "cn=staff,", "member names cn=m7,"), 1U);
}

TEST_F(DirectoryApi, AContainerAboveTheServerIsToldToStopTheService)
{
    const std::string site = "ou=Oslo,o=Contoso";
    for (const char* above : {"cn=Servers,cn=Configuration,", "cn=Configuration,"}) {
        const auto said = rename(above + site, "cn=Other");
        EXPECT_EQ(told(said, above, "4086"), 1U) << above;
        EXPECT_NE(text(said.at("consequences").as_array().front().as_object(), "what").find("4086"),
                  std::string::npos);
    }
    const auto gone = object("DELETE", "/api/v1/directory/entry?dry_run=true&recursive=true&dn=" +
                                           url_encode("cn=Configuration," + site));
    EXPECT_EQ(told(gone, "cn=Configuration,", "4086"), 1U);
    EXPECT_EQ(told(gone, "cn=Internet Mail Connector (MAIL1),", "4018"), 1U);
    EXPECT_EQ(told(rename(people, "cn=Staff"), "", "4086"), 0U);
}

TEST_F(DirectoryApi, AnAdministratorWhoIsDeletedIsToldOf)
{
    add_mailbox("bob");
    add_mailbox("ann");
    const auto connector = names_.connector.to_rfc4514();
    patch(connector, "add", "imcAdministrator", "operator bob");
    patch(connector, "add", "imcAdministrator", "view cn=ann," + std::string{people});
    const auto gone = [this](const std::string& alias) {
        return object("DELETE", "/api/v1/directory/entry?dry_run=true&dn=" + alias);
    };
    EXPECT_EQ(told(gone("bob"), "Internet Mail Connector", "operator bob"), 1U);
    EXPECT_EQ(told(gone("bob"), "Internet Mail Connector", "imcAdministrator \"view"), 0U);
    EXPECT_EQ(told(gone("ann"), "Internet Mail Connector", "view cn=ann"), 1U);
    // The alias stays; the name does not.
    EXPECT_EQ(told(rename("bob", "cn=Bob"), "Internet Mail Connector", "operator bob"), 0U);
    EXPECT_EQ(told(rename("ann", "cn=Ann B"), "Internet Mail Connector", "view cn=ann"), 1U);
}

TEST_F(DirectoryApi, WhatHasSomethingBelowItGoesOnlyWhenThatIsMeant)
{
    add_mailbox("alice");
    const auto where = "/api/v1/directory/entry?dn=" + url_encode(people);
    object("DELETE", where, nullptr, 409);
    const auto gone = object("DELETE", where + "&recursive=true");
    entry(people, 404);
    object("POST", "/api/v1/undo", json::object{{"steps", gone.at("undo_by")}});
    EXPECT_EQ(entry("alice").at("kind"), "mailbox");
}

TEST_F(DirectoryApi, ObjectsAreFoundByAPartOfAName)
{
    add_mailbox("alice");
    const auto found = lines("/api/v1/directory/search?text=lic&kind=mailbox");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().at("mail"), "alice@contoso.example");
    EXPECT_TRUE(lines("/api/v1/directory/search?text=lic&kind=contact").empty());
    EXPECT_TRUE(lines("/api/v1/directory/search?text=" + url_encode("*)(cn=*")).empty());
    EXPECT_EQ(ask("GET", "/api/v1/directory/search?kind=nonsense").status, 400U);
    EXPECT_EQ(ask("GET", "/api/v1/directory/search?filter=" + url_encode("((")).status, 400U);
}

TEST_F(DirectoryApi, LdifComesOutAndGoesIn)
{
    add_mailbox("alice");
    const auto all = ask("GET", "/api/v1/directory/export?dn=" + url_encode(people));
    EXPECT_EQ(all.content_type, "text/plain; charset=utf-8");
    EXPECT_NE(all.body.find("mailNickname: alice"), std::string::npos);
    object("POST", "/api/v1/directory/import",
           json::object{{"ldif", "dn: cn=Box,o=Contoso\nobjectClass: top\nobjectClass: "
                                 "imcContainer\ncn: Box\n"}});
    EXPECT_EQ(entry("cn=Box,o=Contoso").at("kind"), "container");
    object("POST", "/api/v1/directory/import", json::object{{"ldif", "no ldif"}}, 400);
    object("POST", "/api/v1/directory/import", json::object{{"ldif", ""}}, 400);
}

// As imc dir sends its changes.
TEST_F(DirectoryApi, RecordsAreNotedByTheActionThatIsSaidWithBeforeAndAfter)
{
    add_mailbox("alice");
    const std::string ldif = "dn: cn=alice," + std::string{people} +
                             "\nchangetype: modify\nreplace: sn\nsn: Berg\n-\n\n";
    object("POST", "/api/v1/directory/import", json::object{{"ldif", ldif}, {"action", "sing"}},
           400);
    object("POST", "/api/v1/directory/import", json::object{{"ldif", ldif}, {"action", "modify"}});
    const auto& note = notebook_->changes.back();
    EXPECT_EQ(note.action, "directory.modify");
    EXPECT_EQ(note.object, "cn=alice," + std::string{people});
    EXPECT_EQ(json::serialize(note.after), R"({"sn":["Berg"]})");
    EXPECT_TRUE(note.undo.starts_with("imc dir import ")) << note.undo;
}

TEST_F(DirectoryApi, BadInputIsNamed)
{
    object("POST", "/api/v1/directory/entry", json::object{{"kind", "mailbox"}}, 400);
    object("POST", "/api/v1/directory/entry", json::object{{"kind", "robot"}, {"alias", "r"}}, 400);
    object("POST", "/api/v1/directory/entry", json::object{{"kind", "mailbox"}, {"alias", "a/b"}},
           400);
    // Two ways to say what is to be made: one would have been passed over.
    object("POST", "/api/v1/directory/entry",
           json::object{{"kind", "mailbox"},
                        {"alias", "r"},
                        {"addresses", {"r@contoso.example"}},
                        {"attributes", json::object{{"title", {"x"}}}}},
           400);
    object("POST", "/api/v1/directory/rename", json::object{{"dn", "alice"}}, 400);
    patch("o=Contoso", "explode", "description", "x", 400);
    patch("o=Contoso", "add", "no such name", "x", 400);
    entry("cn=nobody,o=Contoso", 404);
    entry("nobody", 404);
    entry("=", 400);
    // An object that has no name is named all the same.
    const auto top = ask("GET", "/api/v1/directory/entry");
    EXPECT_EQ(top.status, 404U);
    EXPECT_NE(top.body.find("the top of the directory"), std::string::npos) << top.body;
}

TEST_F(DirectoryApi, ADirectoryThatCannotSayIs503AndNeverEmpty)
{
    silence_directory();
    EXPECT_EQ(ask("GET", "/api/v1/directory/tree").status, 503U);
    EXPECT_EQ(ask("GET", "/api/v1/directory/entry?dn=alice").status, 503U);
    EXPECT_EQ(ask("GET", "/api/v1/directory/search?text=a").status, 503U);
    EXPECT_EQ(ask("DELETE", "/api/v1/directory/entry?dn=o%3DContoso").status, 503U);
}

TEST_F(DirectoryApi, HostileNamesComeOutAsValidJson)
{
    const std::string hostile = "<img src=x onerror=\"alert('1')\"> \\ \xc3\xb8";
    object("POST", "/api/v1/directory/entry",
           json::object{{"kind", "mailbox"},
                        {"alias", "mallory"},
                        {"addresses", {"mallory@contoso.example"}},
                        {"display_name", hostile}});
    EXPECT_EQ(text(entry("mallory"), "display_name"), hostile);
    const auto found = lines("/api/v1/directory/search?text=mallory");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(text(found.front(), "display"), hostile);
}

}  // namespace
}  // namespace imc::admin
