#include "directory/ldap.h"

#include "directory/mapped.h"
#include "directory/recipients.h"
#include "kit/loopback.h"
#include "kit/slapd.h"

#include <gtest/gtest.h>

#include <set>

namespace imc {
namespace {

using namespace std::chrono_literals;

Dn dn(const std::string& text) { return Dn::parse(text).value(); }

LdapSettings settings_of(const kit::Slapd& server)
{
    return {.urls = {server["url"]},
            .base = server["suffix"],
            .bind_dn = server["bind_dn"],
            .password_file = server.password_file()};
}

Change organization(const kit::Slapd& server, const std::string& name = "Org")
{
    return {Change::Kind::add,
            dn("o=" + name + "," + server["suffix"]),
            {{"objectClass", {"top", "organization"}}, {"o", {name}}}};
}

Change mailbox(const kit::Slapd& server, const std::string& alias,
               const std::vector<std::string>& addresses)
{
    Change add{
        Change::Kind::add,
        dn("cn=" + alias + ",o=Org," + server["suffix"]),
        {{"objectClass", {"top", "imcMailbox"}}, {"cn", {alias}}, {"mailNickname", {alias}}}};
    if (!addresses.empty()) add.attributes["proxyAddresses"] = addresses;
    return add;
}

std::optional<EventId> event_of(const Result<>& result)
{
    if (result) return std::nullopt;
    return result.error().event();
}

template <class T>
EventId silence_of(const Answer<T>& answer)
{
    return std::get<CannotSay>(answer).reason.event();
}

/// Accepts TCP (the kernel does) and never says a word.
class SilentServer {
public:
    SilentServer() : listening_{kit::listen_on_loopback()} {}
    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;
    ~SilentServer() { close(listening_.fd); }

    std::string url(const std::string& scheme) const { return scheme + listening_.authority; }

private:
    kit::ListeningSocket listening_;
};

/// Writes, finds, changes, moves and removes: whatever the way to the server.
void round_trip(const kit::Slapd& server, const LdapSettings& settings)
{
    const auto directory = ldap_directory(settings);
    ASSERT_TRUE(probe(settings, after(10s))) << probe(settings, after(10s)).error().to_string();
    const std::vector<Change> add{organization(server),
                                  mailbox(server, "ann", {"SMTP:ann@example.org"})};
    const auto added = directory->apply(add, after(10s));
    ASSERT_TRUE(added) << added.error().to_string();
    const auto found = directory->search(dn("o=Org," + server["suffix"]), Scope::subtree,
                                         "(proxyAddresses=smtp:ANN@example.org)", after(10s));
    ASSERT_TRUE(found) << found.error().to_string();
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front().first("CN"), "ann");
    const Change gone{Change::Kind::remove, add[1].dn};
    ASSERT_TRUE(directory->apply(std::span{&gone, 1}, after(10s)));
    EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(directory->read(add[1].dn, after(10s))));
}

TEST(Ldap, SimpleBindOverTcpReadsAndWrites)
{
    const kit::Slapd server;
    round_trip(server, settings_of(server));
}

TEST(Ldap, StartTlsWithCertificateCheckReadsAndWrites)
{
    const kit::Slapd server{"--tls"};
    auto settings = settings_of(server);
    settings.tls = LdapSettings::Tls::start_tls;
    settings.ca_file = server["ca"];
    round_trip(server, settings);
}

TEST(Ldap, LdapsReadsAndWritesAndAnUnknownCaIsRefusedWithTheReason)
{
    const kit::Slapd server{"--tls"};
    auto settings = settings_of(server);
    settings.urls = {server["ldaps"]};
    settings.ca_file = server["ca"];
    round_trip(server, settings);

    settings.ca_file = server["other_ca"];
    const auto refused = probe(settings, after(10s));
    EXPECT_EQ(event_of(refused), EventId::directory_tls_failed);
    EXPECT_NE(refused.error().detail().find("issuer"), std::string::npos)
        << refused.error().detail();
}

TEST(Ldap, StartTlsWithAnUnknownCaIsRefusedWithTheReason)
{
    const kit::Slapd server{"--tls"};
    auto settings = settings_of(server);
    settings.tls = LdapSettings::Tls::start_tls;
    settings.ca_file = server["other_ca"];
    const auto refused = probe(settings, after(10s));
    EXPECT_EQ(event_of(refused), EventId::directory_tls_failed);
    EXPECT_NE(refused.error().detail().find("issuer"), std::string::npos)
        << refused.error().detail();
}

