/// When "nobody" is an answer of a server, and when it only does not know what it was asked.
#include "directory/ldap.h"
#include "directory/mapped.h"
#include "directory/recipients.h"
#include "kit/ldap_server.h"
#include "kit/slapd.h"

#include <gtest/gtest.h>

#include <atomic>

namespace imc {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;
using Objects = std::vector<kit::LdapObject>;

const Dn people = Dn::parse_rfc4514("ou=People,dc=example").value();

bool is_proof(const Names& asked) { return asked == Names{"1.1"}; }

EventId silence_of(const Answer<std::vector<Entry>>& answer)
{
    const auto* silent = std::get_if<CannotSay>(&answer);
    return silent != nullptr ? silent->reason.event() : EventId{};
}

Answer<std::vector<Entry>> ask_for_ann(const std::shared_ptr<Directory>& directory, const Dn& below)
{
    return RecipientLookup{directory, below}.by_address("ann@example.org", after(10s));
}

// With an empty RecipientBase the root is asked, which is no object that has attributes.
TEST(LdapProof, ServerThatShowsNoNamingContextProvesNothing)
{
    const kit::LdapServer mute{[](const std::string& base, const Names& asked) -> Objects {
        if (is_proof(asked)) return {{base, {}}};
        return {};
    }};
    const std::shared_ptr<Directory> directory = ldap_directory({.urls = {mute.url()}});
    EXPECT_EQ(silence_of(ask_for_ann(directory, Dn{})), EventId::directory_refused);
    EXPECT_FALSE(directory->understands(Dn{}, "(mail=ann@example.org)", after(10s)));
}

TEST(LdapProof, EachNamingContextMustKnowWhatIsAsked)
{
    Names knowing{"", "dc=example"};
    const auto answers = [&knowing](const std::string& base, const Names& asked) -> Objects {
        if (is_proof(asked))
            return std::ranges::find(knowing, base) != knowing.end() ? Objects{{base, {}}}
                                                                     : Objects{};
        if (base.empty()) return {{"", {{"namingContexts", {"dc=example", "dc=other"}}}}};
        return {};
    };
    const auto ask = [&] {
        const kit::LdapServer server{answers};
        const std::shared_ptr<Directory> directory = ldap_directory({.urls = {server.url()}});
        return ask_for_ann(directory, Dn{});
    };
    EXPECT_EQ(silence_of(ask()), EventId::directory_refused);
    knowing.push_back("dc=other");
    EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(ask()));
}

/// dc=example knows everything; the root names another context before it, of which the server says
/// what a test wants.
class TwoContexts : public testing::Test {
protected:
    /// @param says  LDAP_*; success: it has nobody, and does not know what it is asked for
    /// @param ann  is in dc=example
    std::shared_ptr<Directory> with(const std::string& context, int says, bool ann = false)
    {
        server = std::make_unique<kit::LdapServer>(
            [context, says, ann](const std::string& base, const Names& asked) -> Objects {
                if (base.empty()) return {{"", {{"namingContexts", {context, "dc=example"}}}}};
                if (base == context && says == LDAP_SUCCESS) return {};
                if (base == context) return {{"", {}, says}};
                if (is_proof(asked)) return {{base, {}}};
                if (asked == Names{"contextCSN"})
                    return {{base, {{"contextCSN", {"20261124130000Z#000000#000#000000"}}}}};
                if (!ann) return {};
                return {{"uid=ann,dc=example", {{"mail", {"ann@example.org"}}}}};
            });
        return ldap_directory({.urls = {server->url()}});
    }

    std::unique_ptr<kit::LdapServer> server;
};

// What OpenLDAP keeps for itself needs no right of our account, and holds no people.
TEST_F(TwoContexts, OfWhichOneIsTheServersOwnProveThatNobodyIsThere)
{
    for (const auto* own : {"cn=accesslog", "CN=Monitor", "cn=config"})
        for (const int says : {LDAP_SUCCESS, LDAP_NO_SUCH_OBJECT, LDAP_REFERRAL}) {
            const auto directory = with(own, says);
            EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(ask_for_ann(directory, Dn{}))) << own;
            EXPECT_TRUE(directory->understands(Dn{}, any_address, after(10s))) << own;
            EXPECT_TRUE(directory->revision(after(10s))) << own;
        }
}

