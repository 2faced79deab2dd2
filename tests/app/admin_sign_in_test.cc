#include "app/service/admin_sign_in.h"

#include "app/account_tree.h"
#include "event/sinks.h"
#include "kit/coroutine.h"

#include <gtest/gtest.h>

namespace imc::app {
namespace {

using namespace std::chrono_literals;
using admin::Role;
using Outcome = admin::SignIn::Outcome;
using kit::AccountTree;

/// A desk whose clock a test moves, and which waits for nothing but says until when.
struct Bench {
    AccountTree tree{AccountTree::Engine::embedded};
    std::shared_ptr<Ring> ring = std::make_shared<Ring>();
    EventLog events;
    boost::asio::io_context io;
    boost::asio::thread_pool pool{1};
    AdminKeep keep{Paths{tree.folder}, events};
    AdminSignIn::Clock::time_point now{1000h};
    std::vector<std::chrono::milliseconds> waits;
    AdminSignIn desk{keep, events, pool,
                     [this](AdminSignIn::Clock::time_point until) -> boost::asio::awaitable<void> {
                         waits.push_back(
                             std::chrono::duration_cast<std::chrono::milliseconds>(until - now));
                         co_return;
                     },
                     [this] { return now; }};

    Bench()
    {
        events.add(ring_sink(ring));
        use({{"administrator", "ann", ""},
             {"help_desk", "eve@contoso.example", "contoso.example"}});
    }
    ~Bench() { pool.join(); }

