#include "cli/setup/install.h"

#include "cli/run.h"
#include "directory/embedded.h"
#include "directory/ldap.h"
#include "kit/failing_files.h"
#include "kit/slapd.h"

#include <gtest/gtest.h>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;

SetupRequest contoso()
{
    SetupRequest request;
    request.organization = "Contoso";
    request.site = "Oslo";
    request.server = "MAIL1";
    request.domain = "contoso.example";
    request.listen = {"127.0.0.1:2525"};
    request.yes = true;
    return request;
}

bool exists(const std::string& path) { return std::filesystem::exists(path); }

TEST(Setup, WhicheverStepFailsNothingIsLeftBehind)
{
    const auto plan = make_plan(contoso()).value();
    bool done = false;
    int failures = 0;
    for (int n = 1; n < 500 && !done; ++n) {
        const Folder folder;
        kit::FailingFiles files{n};
        std::ostringstream out;
        done = static_cast<bool>(install(Paths{folder.root()}, plan, out, files));
        if (done) {
            EXPECT_TRUE(exists(folder.root() + "/registry.reg"));
            break;
        }
        ++failures;
        EXPECT_FALSE(exists(folder.root())) << "after the failure of " << files.what_failed();
        EXPECT_EQ(out.str(), "") << files.what_failed();
    }
    EXPECT_TRUE(done);
    EXPECT_GT(failures, 20);
}

TEST(Setup, WhicheverStepFailsAnLdapDirectoryIsAsItWas)
{
    const kit::Slapd server;
    auto request = contoso();
    request.directory = server["url"];
    request.base = server["suffix"];
    request.bind_dn = server["bind_dn"];
    request.password_file = server.password_file();
    const auto plan = make_plan(request).value();
    const auto directory = ldap_directory({.urls = {server["url"]},
                                           .base = server["suffix"],
                                           .bind_dn = server["bind_dn"],
                                           .password_file = server.password_file()});
    const auto base = Dn::parse(server["suffix"]).value();
    bool done = false;
    for (int n = 1; n < 500 && !done; ++n) {
        const Folder folder;
        kit::FailingFiles files{n};
        std::ostringstream out;
        done = static_cast<bool>(install(Paths{folder.root()}, plan, out, files));
        const auto found =
            directory->search(base, Scope::one_level, "(objectClass=*)", after(10s)).value();
        EXPECT_EQ(found.size(), done ? 1U : 0U) << files.what_failed();
        if (!done) {
            EXPECT_FALSE(exists(folder.root())) << files.what_failed();
        }
    }
    EXPECT_TRUE(done);
}

TEST(Setup, AnExistingRegistryIsNeverOverwritten)
{
    const Folder folder;
    ASSERT_EQ(set_up(folder).status, 0);
    const auto again = set_up(folder);
    EXPECT_EQ(again.status, 1);
    EXPECT_NE(again.err.find("registry.reg exists already; setup never overwrites"),
              std::string::npos)
        << again.err;
}

/// The directory of an organization that lost this host's registry.
class Join : public ::testing::Test {
protected:
    Join()
    {
        EXPECT_EQ(set_up(folder_).status, 0);
        std::filesystem::remove(folder_.root() + "/registry.reg");
    }
    Said join(const std::string& org, const std::string& site, const std::string& server,
              const std::string& domain = "contoso.example")
    {
        return imc(folder_, {"setup", "--org", org, "--site", site, "--server", server, "--domain",
                             domain, "--yes"});
    }
    Folder folder_;
};

TEST_F(Join, AnotherServerJoinsTheOrganizationAndItsCertificateStays)
{
    const auto certificate = read_file(real_files(), folder_.root() + "/tls/imc.crt").value();
    const auto said = join("Contoso", "Oslo", "MAIL2");
    ASSERT_EQ(said.status, 0) << said.err;
    EXPECT_NE(said.out.find("joined      ou=Oslo,o=Contoso (2 objects"), std::string::npos)
        << said.out;
    EXPECT_NE(said.out.find("imc.crt was there already, and stays"), std::string::npos) << said.out;
    EXPECT_EQ(read_file(real_files(), folder_.root() + "/tls/imc.crt").value(), certificate);
}

TEST_F(Join, AFailureLeavesTheJoinedDirectoryAndCertificateAsTheyWere)
{
    auto request = contoso();
    request.server = "MAIL2";
    const auto plan = make_plan(request).value();
    bool done = false;
    for (int n = 1; n < 500 && !done; ++n) {
        kit::FailingFiles files{n};
        std::ostringstream out;
        done = static_cast<bool>(install(Paths{folder_.root()}, plan, out, files));
        if (done) break;
        EXPECT_TRUE(exists(folder_.root() + "/tls/imc.crt")) << files.what_failed();
        EXPECT_FALSE(exists(folder_.root() + "/registry.reg")) << files.what_failed();
        const auto directory = open_embedded(folder_.root() + "/directory.db").value();
        const auto found = directory->search(Dn{}, Scope::subtree, "(cn=*MAIL2*)", after(10s));
        EXPECT_TRUE(found.value().empty()) << files.what_failed();
    }
    EXPECT_TRUE(done);
}

TEST_F(Join, AnotherOrganizationIsRefusedAndTheExistingOneNamed)
{
    const auto said = join("Fabrikam", "Oslo", "MAIL2");
    EXPECT_EQ(said.status, 1);
    EXPECT_NE(said.err.find("holds the organization o=Contoso already; to join it: --org Contoso"),
              std::string::npos)
        << said.err;
}

