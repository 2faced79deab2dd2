#include "admin/api_tokens.h"
#include "admin/emergency_account.h"
#include "base/files.h"
#include "cli/run.h"

#include <gtest/gtest.h>

namespace imc::cli {
namespace {

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

std::string audit_of(const Folder& folder)
{
    std::string out;
    const auto place = Paths{folder.root()}.audit();
    const auto names = real_files().list(place);
    if (!names) return out;
    for (const auto& name : *names)
        if (name.ends_with(".log")) out += read_file(real_files(), place + "/" + name).value();
    return out;
}

TEST(AdminCommand, TokensAreMadeListedAndDeletedWhileNoServiceRuns)
{
    const Folder folder;
    ASSERT_EQ(set_up(folder).status, 0);
    EXPECT_TRUE(has(imc(folder, {"admin", "token", "ls"}).out, "There is no token."));
    const auto made =
        imc(folder, {"admin", "token", "add", "backup", "--role", "operator", "--days", "7"});
    ASSERT_EQ(made.status, 0) << made.err;
    ASSERT_TRUE(made.out.starts_with("imc_")) << made.out;
    EXPECT_TRUE(has(made.out, "Undo: imc admin token delete backup --root ")) << made.out;
    admin::ApiTokens tokens{Paths{folder.root()}.admin_tokens()};
    const auto seen = tokens.find(made.out.substr(0, made.out.find('\n')));
    ASSERT_TRUE(seen && seen->token);
    EXPECT_EQ(seen->token->role, admin::Role::operates);
    const auto list = imc(folder, {"admin", "token", "ls"});
    EXPECT_TRUE(has(list.out, "backup") && has(list.out, "operator")) << list.out;
    EXPECT_FALSE(has(list.out, "imc_"));
    EXPECT_EQ(imc(folder, {"admin", "token", "delete", "backup"}).status, 0);
    EXPECT_EQ(imc(folder, {"admin", "token", "delete", "backup"}).status, 1);
    EXPECT_TRUE(tokens.list()->empty());
    const auto audit = audit_of(folder);
    EXPECT_TRUE(has(audit, "\"action\":\"token.add\"")) << audit;
    EXPECT_TRUE(has(audit, "\"action\":\"token.delete\"")) << audit;
    EXPECT_FALSE(has(audit, "imc_"));
}

TEST(AdminCommand, RoleOfATokenIsOneOfFour)
{
    const Folder folder;
    ASSERT_EQ(set_up(folder).status, 0);
    EXPECT_EQ(imc(folder, {"admin", "token", "add", "x", "--role", "king"}).status, 2);
    EXPECT_EQ(imc(folder, {"admin", "token", "add", "x"}).status, 2);
    EXPECT_EQ(imc(folder, {"admin", "token", "add", "a b", "--role", "view"}).status, 1);
}

TEST(AdminCommand, PasswordOfTheEmergencyAccountIsKeptAsAHash)
{
    const Folder folder;
    ASSERT_EQ(set_up(folder).status, 0);
    const std::string typed = "correct horse\n";
    const auto set = imc(folder, {"admin", "password", "--password-file", "-"}, &typed);
    ASSERT_EQ(set.status, 0) << set.err;
    const admin::EmergencyAccount account{Paths{folder.root()}.admin_password()};
    EXPECT_TRUE(*account.check("correct horse"));
    EXPECT_FALSE(has(audit_of(folder), "horse"));
    EXPECT_EQ(imc(folder, {"admin", "password", "--delete"}).status, 0);
    EXPECT_FALSE(*account.is_set());
}

TEST(AdminCommand, LinkNeedsTheServiceAndSaysSo)
{
    const Folder folder;
    ASSERT_EQ(set_up(folder).status, 0);
    const auto said = imc(folder, {"admin", "link"});
    EXPECT_EQ(said.status, 1);
    EXPECT_TRUE(has(said.err, "does not run")) << said.err;
}

// Setup makes the account of the administrator's mailbox the first administrator.
TEST(AdminCommand, ListNamesWhoMaySignIn)
{
    const Folder folder;
    ASSERT_EQ(set_up(folder).status, 0);
    const auto said = imc(folder, {"admin", "ls"});
    ASSERT_EQ(said.status, 0) << said.err;
    EXPECT_TRUE(has(said.out, "administrator   administrator  (imcAdministrator)")) << said.out;
}

TEST(AdminCommand, WithoutASetUpNothingIsWritten)
{
    const Folder folder;
    const auto said = imc(folder, {"admin", "token", "add", "x", "--role", "view"});
    EXPECT_EQ(said.status, 1);
    EXPECT_TRUE(has(said.err, "does not exist")) << said.err;
    EXPECT_FALSE(real_files().status(folder.root()));
}

TEST(Setup, PagesAreOnLoopbackUnlessSaidOtherwise)
{
    const Folder usual;
    ASSERT_EQ(set_up(usual).status, 0);
    const auto registry = [](const Folder& folder) {
        return read_file(real_files(), Paths{folder.root()}.registry()).value();
    };
    EXPECT_TRUE(has(registry(usual), "\"AdminListen\"=\"127.0.0.1:8025\""));
    const Folder none;
    ASSERT_EQ(set_up(none, {"--admin-listen", "none"}).status, 0);
    EXPECT_FALSE(has(registry(none), "AdminListen"));
}

}  // namespace
}  // namespace imc::cli
