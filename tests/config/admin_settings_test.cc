#include "config/admin_settings.h"

#include <gtest/gtest.h>

namespace imc::config {
namespace {

TEST(Administrators, RowIsARoleAnAccountAndForTheHelpDeskADomain)
{
    EXPECT_EQ(*parse_administrator("administrator ann"),
              (AdministratorRow{"administrator", "ann", ""}));
    EXPECT_EQ(*parse_administrator("  Operator  bob@contoso.example "),
              (AdministratorRow{"operator", "bob@contoso.example", ""}));
    EXPECT_EQ(*parse_administrator("view cn=Ann Lee,ou=Oslo,o=Contoso"),
              (AdministratorRow{"view", "cn=Ann Lee,ou=Oslo,o=Contoso", ""}));
    EXPECT_EQ(*parse_administrator("help_desk cn=Ann Lee,o=Contoso @Contoso.example"),
              (AdministratorRow{"help_desk", "cn=Ann Lee,o=Contoso", "contoso.example"}));
}

TEST(Administrators, RowThatCannotBeReadSaysWhatIsExpected)
{
    for (const char* text :
         {"", "ann", "king ann", "administrator", "view ", "help_desk @x.example",
          "operator ann @x.example", "help_desk ann @-"}) {
        const auto row = parse_administrator(text);
        ASSERT_FALSE(row) << text;
        EXPECT_EQ(row.error().event(), EventId::value_invalid) << text;
    }
}

TEST(AdminListen, LoopbackIsLoopbackAndNothingElseIs)
{
    for (const char* address : {"127.0.0.1", "127.5.5.5", "::1"})
        EXPECT_TRUE((AdminListen{address, 80}.is_loopback())) << address;
    for (const char* address : {"0.0.0.0", "::", "192.0.2.1", "128.0.0.1", "2001:db8::1"})
        EXPECT_FALSE((AdminListen{address, 80}.is_loopback())) << address;
    EXPECT_EQ((AdminListen{"::1", 80}.to_string()), "[::1]:80");
}

/// Texts of the registry by name.
class Settings final : public SettingsView {
public:
    std::optional<std::string> text(std::string_view name) const override
    {
        return name == "AdminListen" ? std::optional{listen} : std::nullopt;
    }
    std::optional<std::uint64_t> number(std::string_view name) const override
    {
        if (name == "AuditLogDays") return audit_days;
        return name == "AdminIdleMinutes" ? std::optional<std::uint64_t>{5} : std::nullopt;
    }
    std::optional<std::vector<std::string>> list(std::string_view name) const override
    {
        return name == "AdminHosts" ? std::optional{hosts} : std::nullopt;
    }
    std::string all() const override { return {}; }

    std::string listen;
    std::vector<std::string> hosts;
    std::optional<std::uint64_t> audit_days;
};

TEST(AdminSettings, AreReadFromTheRegistry)
{
    Settings settings;
    settings.listen = "127.0.0.1:8025";
    settings.hosts = {"Admin.Example.org", ""};
    AdminFlaws flaws;
    const auto read = read_admin_settings(settings, flaws);
    ASSERT_TRUE(read.listen);
    EXPECT_EQ(read.listen->to_string(), "127.0.0.1:8025");
    EXPECT_EQ(read.hosts, std::vector<std::string>{"admin.example.org"});
    EXPECT_EQ(read.idle, std::chrono::minutes{5});
    EXPECT_EQ(read.longest, std::chrono::hours{12});
    EXPECT_EQ(read.audit, std::chrono::days{365});
    settings.audit_days = 0;
    EXPECT_EQ(read_admin_settings(settings, flaws).audit, std::chrono::days{0}) << "all are kept";
    EXPECT_EQ(flaws.listen, "");
}

TEST(AdminSettings, EmptyListenIsNoneAndAMailListenersWordsAreAFlaw)
{
    Settings settings;
    AdminFlaws flaws;
    EXPECT_FALSE(read_admin_settings(settings, flaws).listen);
    EXPECT_EQ(flaws.listen, "");
    for (const char* text :
         {"127.0.0.1:8025 tls=none", "127.0.0.1:0", "here:80", "127.0.0.1:80,mx"}) {
        settings.listen = text;
        AdminFlaws found;
        EXPECT_FALSE(read_admin_settings(settings, found).listen) << text;
        EXPECT_NE(found.listen, "") << text;
    }
    settings.listen = "";
    settings.hosts = {"https://x", "a b"};
    AdminFlaws found;
    EXPECT_TRUE(read_admin_settings(settings, found).hosts.empty());
    EXPECT_EQ(found.hosts.size(), 2u);
}

}  // namespace
}  // namespace imc::config