    void use(std::vector<config::AdministratorRow> rows)
    {
        desk.use(std::move(rows), {},
                 std::make_shared<Accounts>(tree.directory, tree.organization()), nullptr);
    }
    admin::SignIn judge(const std::string& account, const std::string& password,
                        const std::string& address = "192.0.2.1")
    {
        admin::PasswordGiven given{account, password, address, address + ":50000"};
        return kit::run(io, desk.judge(std::move(given)));
    }
    std::size_t count(EventId id) const
    {
        std::size_t out = 0;
        for (const auto& record : ring->records())
            out += record.id == id ? 1 : 0;
        return out;
    }
    std::string last(EventId id) const
    {
        std::string out;
        for (const auto& record : ring->records())
            if (record.id == id) out = record.description;
        return out;
    }
};

TEST(AdminSignIn, AccountOnTheListGetsItsRole)
{
    Bench b;
    const auto ann = b.judge("ann", "pencil");
    EXPECT_EQ(ann.outcome, Outcome::proved);
    EXPECT_EQ(ann.who.role, Role::administrator);
    EXPECT_EQ(ann.who.account, "ann");
    EXPECT_TRUE(ann.in_directory);
    const auto eve = b.judge("eve", "rubber");
    EXPECT_EQ(eve.who.role, Role::help_desk);
    EXPECT_EQ(eve.who.domain, "contoso.example");
}

TEST(AdminSignIn, RowMayNameTheAccountByAliasAddressOrDnAndTheMostRightsHold)
{
    Bench b;
    for (const auto& name : {std::string{"ANN"}, std::string{"ann.b@contoso.example"},
                             b.tree.person("ann").to_rfc4514()}) {
        b.use({{"view", name, ""}});
        EXPECT_EQ(b.judge("ann", "pencil").who.role, Role::view) << name;
    }
    b.use({{"view", "ann", ""}, {"operator", "ann", ""}, {"help_desk", "ann", ""}});
    EXPECT_EQ(b.judge("ann.b@contoso.example", "pencil").who.role, Role::operates);
}

TEST(AdminSignIn, RightPasswordOfAnAccountThatIsNotOnTheListIsRefusedLikeAWrongOne)
{
    Bench b;
    b.use({{"administrator", "bob", ""}});
    EXPECT_EQ(b.judge("ann", "pencil").outcome, Outcome::refused);
    EXPECT_NE(b.last(EventId::admin_sign_in_failed).find("not named in imcAdministrator"),
              std::string::npos);
    EXPECT_EQ(b.judge("nobody", "x").outcome, Outcome::refused);
}

TEST(AdminSignIn, NameOfTwoObjectsIsNeitherRightNorWrongAndLocksNobody)
{
    Bench b;
    for (int i = 0; i < 30; ++i) {
        const auto twin = b.judge("twin", "pencil");
        EXPECT_EQ(twin.outcome, Outcome::cannot_say);
        EXPECT_EQ(twin.why.to_string().find("cn="), std::string::npos) << "he may be anybody";
    }
    EXPECT_EQ(b.count(EventId::account_not_unique), 1u);
    EXPECT_NE(b.last(EventId::account_not_unique).find("cn=twin2"), std::string::npos);
    EXPECT_EQ(b.count(EventId::admin_sign_in_failed), 0u);
    EXPECT_EQ(b.judge("ann", "pencil").outcome, Outcome::proved);
}

// Each "no" takes twice as long; the sixth attempt is not looked at.
TEST(AdminSignIn, FiveFailuresLockTheNameAndTheLockIsSaidOnce)
{
    Bench b;
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(b.judge("ann", "wrong").outcome, Outcome::refused) << i;
    ASSERT_EQ(b.waits.size(), 5u);
    EXPECT_EQ(b.waits.front(), 1000ms);
    EXPECT_EQ(b.waits.back(), 16'000ms);
    const auto locked = b.judge("ann", "pencil");
    EXPECT_EQ(locked.outcome, Outcome::locked);
    EXPECT_EQ(locked.retry_after, 900s);
    EXPECT_EQ(b.judge("ann", "pencil").outcome, Outcome::locked);
    EXPECT_EQ(b.count(EventId::admin_sign_in_failed), 5u);
    EXPECT_EQ(b.count(EventId::admin_sign_in_locked), 1u);
    b.now += 901s;
    EXPECT_EQ(b.judge("ann", "pencil").outcome, Outcome::proved);
}

TEST(AdminSignIn, GuessesOfManyNamesLockTheAddress)
{
    Bench b;
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(b.judge("x" + std::to_string(i), "wrong").outcome, Outcome::refused) << i;
    EXPECT_EQ(b.judge("ann", "pencil").outcome, Outcome::locked);
    EXPECT_EQ(b.judge("ann", "pencil", "192.0.2.2").outcome, Outcome::proved);
}

TEST(AdminSignIn, EmergencyAccountIsOutsideTheDirectoryAndWorksWithoutIt)
{
    Bench b;
    EXPECT_EQ(b.judge("emergency", "axe").outcome, Outcome::refused);
    ASSERT_TRUE(b.keep.emergency.set("axe"));
    b.desk.use({}, {}, nullptr, nullptr);
    const auto in = b.judge("Emergency", "axe");
    EXPECT_EQ(in.outcome, Outcome::proved);
    EXPECT_EQ(in.who.role, Role::administrator);
    EXPECT_FALSE(in.in_directory);
    EXPECT_EQ(b.judge("emergency", "ax").outcome, Outcome::refused);
}

TEST(AdminSignIn, EmergencyFileThatCannotBeUsedIsSaidAndOpensNothing)
{
    Bench b;
    ASSERT_TRUE(b.keep.emergency.set("axe"));
    std::filesystem::permissions(Paths{b.tree.folder}.admin_password(),
                                 std::filesystem::perms{0644});
    EXPECT_EQ(b.judge("emergency", "axe").outcome, Outcome::refused);
    EXPECT_EQ(b.count(EventId::admin_secret_unusable), 1u);
}

// Nobody is locked out because nobody could look.
TEST(AdminSignIn, WhileTheDirectoryIsNotKnownNobodyCanSayAndNothingIsCounted)
{
    Bench b;
    b.desk.use({}, {}, nullptr, nullptr);
    for (int i = 0; i < 10; ++i) {
        const auto held = b.judge("ann", "pencil");
        EXPECT_EQ(held.outcome, Outcome::cannot_say);
        EXPECT_NE(held.why.detail().find("imc admin link"), std::string::npos);
    }
    b.use({{"administrator", "ann", ""}});
    EXPECT_EQ(b.judge("ann", "pencil").outcome, Outcome::proved);
}

TEST(AdminSignIn, StandingFollowsTheList)
{
    Bench b;
    EXPECT_EQ(b.desk.standing("ann").role, Role::nobody) << "has not signed in";
    (void)b.judge("ann", "pencil");
    EXPECT_EQ(b.desk.standing("ann").role, Role::administrator);
    b.use({{"operator", b.tree.person("ann").to_rfc4514(), ""}});
    EXPECT_EQ(b.desk.standing("ann").role, Role::operates);
    b.use({});
    EXPECT_EQ(b.desk.standing("ann").role, Role::nobody);
}

TEST(AdminSignIn, WhoHasAnotherPasswordOrIsGoneIsSignedOut)
{
    Bench b;
    const auto open = [&b](const std::string& account, const std::string& password) {
        const auto in = b.judge(account, password);
        EXPECT_EQ(in.outcome, Outcome::proved);
        return b.keep.sessions.open(in.who, in.in_directory).id;
    };
    const auto ann = open("ann", "pencil"), eve = open("eve", "rubber");
    b.desk.judge_again(after(10s));
    EXPECT_EQ(b.keep.sessions.size(), 2u) << "nothing has changed";
    b.tree.set("ann", "userPassword", new_user_passwords("crayon"));
    b.desk.judge_again(after(10s));
    EXPECT_FALSE(b.keep.sessions.find(ann));
    EXPECT_TRUE(b.keep.sessions.find(eve));
    b.tree.set("eve", "mailNickname", {"someone-else"});
    b.desk.judge_again(after(10s));
    EXPECT_FALSE(b.keep.sessions.find(eve));
}

TEST(AdminSignIn, SigningInWithAnotherPasswordEndsWhatTheOldOneOpened)
{
    Bench b;
    const auto old = b.keep.sessions.open(b.judge("ann", "pencil").who, true).id;
    b.tree.set("ann", "userPassword", new_user_passwords("crayon"));
    const auto in = b.judge("ann", "crayon");
    EXPECT_EQ(in.outcome, Outcome::proved);
    EXPECT_FALSE(b.keep.sessions.find(old));
}

TEST(AdminSignIn, WhileTheDirectoryIsSilentNobodyIsSignedOut)
{
    Bench b;
    const auto ann = b.keep.sessions.open(b.judge("ann", "pencil").who, true).id;
    b.desk.use({{"administrator", "ann", ""}}, {},
               std::make_shared<Accounts>(
                   ldap_directory({.urls = {"ldap://127.0.0.1:1"}, .base = "o=Contoso"}),
                   b.tree.organization()),
               nullptr);
    b.desk.judge_again(after(2s));
    EXPECT_TRUE(b.keep.sessions.find(ann));
}

TEST(AdminSignIn, ListNamesTheRowsAndTheEmergencyAccount)
{
    Bench b;
    EXPECT_EQ(b.desk.administrators().size(), 2u);
    ASSERT_TRUE(b.keep.emergency.set("axe"));
    ASSERT_EQ(b.desk.administrators().size(), 3u);
    EXPECT_EQ(b.desk.administrators().back().account, "emergency");
}

TEST(AdminSignIn, NameThatMailClientsHaveLockedIsLockedHereToo)
{
    Bench b;
    smtp::sasl::Attempts smtp{{.account_failures = 2}};
    b.desk.use({{"administrator", "ann", ""}}, {},
               std::make_shared<Accounts>(b.tree.directory, b.tree.organization()), &smtp);
    EXPECT_EQ(b.judge("ann", "wrong").outcome, Outcome::refused);
    EXPECT_EQ(b.judge("ann", "wrong").outcome, Outcome::refused);
    EXPECT_EQ(b.judge("ann", "pencil").outcome, Outcome::locked);
}

}  // namespace
}  // namespace imc::app
