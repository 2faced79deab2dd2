/// What directory.h promises to who reads, asked of every directory in which people may be: ours,
/// and one of inetOrgPerson that knows nothing of our schema, seen through the attribute map.
#include "directory/contract.h"

#include "directory/mapped.h"
#include "directory/recipients.h"
#include "directory/search.h"

namespace imc::contract {
namespace {

using Values = std::vector<std::string>;

/// Objects are written in the directory's own names and read in ours.
class People {
public:
    explicit People(const std::string& kind) : foreign_{kind == "inetOrgPerson"}
    {
        if (kind == "embedded" || kind == "mapped_embedded")
            engine_ = std::make_unique<EmbeddedEngine>();
        else if (kind == "slapd")
            engine_ = std::make_unique<SlapdEngine>();
        else
            engine_ = std::make_unique<ForeignEngine>();
        // Owned by the engine: it outlives what reads it.
        const std::shared_ptr<Directory> theirs{&engine_->directory(), [](Directory*) {}};
        if (kind.ends_with("embedded"))
            write(dn("dc=example,dc=org"), {{"objectClass", {"domain"}}});
        write(top(), {{"objectClass", {"organizationalUnit"}}});
        if (kind == "mapped_embedded")
            ours_ = mapped_directory(theirs, AttributeMap{});
        else if (foreign_)
            ours_ = mapped_directory(theirs, AttributeMap{AttributeMap::Flavour::openldap_inetorg});
        else
            ours_ = theirs;
    }

    static Dn top() { return dn("ou=People,dc=example,dc=org"); }
    Directory& directory() { return *ours_; }
    std::shared_ptr<Directory> shared() { return ours_; }

    Dn name_of(const std::string& alias) const
    {
        return top().child(foreign_ ? "uid" : "cn", alias);
    }
    Dn list_name_of(const std::string& alias) const { return top().child("cn", alias); }

    void mailbox(const std::string& alias, const Values& addresses, Attributes more = {})
    {
        if (foreign_) {
            more["objectClass"] = {"inetOrgPerson"};
            more["cn"] = {"The person " + alias};
            more["sn"] = {alias};
            if (!addresses.empty()) more["mail"] = addresses;
        } else {
            more["objectClass"] = {"imcMailbox"};
            more["mailNickname"] = {alias};
            for (std::size_t i = 0; i < addresses.size(); ++i)
                more["proxyAddresses"].push_back((i == 0 ? "SMTP:" : "smtp:") + addresses[i]);
        }
        write(name_of(alias), std::move(more));
    }
    void list(const std::string& alias, const Values& members)
    {
        Attributes all{{"objectClass", {foreign_ ? "groupOfNames" : "imcList"}}};
        for (const auto& member : members)
            all["member"].push_back(name_of(member).to_rfc4514());
        if (!foreign_) all["mailNickname"] = {alias};
        write(list_name_of(alias), std::move(all));
    }
    void remove(const std::string& alias)
    {
        const Change gone{Change::Kind::remove, name_of(alias)};
        engine_->directory().apply({&gone, 1}, soon()).value();
    }

    std::string is(const Dn& name) { return outcome_of(ours_->read(name, soon())); }
    Values values(const Dn& name, const std::string& attribute)
    {
        const auto answer = ours_->read(name, soon());
        if (!std::holds_alternative<Entry>(answer)) return {outcome_of(answer)};
        const auto all = std::get<Entry>(answer).all(attribute);
        Values out{all.begin(), all.end()};
        std::ranges::sort(out);
        return out;
    }
    /// Aliases of what a search finds, sorted and joined; or the number of its error.
    std::string find(const std::string& filter, Scope scope = Scope::subtree,
                     const Dn& base = top())
    {
        const auto found = ours_->search(base, scope, filter, soon());
        if (!found) return event_of(found);
        Values names;
        for (const auto& entry : *found)
            if (!entry.first("mailNickname").empty())
                names.emplace_back(entry.first("mailNickname"));
        std::ranges::sort(names);
        std::string out;
        for (const auto& name : names)
            out += (out.empty() ? "" : " ") + name;
        return out;
    }

private:
    /// A server without our schema: a name of ours in a question would find nothing.
    class ForeignEngine final : public Engine {
    public:
        ForeignEngine()
        {
            static const kit::Slapd server{"--no-schema"};
            directory_ = ldap_directory({.urls = {server["url"]},
                                         .base = server["suffix"],
                                         .bind_dn = server["bind_dn"],
                                         .password_file = server.password_file()});
        }
        ~ForeignEngine() override
        {
            auto all = directory_->search(dn("dc=example,dc=org"), Scope::subtree,
                                          "(objectClass=*)", soon(), 100'000);
            if (!all) return;
            std::ranges::sort(*all, std::greater{},
                              [](const Entry& entry) { return entry.dn.rdns().size(); });
            all->pop_back();  // the suffix stays
            for (const auto& entry : *all) {
                const Change gone{Change::Kind::remove, entry.dn};
                (void)directory_->apply({&gone, 1}, soon());
            }
        }
        Directory& directory() override { return *directory_; }

    private:
        std::unique_ptr<Directory> directory_;
    };