// People of that name may well stand in another one that is hidden from us.
TEST_F(TwoContexts, OfWhichOneIsHiddenProveNobodyAbsentAndTheHiddenOneIsNamed)
{
    for (const int says : {LDAP_NO_SUCH_OBJECT, LDAP_REFERRAL}) {
        const auto directory = with("dc=other", says);
        const auto answer = ask_for_ann(directory, Dn{});
        EXPECT_EQ(silence_of(answer), EventId::directory_refused);
        for (const auto* word : {"dc=other", "naming contexts", "RecipientBase"})
            EXPECT_NE(std::get<CannotSay>(answer).reason.detail().find(word), std::string::npos)
                << word;
        const auto sure = directory->understands(Dn{}, any_address, after(10s));
        ASSERT_FALSE(sure);
        EXPECT_EQ(sure.error().event(), EventId::directory_refused) << "imc check warns of it";
        EXPECT_NE(sure.error().detail().find("dc=other"), std::string::npos);
        EXPECT_FALSE(directory->search(Dn{}, Scope::subtree, "(cn=a)", after(10s)))
            << "never a part";
        EXPECT_TRUE(directory->revision(after(10s))) << "the other one shows its changes";
    }
}

TEST_F(TwoContexts, OfWhichOneIsHiddenStillHaveWhoIsInTheOther)
{
    for (const int says : {LDAP_NO_SUCH_OBJECT, LDAP_REFERRAL}) {
        const auto directory = with("dc=other", says, true);
        EXPECT_TRUE(std::holds_alternative<std::vector<Entry>>(ask_for_ann(directory, Dn{})));
        EXPECT_FALSE(directory->search_for_proof(Dn{}, Scope::subtree, "(mail=ann@example.org)",
                                                 any_address, after(10s), 10, {.whole = true}))
            << "whether that is everybody is not known";
    }
}

// A context that is asked for by its name is missing, and no part of anything.
TEST_F(TwoContexts, AskedForByNameAreMissingWhereTheyAreHidden)
{
    const auto directory = with("dc=other", LDAP_NO_SUCH_OBJECT);
    const auto found =
        directory->search(*Dn::parse_rfc4514("dc=other"), Scope::subtree, "(cn=a)", after(10s));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().event(), EventId::directory_no_such_object);
}

TEST(LdapProof, WhoIsInOneNamingContextIsFoundThoughAnotherProvesNothing)
{
    const kit::LdapServer server{[](const std::string& base, const Names& asked) -> Objects {
        if (is_proof(asked)) return {};
        if (base.empty()) return {{"", {{"namingContexts", {"dc=other", "dc=example"}}}}};
        if (base == "dc=other") return {};
        return {{"uid=ann,dc=example", {{"mail", {"ann@example.org"}}}}};
    }};
    const std::shared_ptr<Directory> directory = ldap_directory({.urls = {server.url()}});
    EXPECT_TRUE(std::holds_alternative<std::vector<Entry>>(ask_for_ann(directory, Dn{})));
}

// The first server has lost its schema; that the second one has it proves nothing for the first.
TEST(LdapProof, WhatAnotherServerKnowsProvesNothing)
{
    std::atomic<kit::LdapServer*> first{nullptr};
    const kit::LdapServer knows{[](const std::string& base, const Names& asked) -> Objects {
        if (is_proof(asked)) return {{base, {}}};
        return {{"uid=ann,ou=People,dc=example", {{"mail", {"ann@example.org"}}}}};
    }};
    kit::LdapServer knows_not{[&first](const std::string&, const Names&) -> Objects {
        first.load()->dies();
        return {};
    }};
    first = &knows_not;
    const std::shared_ptr<Directory> directory =
        ldap_directory({.urls = {knows_not.url(), knows.url()}, .base = "dc=example"});
    EXPECT_TRUE(std::holds_alternative<std::vector<Entry>>(ask_for_ann(directory, people)));
}

