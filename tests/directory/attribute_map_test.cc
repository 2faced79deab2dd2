/// Objects of other directories under our names, and questions in theirs.
#include "directory/attribute_map.h"

#include "directory/embedded.h"
#include "directory/mapped.h"
#include "directory/recorded.h"
#include "directory/value_range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace imc {
namespace {

using Flavour = AttributeMap::Flavour;
using Values = std::vector<std::string>;

Entry object(Attributes attributes)
{
    return {Dn::parse_rfc4514("uid=ann,ou=People,dc=example,dc=org").value(),
            std::move(attributes)};
}

Values all(const Entry& entry, std::string_view name)
{
    const auto values = entry.all(name);
    return {values.begin(), values.end()};
}

std::string theirs(const AttributeMap& map, std::string_view asked)
{
    const auto question = map.to_theirs(Filter::parse(asked).value());
    if (!question) return std::to_string(static_cast<unsigned>(question.error().event()));
    return question->filter + (question->exact ? "" : " ~");
}

const AttributeMap inetorg{Flavour::openldap_inetorg};
const AttributeMap active_directory{Flavour::ad};

TEST(AttributeMap, PersonIsAMailboxWithTheAddressesOfMail)
{
    const auto ann = inetorg.to_canonical(object({{"objectClass", {"inetOrgPerson", "top"}},
                                                  {"cn", {"Ann Other"}},
                                                  {"uid", {"ann", "a.other"}},
                                                  {"mail", {"ann@a.example", "ann@b.example"}},
                                                  {"telephoneNumber", {"1"}}}));
    EXPECT_TRUE(ann.has_class("imcMailbox"));
    EXPECT_TRUE(ann.has_class("inetOrgPerson"));
    EXPECT_EQ(all(ann, "proxyAddresses"), (Values{"SMTP:ann@a.example", "smtp:ann@b.example"}));
    EXPECT_EQ(all(ann, "mailNickname"), Values{"ann"});
    EXPECT_EQ(all(ann, "telephoneNumber"), Values{"1"}) << "what has no row is called the same";
    EXPECT_EQ(ann.dn.to_rfc4514(), "uid=ann,ou=People,dc=example,dc=org");
}

// Two people called alike must not get one Maildir.
TEST(AttributeMap, OnlyWhatIsNoMailboxIsCalledByItsCn)
{
    const auto list =
        inetorg.to_canonical(object({{"objectClass", {"groupOfUniqueNames"}},
                                     {"cn", {"staff"}},
                                     {"uniqueMember", {"uid=ann,dc=example,dc=org"}}}));
    EXPECT_TRUE(list.has_class("imcList"));
    EXPECT_EQ(all(list, "mailNickname"), Values{"staff"});
    EXPECT_EQ(all(list, "member"), Values{"uid=ann,dc=example,dc=org"});
    const auto person =
        inetorg.to_canonical(object({{"objectClass", {"inetOrgPerson"}}, {"cn", {"John Smith"}}}));
    EXPECT_EQ(all(person, "mailNickname"), Values{});
    const auto role = inetorg.to_canonical(
        object({{"objectClass", {"organizationalRole"}}, {"cn", {"administrator"}}}));
    EXPECT_EQ(all(role, "mailNickname"), Values{});
}

TEST(AttributeMap, MailCountsOnlyWhereThereAreNoProxyAddresses)
{
    EXPECT_EQ(all(active_directory.to_canonical(
                      object({{"objectClass", {"user"}},
                              {"mail", {"old@a.example"}},
                              {"proxyAddresses", {"X400:c=us", "SMTP:ann@a.example"}}})),
                  "proxyAddresses"),
              (Values{"X400:c=us", "SMTP:ann@a.example"}));
    EXPECT_EQ(all(active_directory.to_canonical(object({{"objectClass", {"user"}},
                                                        {"mail", {"ann@a.example"}},
                                                        {"proxyAddresses", {"X400:c=us"}}})),
                  "proxyAddresses"),
              (Values{"X400:c=us", "SMTP:ann@a.example"}));
}

TEST(AttributeMap, WhatIsNoAddressBecomesNone)
{
    EXPECT_EQ(
        all(inetorg.to_canonical(object(
                {{"objectClass", {"inetOrgPerson"}},
                 {"mail", {"ann", "", "ann@a.example", "ANN@a.example", "smtp:b@a.example"}}})),
            "proxyAddresses"),
        (Values{"SMTP:ann@a.example", "smtp:b@a.example"}));
}

// [MS-ADTS] 2.2.16: bit 2 is ADS_UF_ACCOUNTDISABLE.
TEST(AttributeMap, AccountControlSaysWhoIsDisabled)
{
    const auto disabled = [](const char* bits) {
        return all(active_directory.to_canonical(
                       object({{"objectClass", {"user"}}, {"userAccountControl", {bits}}})),
                   "imcDisabled");
    };
    EXPECT_EQ(disabled("514"), Values{"TRUE"});
    EXPECT_EQ(disabled("512"), Values{"FALSE"});
    EXPECT_EQ(disabled("-2147483134"), Values{"TRUE"});   // 0x80000202
    EXPECT_EQ(disabled("-2147483136"), Values{"FALSE"});  // 0x80000200
    EXPECT_EQ(disabled("many"), Values{"FALSE"});
}

TEST(AttributeMap, NameOfAnExchangeStoreIsNotOurs)
{
    const auto ann = active_directory.to_canonical(
        object({{"objectClass", {"user"}}, {"homeMDB", {"CN=Mailbox Store,CN=X"}}}));
    EXPECT_EQ(all(ann, "homeMDB"), Values{});
    EXPECT_EQ(theirs(active_directory, "(homeMDB=*)"), "(!(objectClass=*))");
}

TEST(AttributeMap, ContactAndListOfActiveDirectoryAreOurs)
{
    EXPECT_TRUE(
        active_directory.to_canonical(object({{"objectClass", {"top", "person", "contact"}}}))
            .has_class("imcContact"));
    const auto list = active_directory.to_canonical(object(
        {{"objectClass", {"top", "group"}}, {"sAMAccountName", {"staff"}}, {"cn", {"All staff"}}}));
    EXPECT_TRUE(list.has_class("imcList"));
    EXPECT_EQ(all(list, "mailNickname"), Values{"staff"});
}

TEST(AttributeMap, PartOfTheirsIsAPartOfOurs)
{
    auto map = active_directory;
    ASSERT_TRUE(map.take("authOrig=dLMemSubmitPerms"));
    ASSERT_TRUE(map.take("member=msParts,msOthers"));
    const auto list = map.to_canonical(object({{"objectClass", {"group"}},
                                               {"dLMemSubmitPerms", {}},
                                               {"dLMemSubmitPerms;range=0-1", {"cn=a", "cn=b"}},
                                               {"member;range=0-0", {"cn=another thing"}},
                                               {"msParts;range=0-0", {"cn=a"}}}));
    EXPECT_EQ(all(list, "authOrig;range=0-1"), (Values{"cn=a", "cn=b"}));
    const std::string_view rules[] = {"authOrig"};
    EXPECT_EQ(first_in_part(list, rules), "authOrig");
    const auto members = range_of(list.attributes, "member");
    ASSERT_TRUE(members && *members);
    EXPECT_EQ((*members)->values, Values{"cn=a"});
    EXPECT_EQ(map.in_parts("authOrig"), "dLMemSubmitPerms");
    EXPECT_EQ(map.in_parts("unauthOrig"), "unauthOrig");
    EXPECT_EQ(map.in_parts("member"), std::nullopt);
    const auto both = map.to_canonical(object({{"objectClass", {"group"}},
                                               {"msOthers;range=0-0", {"cn=b"}},
                                               {"msParts;range=0-0", {"cn=a"}}}));
    EXPECT_FALSE(range_of(both.attributes, "member")) << "of which one is the rest?";
}

TEST(AttributeMap, RowOfTheRegistryComesBeforeTheFlavour)
{
    auto map = inetorg;
    ASSERT_TRUE(map.take(" proxyAddresses = mail , mailAlternateAddress"));
    ASSERT_TRUE(map.take("imcMailbox=mailUser"));
    ASSERT_TRUE(map.take("IMCCONTACT=externalPerson"));
    ASSERT_TRUE(map.take("homeMDB="));
    const auto ann = map.to_canonical(object({{"objectClass", {"mailUser"}},
                                              {"uid", {"ann"}},
                                              {"mail", {"ann@a.example"}},
                                              {"mailAlternateAddress", {"x@a.example"}},
                                              {"homeMDB", {"elsewhere"}}}));
    EXPECT_TRUE(ann.has_class("imcMailbox"));
    EXPECT_EQ(all(ann, "proxyAddresses"), (Values{"SMTP:ann@a.example", "smtp:x@a.example"}));
    EXPECT_EQ(all(ann, "homeMDB"), Values{});
    EXPECT_FALSE(
        map.to_canonical(object({{"objectClass", {"inetOrgPerson"}}})).has_class("imcMailbox"));
    EXPECT_TRUE(map.to_canonical(object({{"objectClass", {"inetOrgPerson", "externalPerson"}}}))
                    .has_class("imcContact"));
    EXPECT_EQ(theirs(map, "(proxyAddresses=smtp:x@a.example)"),
              "(|(mail=x@a.example)(|(mailAlternateAddress=x@a.example)"
              "(mailAlternateAddress=smtp:x@a.example)))");
}

// A company's objects hold photographs and certificates; none of that is asked for.
TEST(AttributeMap, OnlyWhatMakesARecipientIsWanted)
{
    auto map = inetorg;
    ASSERT_TRUE(map.take("proxyAddresses=mail,mailAlternateAddress"));
    const auto wanted = map.wanted();
    const auto has = [](const Values& names, const std::string& name) {
        return std::ranges::find(names, name) != names.end();
    };
    for (const char* name : {"objectClass", "uid", "cn", "mail", "mailAlternateAddress", "member",
                             "uniqueMember", "memberUid", "userPassword", "altRecipient"})
        EXPECT_TRUE(has(wanted, name)) << name;
    for (const char* name : {"jpegPhoto", "userCertificate", "proxyAddresses", "mailNickname"})
        EXPECT_FALSE(has(wanted, name)) << name;
}

TEST(AttributeMap, BrokenRowSaysWhatIsWrong)
{
    AttributeMap map;
    for (const char* row : {"mailNickname", "=uid", "nickname=uid", "mailNickname=u id",
                            "objectClass=person", "mailNickname=uid,(x)", ""}) {
        const auto taken = map.take(row);
        ASSERT_FALSE(taken) << row;
        EXPECT_EQ(taken.error().event(), EventId::value_invalid) << row;
        EXPECT_NE(taken.error().detail().find("row \""), std::string::npos) << row;
    }
}

TEST(AttributeMap, QuestionsAreAskedInTheirNames)
{
    const std::vector<std::pair<const char*, const char*>> table{
        {"(proxyAddresses=smtp:ann@a.example)", "(mail=ann@a.example)"},
        {"(PROXYADDRESSES=SMTP:a\\2ab@a.example)", "(mail=a\\2ab@a.example)"},
        {"(proxyAddresses=X400:c=us)", "(!(objectClass=*))"},
        {"(proxyAddresses=*)", "(mail=*) ~"},
        {"(proxyAddresses=smtp:ann*)", "(mail=ann*) ~"},
        {"(proxyAddresses=*@a.example)", "(mail=*@a.example) ~"},
        {"(proxyAddresses=*p:ann*)", "(mail=*) ~"},
        {"(proxyAddresses=*mt*)", "(mail=*) ~"},
        {"(mailNickname=ann)", "(|(uid=ann)(cn=ann)) ~"},
        {"(objectClass=imcMailbox)", "(objectClass=inetOrgPerson) ~"},
        {"(objectClass=imcConnector)", "(objectClass=imcConnector)"},
        {"(telephoneNumber=1)", "(telephoneNumber=1)"},
        {"(member=cn=x)", "(|(member=cn=x)(uniqueMember=cn=x))"},
        {"(!(member=cn=x))", "(!(|(member=cn=x)(uniqueMember=cn=x)))"},
        {"(!(mailNickname=ann))", "(objectClass=*) ~"},
        {"(&(objectClass=imcMailbox)(|(mailNickname=a)(mail=x)))",
         "(&(objectClass=inetOrgPerson)(|(|(uid=a)(cn=a))(mail=x))) ~"},
        {"(&(mailNickname=ann)(telephoneNumber=1))", "40015"},
    };
    for (const auto& [asked, expected] : table)
        EXPECT_EQ(theirs(inetorg, asked), expected) << asked;
    EXPECT_EQ(theirs(AttributeMap{}, "(&(mailNickname=ann)(!(x=1)))"),
              "(&(mailNickname=ann)(!(x=1)))");
    EXPECT_EQ(theirs(active_directory, "(proxyAddresses=smtp:ann@a.example)"),
              "(|(proxyAddresses=smtp:ann@a.example)(mail=ann@a.example)) ~");
    EXPECT_EQ(theirs(active_directory, "(mailNickname=ann)"),
              "(|(mailNickname=ann)(sAMAccountName=ann)(cn=ann)) ~");
}

/// A filter of the attributes that a map of inetOrgPerson translates and that our own reading of
/// filters knows.
std::string random_filter(std::mt19937& dice, int depth)
{
    const auto one_of = [&](auto... words) {
        const std::string all[] = {words...};
        return all[dice() % std::size(all)];
    };
    if (depth == 0 || dice() % 3 == 0) {
        const auto name =
            one_of("proxyAddresses", "mailNickname", "objectClass", "cn", "mail", "description");
        const auto value =
            one_of("ann", "smtp:ann@a", "ann@a", "*", "a*", "*n*", "*@a", "smtp:*", "s*", "*:ann*",
                   "imcMailbox", "imcList", "inetOrgPerson", "X400:c", "*t*p*");
        return "(" + name + "=" + value + ")";
    }
    std::string parts;
    const auto kind = one_of("&", "|", "!");
    for (auto count = kind == "!" ? 1U : dice() % 3; count > 0; --count)
        parts += random_filter(dice, depth - 1);
    return "(" + kind + parts + ")";
}

Entry random_person(std::mt19937& dice)
{
    Entry entry = object({});
    const auto maybe = [&](const char* name, Values values) {
        if (dice() % 2 == 0) entry.attributes[name] = std::move(values);
    };
    maybe("uid", {"ann", "bob"});
    maybe("cn", {"ann"});
    maybe("mail", {"ann@a", "x@a"});
    maybe("mail", {"bob@a"});
    maybe("description", {"ann"});
    entry.attributes["objectClass"] = {dice() % 2 == 0 ? "inetOrgPerson" : "groupOfNames"};
    if (dice() % 4 == 0) entry.attributes["objectClass"].push_back("posixGroup");
    return entry;
}

// An object that is there must never be "absent" because of how the question was put.
TEST(AttributeMap, TranslatedQuestionFindsAllThatWasMeantAndExactOnesNothingElse)
{
    std::mt19937 dice{20261126};
    for (int i = 0; i < 20'000; ++i) {
        const auto asked = Filter::parse(random_filter(dice, 3)).value();
        const auto question = inetorg.to_theirs(asked).value();
        const auto translated = Filter::parse(question.filter).value();
        const auto person = random_person(dice);
        const bool meant = asked.matches(inetorg.to_canonical(person));
        const bool found = translated.matches(person);
        ASSERT_TRUE(found || !meant) << asked.to_string() << " as " << question.filter;
        if (question.exact) {
            ASSERT_EQ(found, meant) << asked.to_string() << " as " << question.filter;
        }
    }
}

TEST(MappedDirectory, ChangeIsRefusedWithThePlaceWhereToMakeIt)
{
    const auto people = mapped_directory(recorded_directory({}, "ldap://people.example"), inetorg);
    const Change gone{Change::Kind::remove, object({}).dn};
    const auto applied = people->apply({&gone, 1}, after(std::chrono::seconds{1}));
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().event(), EventId::directory_refused);
    EXPECT_NE(applied.error().detail().find("ldap://people.example"), std::string::npos);
    EXPECT_NE(applied.error().detail().find("ldapmodify"), std::string::npos);
}