TEST(Ldap, ServerWithoutTlsNeverHearsThePasswordWhenStartTlsIsWanted)
{
    const kit::Slapd server;
    auto settings = settings_of(server);
    settings.tls = LdapSettings::Tls::start_tls;
    EXPECT_EQ(event_of(probe(settings, after(10s))), EventId::directory_tls_failed);
}

TEST(Ldap, SaslExternalOverTheLocalSocketReadsAndWrites)
{
    const kit::Slapd server;
    LdapSettings settings{.urls = {server["ldapi"]}, .base = server["suffix"]};
    settings.sasl_external = true;
    round_trip(server, settings);
}

TEST(Ldap, WrongPasswordNamesTheAccountAndNotThePassword)
{
    const kit::Slapd server;
    server.write_password("wrong-word");
    const auto refused = probe(settings_of(server), after(10s));
    EXPECT_EQ(event_of(refused), EventId::directory_refused);
    EXPECT_NE(refused.error().detail().find(server["bind_dn"]), std::string::npos);
    EXPECT_EQ(refused.error().to_string().find("wrong-word"), std::string::npos);
}

TEST(Ldap, PasswordThatOthersCanReadIsNotUsed)
{
    const kit::Slapd server;
    std::filesystem::permissions(server.password_file(), std::filesystem::perms{0644});
    const auto refused = probe(settings_of(server), after(10s));
    EXPECT_EQ(event_of(refused), EventId::directory_password_unusable);
    EXPECT_NE(refused.error().detail().find("chmod 600"), std::string::npos);
}

TEST(Ldap, MissingBaseIsToldFromMissingSchema)
{
    const kit::Slapd server;
    auto settings = settings_of(server);
    settings.base = "ou=nowhere," + server["suffix"];
    EXPECT_EQ(event_of(probe(settings, after(10s))), EventId::directory_no_such_object);
}

TEST(Ldap, SchemaIsLoadedByWhoMayAndPrintedToWhoMayNot)
{
    const kit::Slapd server{"--no-schema"};
    auto settings = settings_of(server);
    EXPECT_EQ(event_of(probe(settings, after(10s))), EventId::directory_schema_missing);

    auto anonymous = settings;
    anonymous.bind_dn.clear();
    const auto printed = load_schema(anonymous, after(10s));
    ASSERT_TRUE(printed) << printed.error().to_string();
    EXPECT_TRUE(printed->starts_with("dn: cn=imc,cn=schema,cn=config")) << *printed;

    const auto loaded = load_schema(settings, after(10s));
    ASSERT_TRUE(loaded) << loaded.error().to_string();
    EXPECT_EQ(*loaded, "");
    EXPECT_TRUE(probe(settings, after(10s)));
}

TEST(Ldap, ServerThatIsDownMeansCannotSayAndWorksAgainAfterARestart)
{
    kit::Slapd server;
    const auto directory = ldap_directory(settings_of(server));
    const auto base = dn(server["suffix"]);
    EXPECT_TRUE(std::holds_alternative<Entry>(directory->read(base, after(10s))));
    server.stop();
    EXPECT_EQ(silence_of(directory->read(base, after(2s))), EventId::directory_unreachable);
    server.start();
    EXPECT_TRUE(std::holds_alternative<Entry>(directory->read(base, after(10s))));
    server.stop();
    server.start();
    // Nobody asked in between: the connection in the pool is dead, and a change must not use it.
    const auto add = organization(server);
    EXPECT_TRUE(directory->apply(std::span{&add, 1}, after(10s)));
}

TEST(Ldap, SecondServerAnswersWhenTheFirstIsDead)
{
    const kit::Slapd server;
    const SilentServer silent;
    auto settings = settings_of(server);
    settings.urls = {"ldap://127.0.0.1:1", silent.url("ldap"), server["url"]};
    const auto directory = ldap_directory(settings);
    EXPECT_TRUE(std::holds_alternative<Entry>(directory->read(dn(server["suffix"]), after(2s))));
}