// Of somebody called "ann" by cn alone a map makes nobody: that the second server knows uids proves
// nothing for the first.
TEST(LdapProof, WhatAnotherServerKnowsProvesNothingThroughAMapEither)
{
    std::atomic<kit::LdapServer*> first{nullptr};
    const kit::LdapServer knows{[](const std::string& base, const Names& asked) -> Objects {
        if (is_proof(asked)) return {{base, {}}};
        return {{"uid=ann,ou=People,dc=example",
                 {{"objectClass", {"inetOrgPerson"}}, {"uid", {"ann"}}}}};
    }};
    kit::LdapServer knows_not{[&first](const std::string&, const Names&) -> Objects {
        first.load()->dies();
        return {{"uid=other,ou=People,dc=example",
                 {{"objectClass", {"inetOrgPerson"}}, {"uid", {"other"}}, {"cn", {"ann"}}}}};
    }};
    first = &knows_not;
    const auto directory = mapped_directory(
        ldap_directory({.urls = {knows_not.url(), knows.url()}, .base = "dc=example"}),
        AttributeMap{AttributeMap::Flavour::openldap_inetorg});
    const auto found = directory->search_for_proof(people, Scope::subtree, "(mailNickname=ann)",
                                                   "(mailNickname=somebody)", after(10s));
    ASSERT_TRUE(found) << found.error().to_string();
    ASSERT_EQ(found->size(), 1U) << "whoever found nobody was believed by what another one knows";
    EXPECT_EQ(found->front().first("mailNickname"), "ann");
}

/// A server that knows everything, has somebody, and shows a contextCSN that a test takes back.
class OneThatFallsBehind : public testing::Test {
protected:
    void fall_behind()
    {
        ASSERT_TRUE(theirs->revision(after(10s)));
        behind = true;
    }
    static EventId silence_of_one(const Answer<Entry>& answer)
    {
        const auto* silent = std::get_if<CannotSay>(&answer);
        return silent != nullptr ? silent->reason.event() : EventId{};
    }

    std::atomic<bool> behind{false};
    const std::shared_ptr<ChangeMemory> memory = std::make_shared<ChangeMemory>();
    const kit::LdapServer server{[this](const std::string& base, const Names& asked) -> Objects {
        if (is_proof(asked)) return {{base, {}}};
        if (base.empty()) return {{"", {{"namingContexts", {"dc=example"}}}}};
        const std::string hour = behind ? "12" : "13";
        if (asked == Names{"contextCSN"})
            return {{base, {{"contextCSN", {"20261124" + hour + "0000Z#000000#000#000000"}}}}};
        return {{"uid=other,ou=People,dc=example",
                 {{"objectClass", {"inetOrgPerson"}}, {"uid", {"other"}}, {"cn", {"ann"}}}}};
    }};
    std::shared_ptr<Directory> theirs =
        ldap_directory({.urls = {server.url()}, .base = "dc=example", .memory = memory});
    std::unique_ptr<Directory> mapped =
        mapped_directory(theirs, AttributeMap{AttributeMap::Flavour::openldap_inetorg});
};

TEST_F(OneThatFallsBehind, ProvesNobodyAbsentByFindingOthers)
{
    const auto ask = [&](const char* filter) {
        return mapped->search_for_proof(people, Scope::subtree, filter, "(mailNickname=somebody)",
                                        after(10s));
    };
    const auto before = ask("(mailNickname=ann)");
    ASSERT_TRUE(before) << before.error().to_string();
    EXPECT_TRUE(before->empty());
    fall_behind();
    const auto absent = ask("(mailNickname=ann)");
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().event(), EventId::directory_unreachable);
    const auto there = ask("(mailNickname=other)");
    ASSERT_TRUE(there) << there.error().to_string();
    EXPECT_EQ(there->size(), 1U) << "what it has is an answer";
}

// Whoever was put on a list since is on it, whether or not that has come to this server.
TEST_F(OneThatFallsBehind, DoesNotSayThatWhatItHasIsAll)
{
    const auto all = [&] {
        return theirs->search_for_proof(people, Scope::subtree, "(uid=*)", "(uid=*)", after(10s),
                                        10, {.whole = true});
    };
    const Dn other = people.child("uid", "other");
    ASSERT_TRUE(all());
    EXPECT_TRUE(std::holds_alternative<Entry>(theirs->read_current(other, after(10s))));
    fall_behind();
    ASSERT_FALSE(all());
    EXPECT_EQ(all().error().event(), EventId::directory_unreachable);
    EXPECT_EQ(silence_of_one(theirs->read_current(other, after(10s))),
              EventId::directory_unreachable);
    EXPECT_EQ(silence_of_one(mapped->read_current(other, after(10s))),
              EventId::directory_unreachable);
    EXPECT_TRUE(std::holds_alternative<Entry>(theirs->read(other, after(10s))));
}