TEST(MappedDirectory, WhoeverTheFilterLeavesOutIsNotThere)
{
    auto ann = object({{"objectClass", {"inetOrgPerson"}}, {"uid", {"ann"}}});
    auto bob = ann;
    bob.dn = Dn::parse_rfc4514("uid=bob,ou=People,dc=example,dc=org").value();
    bob.attributes["uid"] = {"bob"};
    bob.attributes["description"] = {"left"};
    const auto deadline = after(std::chrono::seconds{1});
    const auto people = mapped_directory(recorded_directory({ann, bob}, "people"), inetorg,
                                         "(!(description=left))");
    EXPECT_TRUE(std::holds_alternative<Entry>(people->read(ann.dn, deadline)));
    EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(people->read(bob.dn, deadline)));
    const auto found =
        people->search(Dn{}, Scope::subtree, "(objectClass=imcMailbox)", deadline).value();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().first("mailNickname"), "ann");
}

// What cannot be asked is no answer, in whatever names.
TEST(MappedDirectory, SilenceStaysSilence)
{
    const auto people =
        mapped_directory(silent_directory("people", Error{EventId::directory_unreachable, "down"}),
                         inetorg, "(a=b)");
    const auto deadline = after(std::chrono::seconds{1});
    EXPECT_TRUE(std::holds_alternative<CannotSay>(people->read(object({}).dn, deadline)));
    EXPECT_FALSE(people->search(Dn{}, Scope::subtree, "(cn=*)", deadline));
    EXPECT_FALSE(people->revision(deadline));
}

// Each is asked for by some message: without an index it walks through the whole database.
TEST(AttributeMap, WhateverAMessageIsAskedByWantsAnIndex)
{
    const auto names = [](const AttributeMap& map, std::string_view only) {
        std::string out;
        for (const auto& name : map.asked_by(only))
            out += name + " ";
        return out;
    };
    EXPECT_EQ(names(AttributeMap{}, ""),
              "objectClass proxyAddresses mailNickname member uniqueMember memberUid uid "
              "targetAddress legacyExchangeDN imcClientCertificate ");
    const auto theirs = names(AttributeMap{AttributeMap::Flavour::openldap_inetorg},
                              "(&(employeeType=staff)(EMPLOYEETYPE=x)(!(room=1))(cn=*))");
    for (const char* name : {"mail ", "uid ", "member ", "uniqueMember ", "employeeType "})
        EXPECT_NE(theirs.find(name), std::string::npos) << name << "of " << theirs;
    for (const char* name : {"room", "EMPLOYEETYPE", "proxyAddresses"})
        EXPECT_EQ(theirs.find(name), std::string::npos) << name << " of " << theirs;
}

}  // namespace
}  // namespace imc