// The deadline, not the patience of a socket, ends a wait: with StartTLS, ldaps and without.
TEST(Ldap, ServerThatAcceptsAndNeverAnswersIsGivenUpAtTheDeadline)
{
    const SilentServer silent;
    for (const auto* scheme : {"ldap", "ldaps"}) {
        LdapSettings settings{.urls = {silent.url(scheme)}, .base = "dc=example,dc=org"};
        settings.connect_timeout = 60s;
        settings.operation_timeout = 60s;
        const auto directory = ldap_directory(settings);
        const auto began = std::chrono::steady_clock::now();
        EXPECT_EQ(silence_of(directory->read(dn(settings.base), began + 300ms)),
                  EventId::directory_unreachable);
        const auto took = std::chrono::steady_clock::now() - began;
        EXPECT_GE(took, 250ms) << scheme;
        EXPECT_LT(took, 2s) << scheme;
    }
}

TEST(Ldap, LimitIsAnErrorAndPagesAreReadToTheEnd)
{
    const kit::Slapd server;
    const auto directory = ldap_directory(settings_of(server));
    std::vector<Change> changes{organization(server)};
    for (int i = 0; i < 620; ++i)
        changes.push_back(mailbox(server, "m" + std::to_string(i), {}));
    for (const auto& one : changes)
        ASSERT_TRUE(directory->apply(std::span{&one, 1}, after(10s)));
    const auto base = dn("o=Org," + server["suffix"]);
    const auto all = directory->search(base, Scope::one_level, "(objectClass=*)", after(10s));
    ASSERT_TRUE(all) << all.error().to_string();
    EXPECT_EQ(all->size(), 620U);
    EXPECT_FALSE(directory->search(base, Scope::one_level, "(objectClass=*)", after(10s), 619));
    EXPECT_TRUE(directory->search(base, Scope::one_level, "(objectClass=*)", after(10s), 620));
    EXPECT_FALSE(directory->search(base, Scope::one_level, "(objectClass=*)", after(10s), 5));
}

TEST(Ldap, ChangesBeforeAFailureAreUndone)
{
    const kit::Slapd server;
    const auto directory = ldap_directory(settings_of(server));
    const std::vector<Change> good{organization(server),
                                   mailbox(server, "ann", {"SMTP:ann@example.org"})};
    ASSERT_TRUE(directory->apply(good, after(10s)));
    Change edit{Change::Kind::modify, good[1].dn};
    edit.changes = {{AttributeChange::Kind::replace, "description", {"changed"}}};
    const std::vector<Change> bad{edit, mailbox(server, "bob", {}),
                                  mailbox(server, "eve", {"smtp:ann@example.org"})};
    EXPECT_EQ(event_of(directory->apply(bad, after(10s))), EventId::directory_address_taken);
    EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(directory->read(bad[1].dn, after(10s))));
    const auto ann = directory->read(good[1].dn, after(10s));
    EXPECT_EQ(std::get<Entry>(ann).first("description"), "");
}

TEST(Ldap, RevisionGrowsWithEachChangeWithAndWithoutSyncprov)
{
    for (const auto* options : {"", "--no-syncprov"}) {
        const kit::Slapd server{options};
        const auto directory = ldap_directory(settings_of(server));
        const auto before = directory->revision(after(10s)).value();
        const auto add = organization(server);
        ASSERT_TRUE(directory->apply(std::span{&add, 1}, after(10s)));
        EXPECT_GT(directory->revision(after(10s)).value(), before) << options;
    }
}