// SiteDN is compared byte for byte (4086): a name in another letter case would never start.
TEST_F(Join, ANameInAnotherLetterCaseIsRefusedWithTheDirectorysSpelling)
{
    EXPECT_NE(join("CONTOSO", "Oslo", "MAIL2").err.find("To join it: --org Contoso"),
              std::string::npos);
    EXPECT_NE(join("Contoso", "OSLO", "MAIL2").err.find("To join it: --site Oslo"),
              std::string::npos);
}

TEST_F(Join, AServerThatExistsIsRefused)
{
    const auto said = join("Contoso", "Oslo", "MAIL1");
    EXPECT_EQ(said.status, 1);
    EXPECT_NE(said.err.find("cn=MAIL1,cn=Servers,cn=Configuration,ou=Oslo,o=Contoso; this server "
                            "is set up already"),
              std::string::npos)
        << said.err;
}

TEST_F(Join, ADomainThatIsNotTheSitesIsRefused)
{
    const auto said = join("Contoso", "Oslo", "MAIL2", "fabrikam.example");
    EXPECT_NE(said.err.find("the site's domain is contoso.example"), std::string::npos) << said.err;
}

TEST(Setup, AsksOnATerminalAndTakesEnterForWhatStandsInBrackets)
{
    const Folder folder;
    const std::string answers = "Contoso\nOslo\ncontoso.example\n\n\n127.0.0.1:2526\n\ny\n";
    const auto said = imc(folder, {"setup", "--server", "MAIL1"}, &answers);
    ASSERT_EQ(said.status, 0) << said.err;
    EXPECT_NE(said.out.find("Alias of the administrator's mailbox [administrator]: "),
              std::string::npos)
        << said.out;
    EXPECT_NE(said.out.find("SiteDN    /o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1"),
              std::string::npos)
        << said.out;
}

TEST(Setup, NothingIsDoneWhenTheQuestionIsDenied)
{
    const Folder folder;
    const std::string answers = "Contoso\nOslo\ncontoso.example\n\n\n\n\nn\n";
    EXPECT_EQ(imc(folder, {"setup"}, &answers).status, 2);
    EXPECT_FALSE(exists(folder.root()));
}

struct Flaw {
    std::vector<std::string> words;
    const char* said;
};

TEST(Setup, EveryFlawNamesItsOptionAndWhatIsExpected)
{
    const Flaw flaws[] = {
        {{}, "--org: missing"},
        {{"--org", "Contoso"}, "--site: missing; give the name, as in --site Oslo"},
        {{"--org", "Contoso", "--site", "Oslo"}, "--domain: missing"},
        {{"--org", "Contoso", "--site", "Oslo", "--domain", "contoso"},
         "--domain: \"contoso\" has 1 label(s)"},
        {{"--org", " Contoso", "--site", "Oslo", "--domain", "contoso.example"},
         "--org: white space at an end"},
    };
    for (const auto& flaw : flaws) {
        const Folder folder;
        auto words = flaw.words;
        words.insert(words.begin(), "setup");
        const auto said = imc(folder, words);
        EXPECT_EQ(said.status, 2) << flaw.said;
        EXPECT_NE(said.err.find(flaw.said), std::string::npos) << said.err;
        EXPECT_FALSE(exists(folder.root()));
    }
    const Flaw more[] = {
        {{"--listen", "1.2.3.4:99999"}, "--listen: \"1.2.3.4:99999\""},
        {{"--admin-listen", "foo:bar"}, "--admin-listen: "},
        {{"--smart-host", "a b"}, "--smart-host: "},
        {{"--host-name", "x"}, "--host-name: \"x\" has 1 label(s)"},
        {{"--admin-mailbox", "a/b"}, "--admin-mailbox: "},
        {{"--base", "foo"}, "--base: "},
        {{"--bind-dn", "cn=a"}, "--bind-dn: is for an LDAP directory; --directory is embedded"},
        {{"--start-tls"}, "--start-tls: is for an LDAP directory"},
        {{"--directory", "ldpa://x"}, "--directory: \"ldpa://x\" found"},
        {{"--directory", "ldap://x", "--bind-dn", "cn=a"}, "--password-file: missing"},
        {{"--directory", "ldap://x", "--bind-dn", "cn=a", "--password-file", "/nowhere"},
         "--password-file: /nowhere: No such file"},
        {{"--directory", "ldap://x", "--bind-dn", "cn=a", "--password-file", "/dev/null"},
         "--password-file: /dev/null is empty"},
        {{"--directory", "ldaps://x", "--start-tls"}, "--start-tls: is for ldap:// URLs"},
    };
    for (const auto& flaw : more) {
        const Folder folder;
        const auto said = set_up(folder, flaw.words);
        EXPECT_EQ(said.status, 2) << flaw.said;
        EXPECT_NE(said.err.find(flaw.said), std::string::npos) << said.err;
        EXPECT_FALSE(exists(folder.root())) << flaw.said;
    }
}

// The names that were not given stay as they are, so that one can be changed alone.
TEST(Setup, ReinstallChangesOnlyTheNamesThatWereGiven)
{
    const Folder folder;
    ASSERT_EQ(set_up(folder).status, 0);
    const auto said = imc(folder, {"setup", "--reinstall", "--org", "Fabrikam"});
    ASSERT_EQ(said.status, 0) << said.err;
    EXPECT_NE(said.out.find("SiteDN = /o=Fabrikam/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1"),
              std::string::npos)
        << said.out;
    EXPECT_NE(said.out.find("nothing was changed yet"), std::string::npos);
}

}  // namespace
}  // namespace imc::cli