// A generation opens the directory anew, and may find the replica that is behind.
TEST_F(OneThatFallsBehind, IsNotBelievedByWhoeverOpensTheDirectoryAnewEither)
{
    const auto settings = [&](std::shared_ptr<ChangeMemory> of) {
        return LdapSettings{.urls = {server.url()}, .base = "dc=example", .memory = std::move(of)};
    };
    const auto find_ann = [](Directory& directory) {
        return directory.search_for_proof(
            people, Scope::subtree, "(uid=ann)", "(uid=ann)", after(10s), 10,
            {.meant = [](const Entry& entry) { return entry.first("uid") == "ann"; }});
    };
    ASSERT_TRUE(find_ann(*theirs));
    fall_behind();
    mapped.reset();
    theirs.reset();  // the server serves one connection at a time
    {
        const auto next = ldap_directory(settings(memory));
        const auto nobody = find_ann(*next);
        ASSERT_FALSE(nobody) << "the memory went with the generation before";
        EXPECT_EQ(nobody.error().event(), EventId::directory_unreachable);
        EXPECT_TRUE(
            std::holds_alternative<Entry>(next->read(people.child("uid", "other"), after(10s))));
        EXPECT_EQ(next->old_answers(), 1U);
        EXPECT_TRUE(next->revision(after(10s)));
        EXPECT_FALSE(find_ann(*next)) << "what it shows now does not make it newer";
    }
    const auto stranger = ldap_directory(settings(nullptr));
    EXPECT_TRUE(find_ann(*stranger)) << "who has seen nothing believes it";
}

// Two who share a memory: each one's own askers hear of a change, whoever has seen it first.
TEST(LdapProof, ChangeThatAnotherOneHasSeenFirstMakesTheRevisionGrowAllTheSame)
{
    std::atomic<bool> later{false};
    const auto answers = [&later](const std::string& base, const Names& asked) -> Objects {
        if (base.empty()) return {{"", {{"namingContexts", {"dc=example"}}}}};
        if (asked != Names{"contextCSN"}) return {};
        // The clock of provider 002 is behind: its change is not the newest of all.
        const std::string minute = later ? "30" : "00";
        return {{base,
                 {{"contextCSN",
                   {"20261124130000Z#000000#001#000000",
                    "2026112411" + minute + "00Z#000000#002#000000"}}}}};
    };
    const kit::LdapServer first{answers}, second{answers};
    const auto memory = std::make_shared<ChangeMemory>();
    const auto one =
        ldap_directory({.urls = {first.url()}, .base = "dc=example", .memory = memory});
    const auto other =
        ldap_directory({.urls = {second.url()}, .base = "dc=example", .memory = memory});
    const auto before = other->revision(after(10s)).value();
    ASSERT_TRUE(one->revision(after(10s)));
    later = true;
    ASSERT_TRUE(one->revision(after(10s)));
    EXPECT_GT(other->revision(after(10s)).value(), before);
}

TEST(LdapProof, WhoDoesNotKnowWhatIsAskedDoesNotSayThatWhatItFoundIsAll)
{
    const kit::LdapServer server{[](const std::string&, const Names& asked) -> Objects {
        if (is_proof(asked)) return {};
        return {{"cn=staff,ou=People,dc=example", {{"cn", {"staff"}}}}};
    }};
    const std::shared_ptr<Directory> directory =
        ldap_directory({.urls = {server.url()}, .base = "dc=example"});
    const auto ask = [&](bool whole) {
        return directory->search_for_proof(people, Scope::subtree, "(member=cn=ann)",
                                           "(member=cn=ann)", after(10s), 10, {.whole = whole});
    };
    EXPECT_TRUE(ask(false));
    const auto all = ask(true);
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().event(), EventId::directory_refused);
}