    void write(const Dn& name, Attributes attributes)
    {
        const Change add{
            .kind = Change::Kind::add, .dn = name, .attributes = std::move(attributes)};
        engine_->directory().apply({&add, 1}, soon()).value();
    }

    const bool foreign_;
    std::unique_ptr<Engine> engine_;
    std::shared_ptr<Directory> ours_;
};

class PeopleContract : public testing::TestWithParam<const char*> {
protected:
    People people_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Directories, PeopleContract,
                         testing::Values("embedded", "mapped_embedded", "slapd", "inetOrgPerson"),
                         [](const auto& kind) { return std::string{kind.param}; });

TEST_P(PeopleContract, MailboxIsReadUnderOurNames)
{
    people_.mailbox("ann", {"ann@a.example", "other@a.example"}, {{"displayName", {"Ann"}}});
    const auto name = people_.name_of("ann");
    EXPECT_EQ(people_.values(name, "mailNickname"), Values{"ann"});
    EXPECT_EQ(people_.values(name, "proxyAddresses"),
              (Values{"SMTP:ann@a.example", "smtp:other@a.example"}));
    EXPECT_EQ(people_.values(name, "displayName"), Values{"Ann"});
    EXPECT_EQ(people_.values(name, "description"), Values{});
}

TEST_P(PeopleContract, ReadTellsAbsentFromFound)
{
    people_.mailbox("ann", {});
    EXPECT_EQ(people_.is(people_.name_of("ann")), "found");
    EXPECT_EQ(people_.is(people_.name_of("bob")), "absent");
    EXPECT_EQ(people_.is(dn("cn=ann,ou=Nowhere,dc=example,dc=org")), "absent");
    EXPECT_EQ(people_.is(Dn{}), "absent");
    EXPECT_EQ(people_.is(People::top()), "found");
}

// An empty directory, or one restored from elsewhere, must never look like "no such user".
TEST_P(PeopleContract, SearchBelowAMissingBaseIsAnErrorAndNeverAnEmptyAnswer)
{
    for (const auto scope : {Scope::base, Scope::one_level, Scope::subtree})
        for (const char* filter : {"(objectClass=*)", "(proxyAddresses=smtp:ann@a.example)"})
            EXPECT_EQ(people_.find(filter, scope, dn("ou=Other,dc=example,dc=org")),
                      no_such_object);
}

TEST_P(PeopleContract, FiltersMeanTheSame)
{
    people_.mailbox("ann", {"Ann@a.example", "an*n@a.example"}, {{"description", {"tall"}}});
    people_.mailbox("bob", {"bob@a.example"}, {{"displayName", {"Bob"}}});
    people_.mailbox("carl", {});
    people_.list("staff", {"ann", "bob"});
    const auto ann = escape_filter_value(people_.name_of("ann").to_rfc4514());
    const std::vector<std::pair<std::string, std::string>> table{
        {"(proxyAddresses=smtp:ann@a.example)", "ann"},
        {"(proxyAddresses=SMTP:ANN@A.EXAMPLE)", "ann"},
        {"(proxyAddresses=smtp:an\\2an@a.example)", "ann"},
        {"(proxyAddresses=ann@a.example)", ""},
        {"(proxyAddresses=x400:ann@a.example)", ""},
        {"(proxyAddresses=smtp:carl@a.example)", ""},
        {"(proxyAddresses=*)", "ann bob"},
        {"(proxyAddresses=smtp:*)", "ann bob"},
        {"(proxyAddresses=smtp:b*)", "bob"},
        {"(proxyAddresses=s*)", "ann bob"},
        {"(proxyAddresses=*@a.example)", "ann bob"},
        {"(proxyAddresses=*p:bob*)", "bob"},
        {"(mailNickname=ANN)", "ann"},
        {"(mailNickname=staff)", "staff"},
        {"(mailNickname=nobody)", ""},
        {"(mailNickname=*)", "ann bob carl staff"},
        {"(mailNickname=*a*)", "ann carl staff"},
        {"(objectClass=imcMailbox)", "ann bob carl"},
        {"(objectClass=imcList)", "staff"},
        {"(objectClass=imcContact)", ""},
        {"(objectClass=noSuchClass)", ""},
        {"(member=" + ann + ")", "staff"},
        {"(&(objectClass=imcMailbox)(!(proxyAddresses=*)))", "carl"},
        {"(&(objectClass=imcMailbox)(!(mailNickname=ann)))", "bob carl"},
        {"(&(objectClass=imcMailbox)(!(|(mailNickname=ann)(mailNickname=bob))))", "carl"},
        {"(|(mailNickname=ann)(proxyAddresses=smtp:bob@a.example))", "ann bob"},
        {"(&(mailNickname=ann)(proxyAddresses=smtp:bob@a.example))", ""},
        {"(description=TALL)", "ann"},
        {"(&(description=*)(mailNickname=ann))", "ann"},
        {"(displayName=bob)", "bob"},
        {"(noSuchAttribute=x)", ""},
        {"(!(noSuchAttribute=x))", ""},
        {"", no_filter},
        {"(mailNickname", no_filter},
    };
    for (const auto& [filter, expected] : table)
        EXPECT_EQ(people_.find(filter), expected) << filter;
}

TEST_P(PeopleContract, ScopeSaysHowDeepASearchGoes)
{
    people_.mailbox("ann", {"ann@a.example"});
    const std::string question = "(proxyAddresses=smtp:ann@a.example)";
    EXPECT_EQ(people_.find(question, Scope::one_level), "ann");
    EXPECT_EQ(people_.find(question, Scope::base), "");
    EXPECT_EQ(people_.find(question, Scope::base, people_.name_of("ann")), "ann");
    EXPECT_EQ(people_.find(question, Scope::one_level, dn("dc=example,dc=org")), "");
    EXPECT_EQ(people_.find(question, Scope::subtree, Dn{}), "ann");
}

TEST_P(PeopleContract, MoreThanTheLimitIsAnErrorAndNeverAPart)
{
    for (const char* alias : {"a", "b", "c"})
        people_.mailbox(alias, {});
    const auto search = [&](std::size_t limit) {
        const auto found = people_.directory().search(People::top(), Scope::one_level,
                                                      "(objectClass=imcMailbox)", soon(), limit);
        if (!found) {
            EXPECT_TRUE(is_more_than_asked(found.error())) << found.error().detail();
        }
        return found ? std::to_string(found->size()) : event_of(found);
    };
    EXPECT_EQ(search(3), "3");
    EXPECT_EQ(search(2), refused);
}

TEST_P(PeopleContract, RecipientIsFoundByEachAddressAndSeveralHoldersAreAllReturned)
{
    people_.mailbox("ann", {"ann@a.example", "b@a.example"});
    RecipientLookup lookup{people_.shared(), People::top()};
    for (const char* address : {"ann@a.example", "b@a.example"}) {
        const auto answer = lookup.by_address(address, soon());
        ASSERT_TRUE(std::holds_alternative<std::vector<Entry>>(answer)) << address;
        EXPECT_EQ(std::get<std::vector<Entry>>(answer).front().first("mailNickname"), "ann");
    }
    EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(lookup.by_address("c@a.example", soon())));
    RecipientLookup elsewhere{people_.shared(), dn("ou=Gone,dc=example,dc=org")};
    EXPECT_TRUE(std::holds_alternative<CannotSay>(elsewhere.by_address("c@a.example", soon())));
}

TEST_P(PeopleContract, PasswordIsCheckedWhereTheObjectIs)
{
    people_.mailbox("ann", {}, {{"userPassword", {"pencil"}}});
    const auto check = [&](const std::string& alias, const std::string& password) {
        const auto answer =
            people_.directory().check_password(people_.name_of(alias), password, soon());
        const auto* yes = std::get_if<bool>(&answer);
        return yes != nullptr && *yes;
    };
    // The embedded engine reads hashes of ours only.
    const bool server = !people_.directory().is_local();
    EXPECT_EQ(check("ann", "pencil"), server);
    EXPECT_FALSE(check("ann", "pen"));
    EXPECT_FALSE(check("ann", ""));
    EXPECT_FALSE(check("bob", "pencil"));
}

TEST_P(PeopleContract, RevisionGrowsWithEachChangeAndOnlyThen)
{
    auto before = people_.directory().revision(soon()).value();
    const auto grew = [&] {
        const auto now = people_.directory().revision(soon()).value();
        return std::exchange(before, now) < now;
    };
    EXPECT_FALSE(grew());
    people_.mailbox("ann", {});
    EXPECT_TRUE(grew());
    (void)people_.find("(mailNickname=ann)");
    EXPECT_FALSE(grew());
    people_.remove("ann");
    EXPECT_TRUE(grew());
}

TEST_P(PeopleContract, DeadlineThatIsPastIsNoAnswer)
{
    const auto past = std::chrono::steady_clock::now() - 1ms;
    auto& directory = people_.directory();
    EXPECT_EQ(outcome_of(directory.read(People::top(), past)), "cannot say: " + unreachable);
    EXPECT_EQ(event_of(directory.search(People::top(), Scope::subtree, "(mailNickname=*)", past)),
              unreachable);
    EXPECT_EQ(event_of(directory.revision(past)), unreachable);
}

// ---- several servers

/// A server that had an object and one that has not got it yet.
class BehindTest : public testing::Test {
protected:
    static std::unique_ptr<Directory> over(const std::vector<std::string>& urls,
                                           const kit::Slapd& server)
    {
        return ldap_directory({.urls = urls,
                               .base = "ou=People,dc=example,dc=org",
                               .bind_dn = server["bind_dn"],
                               .password_file = server.password_file()});
    }
    static void add(Directory& directory, const std::string& name, const char* object_class)
    {
        const Change add{.kind = Change::Kind::add,
                         .dn = dn(name),
                         .attributes = {{"objectClass", {object_class}}}};
        directory.apply({&add, 1}, soon()).value();
    }
};

// Absence on a replica that is behind would be a bounce of good mail.
TEST_F(BehindTest, AbsenceIsNotProvedByAServerThatLacksChangesSeenBefore)
{
    kit::Slapd behind, ahead;
    add(*over({behind["url"]}, behind), "ou=People,dc=example,dc=org", "organizationalUnit");
    add(*over({ahead["url"]}, ahead), "ou=People,dc=example,dc=org", "organizationalUnit");
    add(*over({ahead["url"]}, ahead), "cn=new,ou=People,dc=example,dc=org", "imcContainer");

    const auto both = over({ahead["url"], behind["url"]}, ahead);
    ASSERT_TRUE(both->revision(soon()));
    EXPECT_EQ(outcome_of(both->read(dn("cn=new,ou=People,dc=example,dc=org"), soon())), "found");
    EXPECT_EQ(outcome_of(both->read(dn("cn=none,ou=People,dc=example,dc=org"), soon())), "absent");
    ahead.stop();
    EXPECT_EQ(outcome_of(both->read(dn("cn=new,ou=People,dc=example,dc=org"), soon())),
              "cannot say: " + unreachable);
    EXPECT_EQ(event_of(both->search(dn("ou=People,dc=example,dc=org"), Scope::subtree, "(cn=new)",
                                    soon())),
              unreachable);
    EXPECT_EQ(outcome_of(both->read(dn("ou=People,dc=example,dc=org"), soon())), "found")
        << "what is there, is";

    // It catches up.
    add(*over({behind["url"]}, behind), "cn=new,ou=People,dc=example,dc=org", "imcContainer");
    EXPECT_EQ(outcome_of(both->read(dn("cn=new,ou=People,dc=example,dc=org"), soon())), "found");
    EXPECT_EQ(outcome_of(both->read(dn("cn=none,ou=People,dc=example,dc=org"), soon())), "absent");
}

// Each provider has a clock of its own: the newest change of all says nothing of the others.
TEST_F(BehindTest, ServerThatLagsForOneOfItsProvidersProvesNoAbsence)
{
    constexpr const char* ahead_of_2 = "--context-csn 20250101120000.000000Z#000000#001#000000 "
                                       "--context-csn 20250101120000.000000Z#000000#002#000000";
    constexpr const char* behind_of_2 = "--context-csn 20250101130000.000000Z#000000#001#000000 "
                                        "--context-csn 20250101110000.000000Z#000000#002#000000";
    kit::Slapd first{ahead_of_2};
    const kit::Slapd second{behind_of_2};
    const auto both = ldap_directory({.urls = {first["url"], second["url"]},
                                      .base = first["suffix"],
                                      .bind_dn = first["bind_dn"],
                                      .password_file = first.password_file()});
    const auto nobody = dn("cn=none,dc=example,dc=org");
    ASSERT_TRUE(both->revision(soon()));
    EXPECT_EQ(outcome_of(both->read(nobody, soon())), "absent");
    EXPECT_EQ(both->old_answers(), 0U);

    first.stop();
    const auto silent = both->read(nobody, soon());
    EXPECT_EQ(outcome_of(silent), "cannot say: " + unreachable);
    EXPECT_NE(std::get<CannotSay>(silent).reason.detail().find("provider 002"), std::string::npos);
    EXPECT_EQ(outcome_of(both->read(dn("dc=example,dc=org"), soon())), "found");
    EXPECT_EQ(both->old_answers(), 1U) << "found, and not to be kept";
}

// Its replica may not have had the first change of that provider: it shows just the same.
TEST_F(BehindTest, ProviderThatIsShownNoMoreIsNotForgotten)
{
    kit::Slapd before{"--context-csn 20250101120000.000000Z#000000#001#000000 "
                      "--context-csn 20250101120000.000000Z#000000#002#000000"};
    const kit::Slapd after_it{"--context-csn 20250101130000.000000Z#000000#001#000000"};
    const auto both = ldap_directory({.urls = {before["url"], after_it["url"]},
                                      .base = before["suffix"],
                                      .bind_dn = before["bind_dn"],
                                      .password_file = before.password_file()});
    ASSERT_TRUE(both->revision(soon()));
    before.stop();
    const auto silent = both->read(dn("cn=none,dc=example,dc=org"), soon());
    EXPECT_EQ(outcome_of(silent), "cannot say: " + unreachable);
    EXPECT_NE(std::get<CannotSay>(silent).reason.detail().find("provider 002: has nothing"),
              std::string::npos);
}

// Its change is older than the newest of another, and caches must hear of it all the same.
TEST_F(BehindTest, ChangeOfAProviderWhoseClockIsBehindMakesTheRevisionGrow)
{
    kit::Slapd before{"--context-csn 20250101120000.000000Z#000000#001#000000 "
                      "--context-csn 20250101110000.000000Z#000000#002#000000"};
    const kit::Slapd later{"--context-csn 20250101120000.000000Z#000000#001#000000 "
                           "--context-csn 20250101113000.000000Z#000000#002#000000"};
    const auto both = ldap_directory({.urls = {before["url"], later["url"]},
                                      .base = before["suffix"],
                                      .bind_dn = before["bind_dn"],
                                      .password_file = before.password_file()});
    const auto first = both->revision(soon()).value();
    EXPECT_EQ(both->revision(soon()).value(), first);
    before.stop();
    EXPECT_GT(both->revision(soon()).value(), first);
}

}  // namespace
}  // namespace imc::contract
