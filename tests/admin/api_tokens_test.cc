#include "admin/api_tokens.h"

#include "admin/emergency_account.h"
#include "admin/moved_clocks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace imc::admin {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

struct World {
    TemporaryFolder folder;
    MovedWall clock;
    std::string path = folder / "secrets/admin-tokens";
    ApiTokens tokens{path, real_files(), clock};

    std::string add(const std::string& name, Role role = Role::view, unsigned for_days = 10)
    {
        const auto made = tokens.add({name, role, {}, for_days, "ann"});
        return made ? made->text : "error " + made.error().to_string();
    }
};

TEST(ApiTokens, TokenIsFoundByItsTextWithItsRole)
{
    World w;
    const auto text = w.add("backup", Role::operates);
    ASSERT_TRUE(text.starts_with("imc_")) << text;
    const auto seen = w.tokens.find(text);
    ASSERT_TRUE(seen && seen->token);
    EXPECT_EQ(seen->token->name, "backup");
    EXPECT_EQ(seen->token->role, Role::operates);
    EXPECT_EQ(seen->token->by, "ann");
    EXPECT_TRUE(seen->first);
    EXPECT_FALSE(w.tokens.find(text)->first);
    EXPECT_FALSE(w.tokens.find(text + "0")->token);
    EXPECT_FALSE(w.tokens.find("")->token);
}

TEST(ApiTokens, ExpiredOneIsRefusedBySayingSo)
{
    World w;
    const auto text = w.add("backup", Role::view, 1);
    w.clock.time += days{1} - 1ms;
    EXPECT_TRUE(w.tokens.find(text)->token);
    w.clock.time += 1ms;
    const auto seen = w.tokens.find(text);
    EXPECT_FALSE(seen->token);
    EXPECT_NE(seen->why.find("backup expired"), std::string::npos) << seen->why;
}

TEST(ApiTokens, FileKeepsNoTokenAndIsForItsOwnerOnly)
{
    World w;
    const auto text = w.add("backup");
    const auto content = read_file(real_files(), w.path);
    ASSERT_TRUE(content);
    EXPECT_EQ(content->find(text), std::string::npos);
    EXPECT_EQ(content->find(text.substr(4)), std::string::npos);
    EXPECT_EQ(real_files().status(w.path)->mode, 0600u);
}

TEST(ApiTokens, AnotherProcessesChangeIsSeenByTheNextQuestion)
{
    World w;
    const auto text = w.add("backup");
    ApiTokens other{w.path, real_files(), w.clock};
    EXPECT_TRUE(other.find(text)->token);
    ASSERT_TRUE(w.tokens.remove("backup"));
    EXPECT_FALSE(other.find(text)->token);
}

TEST(ApiTokens, FileThatIsAsItWasIsNotReadAgain)
{
    World w;
    const auto text = w.add("backup");
    const auto long_ago = std::filesystem::last_write_time(w.path) - 1h;
    std::filesystem::last_write_time(w.path, long_ago);
    ASSERT_TRUE(w.tokens.find(text)->token);
    auto content = read_file(real_files(), w.path).value();
    content.replace(content.find("backup"), 6, "BACKUP");
    // In place, as long and as old as before: only whoever reads can see it.
    std::ofstream{w.path, std::ios::binary | std::ios::in} << content;
    std::filesystem::last_write_time(w.path, long_ago);
    EXPECT_EQ(w.tokens.find(text)->token->name, "backup");
    std::filesystem::last_write_time(w.path, long_ago + 1min);
    EXPECT_EQ(w.tokens.find(text)->token->name, "BACKUP");
}

TEST(ApiTokens, TokenHoldsUntilItIsDeletedOrExpires)
{
    World w;
    const auto deleted = w.tokens.find(w.add("deleted"))->token->hash;
    const auto brief = w.tokens.find(w.add("brief", Role::view, 1))->token->hash;
    EXPECT_TRUE(w.tokens.holds(deleted));
    ASSERT_TRUE((ApiTokens{w.path, real_files(), w.clock}.remove("deleted")));
    w.tokens.look();
    EXPECT_FALSE(w.tokens.holds(deleted));
    EXPECT_TRUE(w.tokens.holds(brief));
    w.clock.time += days{1};
    EXPECT_FALSE(w.tokens.holds(brief));
}

// It would be silently of all domains.
TEST(ApiTokens, OnlyAHelpDeskIsOfADomain)
{
    World w;
    EXPECT_FALSE(w.tokens.add({"a", Role::operates, "contoso.example", 10, "ann"}));
    EXPECT_FALSE(w.tokens.add({"b", Role::view, "contoso.example", 10, "ann"}));
    EXPECT_TRUE(w.tokens.add({"c", Role::help_desk, "contoso.example", 10, "ann"}));
}

TEST(ApiTokens, NameIsTakenOnceAndOfAFewCharacters)
{
    World w;
    (void)w.add("backup");
    EXPECT_NE(w.add("backup").find("already"), std::string::npos);
    EXPECT_NE(w.add("a b").find("no name"), std::string::npos);
    EXPECT_NE(w.add("").find("no name"), std::string::npos);
    EXPECT_NE(w.add("x", Role::view, 0).find("1 to 3650"), std::string::npos);
    EXPECT_NE(w.add("x", Role::nobody).find("role"), std::string::npos);
    EXPECT_FALSE(w.tokens.remove("nobody"));
    EXPECT_EQ(w.tokens.list()->size(), 1u);
}

TEST(ApiTokens, FileThatOthersMayReadOrThatIsBrokenOpensNothing)
{
    World w;
    const auto text = w.add("backup");
    std::filesystem::permissions(w.path, std::filesystem::perms{0640});
    ASSERT_FALSE(w.tokens.find(text));
    EXPECT_EQ(w.tokens.find(text).error().event(), EventId::admin_secret_unusable);
    std::filesystem::permissions(w.path, std::filesystem::perms{0600});
    std::ofstream{w.path, std::ios::app} << "{\"name\":\"x\"}\n";
    ASSERT_FALSE(w.tokens.find(text));
    EXPECT_NE(w.tokens.find(text).error().detail().find("line 2"), std::string::npos);
}

TEST(EmergencyAccount, HasNoPasswordUntilOneIsSet)
{
    const TemporaryFolder folder;
    const EmergencyAccount account{folder / "secrets/admin-password"};
    EXPECT_FALSE(*account.is_set());
    EXPECT_FALSE(*account.check(""));
    EXPECT_FALSE(*account.check("-"));
    ASSERT_TRUE(account.set("correct horse"));
    EXPECT_TRUE(*account.is_set());
    EXPECT_TRUE(*account.check("correct horse"));
    EXPECT_FALSE(*account.check("correct hors"));
    EXPECT_EQ(real_files().status(folder / "secrets/admin-password")->mode, 0600u);
    ASSERT_TRUE(account.remove());
    EXPECT_FALSE(*account.check("correct horse"));
    EXPECT_TRUE(account.remove());
}

TEST(EmergencyAccount, FileWithoutAHashIsAnErrorNotAPassword)
{
    const TemporaryFolder folder;
    const EmergencyAccount account{folder / "admin-password"};
    ASSERT_TRUE(write_file_atomically(real_files(), folder / "admin-password", "secret\n"));
    const auto checked = account.check("secret");
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().event(), EventId::admin_secret_unusable);
    EXPECT_EQ(checked.error().detail().find("secret\n"), std::string::npos);
}

}  // namespace
}  // namespace imc::admin