class SlapdProof : public testing::Test {
protected:
    void SetUp() override
    {
        const Change add{
            Change::Kind::add, base, {{"objectClass", {"top", "organization"}}, {"o", {"Org"}}}};
        ASSERT_TRUE(theirs->apply(std::span{&add, 1}, after(10s)));
    }
    Answer<std::vector<Entry>> ask_with(const std::string& recipient_filter)
    {
        return ask_for_ann(mapped_directory(theirs,
                                            AttributeMap{AttributeMap::Flavour::openldap_inetorg},
                                            recipient_filter),
                           base);
    }

    const kit::Slapd server{"--no-schema"};
    const std::shared_ptr<Directory> theirs =
        ldap_directory({.urls = {server["url"]},
                        .base = server["suffix"],
                        .bind_dn = server["bind_dn"],
                        .password_file = server.password_file()});
    const Dn base = Dn::parse("o=Org," + server["suffix"]).value();
};

// RecipientFilter is part of each question.
TEST_F(SlapdProof, NobodyIsUnknownWhereTheFilterOfPeopleIsNotUnderstood)
{
    for (const std::string filter : {"(!(imcUnheardOf=x))", "(imcUnheardOf=*)",
                                     "(|(objectClass=inetOrgPerson)(imcUnheardOf=x))",
                                     "(&(objectClass=account)(imcUnheardOf=x))"})
        EXPECT_EQ(silence_of(ask_with(filter)), EventId::directory_refused) << filter;
    for (const std::string filter :
         {"", "(!(employeeType=left))", "(mail=*)", "(seeAlso=*)", "(objectClass=imcUnheardOf)",
          "(&(objectClass=inetOrgPerson)(!(employeeType=left)))"})
        EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(ask_with(filter))) << filter;
}

TEST_F(SlapdProof, WhoIsThereIsNotAbsentBecauseTheFilterOfPeopleIsNotUnderstood)
{
    const auto all = mapped_directory(theirs, AttributeMap{}, "(imcUnheardOf=x)");
    EXPECT_TRUE(std::holds_alternative<CannotSay>(all->read(base, after(10s))));
    const auto nobody = mapped_directory(theirs, AttributeMap{}, "(o=Other)");
    EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(nobody->read(base, after(10s))));
}

// False and what cannot be judged are false together, so each attribute is asked for by itself.
TEST_F(SlapdProof, PartThatIsFalseHidesNoPartThatIsNotKnown)
{
    for (const std::string filter :
         {"(&(cn=nobody)(imcUnheardOf=x))", "(|(o=Org)(imcUnheardOf=x))",
          "(&(objectClass=person)(!(|(cn=a)(imcUnheardOf>=1))))", "(imcUnheardOf=a*)"})
        EXPECT_FALSE(theirs->understands(base, filter, after(10s))) << filter;
    for (const std::string filter : {"(&(cn=nobody)(o=Other))", "(cn=a*b)", "(&)", "(cn=*)"})
        EXPECT_TRUE(theirs->understands(base, filter, after(10s))) << filter;
}

// A value that is a name is needed to ask for seeAlso, and below the root it is a context's.
TEST_F(SlapdProof, WhetherAnAttributeOfNamesIsThereIsAskedBelowTheRootToo)
{
    EXPECT_TRUE(theirs->understands(Dn{}, "(seeAlso=*)", after(10s)));
    EXPECT_FALSE(theirs->understands(Dn{}, "(imcUnheardOf=*)", after(10s)));
}

// mail is an IA5String (RFC 4524 2.16), and of a value that it cannot have the server says nothing.
TEST_F(SlapdProof, AddressThatTheAttributeCannotHoldIsNobodys)
{
    RecipientLookup lookup{
        mapped_directory(theirs, AttributeMap{AttributeMap::Flavour::openldap_inetorg}), base};
    EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(
        lookup.by_address("j\xc3\xbcrgen@example.org", after(10s))));
    RecipientLookup unmapped{theirs, base};
    EXPECT_EQ(silence_of(unmapped.by_address("j\xc3\xbcrgen@example.org", after(10s))),
              EventId::directory_refused)
        << "there nobody has an address of any kind";
}

}  // namespace
}  // namespace imc