// RFC 4511 4.5.3: a part of the tree is on another server, so "nobody" is not the whole answer.
TEST(Recipients, NobodyIsUnknownWhileAPartOfTheTreeWasNotAsked)
{
    const kit::Slapd server;
    const std::shared_ptr<Directory> directory = ldap_directory(settings_of(server));
    const auto organization_dn = dn("o=Org," + server["suffix"]);
    RecipientLookup lookup{directory, organization_dn};
    const Change people[] = {organization(server),
                             mailbox(server, "ann", {"SMTP:ann@contoso.example"})};
    directory->apply(people, after(10s)).value();
    EXPECT_TRUE(
        std::holds_alternative<ProvenAbsent>(lookup.by_address("bob@contoso.example", after(10s))));

    Change elsewhere{Change::Kind::add, organization_dn.child("ou", "Elsewhere")};
    elsewhere.attributes = {{"objectClass", {"referral", "extensibleObject"}},
                            {"ou", {"Elsewhere"}},
                            {"ref", {"ldap://other.example/ou=Elsewhere,o=Org"}}};
    directory->apply(std::span{&elsewhere, 1}, after(10s)).value();
    const auto bob = lookup.by_address("bob@contoso.example", after(10s));
    ASSERT_TRUE(std::holds_alternative<CannotSay>(bob));
    const auto& reason = std::get<CannotSay>(bob).reason;
    EXPECT_EQ(reason.event(), EventId::directory_unreachable);
    EXPECT_NE(reason.detail().find("ldap://other.example/"), std::string::npos) << reason.detail();
    EXPECT_TRUE(std::holds_alternative<std::vector<Entry>>(
        lookup.by_address("ann@contoso.example", after(10s))))
        << "who is found is found";
}

// To a server an attribute that it does not know is one that nobody has (RFC 4511 4.5.1.7).
TEST(Recipients, NobodyIsUnknownToAServerThatDoesNotKnowWhatAddressesAre)
{
    const kit::Slapd server{"--no-schema"};
    const std::shared_ptr<Directory> theirs = ldap_directory(settings_of(server));
    const auto add = organization(server);
    theirs->apply(std::span{&add, 1}, after(10s)).value();
    RecipientLookup unmapped{theirs, add.dn};
    EXPECT_EQ(silence_of(unmapped.by_address("ann@example.org", after(10s))),
              EventId::directory_refused);
    const std::shared_ptr<Directory> ours =
        mapped_directory(theirs, AttributeMap{AttributeMap::Flavour::openldap_inetorg});
    RecipientLookup mapped{ours, add.dn};
    EXPECT_TRUE(
        std::holds_alternative<ProvenAbsent>(mapped.by_address("ann@example.org", after(10s))))
        << "mail is known there";
}

TEST(Ldap, EverybodyIsReadFromTheRootAsFromEachNamingContext)
{
    const kit::Slapd server;
    const auto directory = ldap_directory(settings_of(server));
    const auto add = organization(server);
    directory->apply(std::span{&add, 1}, after(10s)).value();
    const auto names = [&](const Dn& base) {
        std::set<std::string> out;
        const auto read = directory->scan(base, "(objectClass=*)", after(10s), [&](Entry&& entry) {
            out.insert(entry.dn.to_rfc4514());
            return true;
        });
        EXPECT_TRUE(read) << read.error().to_string();
        return out;
    };
    EXPECT_TRUE(names(Dn{}).contains(add.dn.to_rfc4514()));
    EXPECT_EQ(names(Dn{}), names(dn(server["suffix"])));
}

// No server of ours sends values in parts, and none that has no more says that these were all.
TEST(Ldap, PartsOfValuesThatAServerDoesNotGiveAreNoAnswer)
{
    const kit::Slapd server;
    const auto directory = ldap_directory(settings_of(server));
    const auto base = dn(server["suffix"]);
    EXPECT_EQ(silence_of(directory->values(base, "member", 1500, after(10s))),
              EventId::directory_refused);
    EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(
        directory->values(base.child("cn", "none"), "member", 1500, after(10s))));
}

TEST(Recipients, AllHoldersOfAnAddressAreFoundWhateverTheCase)
{
    const kit::Slapd server;
    const std::shared_ptr<Directory> directory = ldap_directory(settings_of(server));
    const std::vector<Change> add{organization(server),
                                  mailbox(server, "ann", {"SMTP:Ann@example.org"})};
    ASSERT_TRUE(directory->apply(add, after(10s)));
    RecipientLookup lookup{directory, add[0].dn};
    EXPECT_EQ(std::get<std::vector<Entry>>(lookup.by_address("ann@example.org", after(10s))).size(),
              1U);
    EXPECT_TRUE(
        std::holds_alternative<ProvenAbsent>(lookup.by_address("a*@example.org", after(10s))));
    RecipientLookup nowhere{directory, dn("o=Other," + server["suffix"])};
    EXPECT_EQ(silence_of(nowhere.by_address("ann@example.org", after(10s))),
              EventId::directory_no_such_object);
}

}  // namespace
}  // namespace imc
