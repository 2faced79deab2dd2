#include "config/profiles.h"

#include "config/parse.h"
#include "config/password_file.h"

#include "base/files.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace imc::config {
namespace {

using Kind = ProfileLayer::Kind;
using Values = std::map<std::string, std::vector<std::string>>;

ProfileLayer object(const std::string& domain, Values values)
{
    ProfileLayer out{Kind::object, domain, true, "cn=" + domain, std::move(values)};
    out.subdomains = !out.values.contains("imcSubdomains");
    return out;
}

ProfileLayer row(const std::string& text) { return layer_of(*parse_delivery_row(text, 1)); }

Config config_of(std::vector<ProfileLayer> layers, Values connector = {})
{
    layers.insert(layers.begin(),
                  ProfileLayer{Kind::connector, "*", true, "the connector", std::move(connector)});
    Config config;
    auto resolved = resolve_profiles(layers, DomainProfile{}, "/secrets");
    EXPECT_TRUE(resolved.flaws.empty());
    config.profiles = DomainTable<DomainProfile>(std::move(resolved.profiles));
    return config;
}

std::string host_of(const Config& config, const std::string& domain)
{
    const auto profile = profile_for(config, domain);
    return profile.hosts.empty() ? "dns" : profile.hosts.front().name;
}

std::string source_of(const DomainProfile& profile, const std::string& attribute)
{
    for (const auto& origin : profile.origins)
        if (origin.attribute == attribute) return origin.source;
    return {};
}

TEST(Profiles, EachValueComesFromTheClosestThatSaysIt)
{
    const auto config = config_of(
        {object("*", {{"imcTls", {"encrypt"}}}),
         object("example.net", {{"imcSmartHost", {"relay:26"}}, {"imcMaxConnections", {"3"}}}),
         object("a.example.net", {{"imcTls", {"verify"}}})},
        {{"imcMaxConnections", {"9"}}, {"imcRetryHours", {"1"}}});
    const auto a = profile_for(config, "x.a.example.net");
    EXPECT_EQ(a.tls, OutboundTls::verify);
    EXPECT_EQ(a.hosts, (std::vector<Host>{{"relay", 26}}));
    EXPECT_EQ(a.connections, 3u);
    EXPECT_EQ(a.retry[0].after, std::vector<std::chrono::seconds>{std::chrono::hours{1}});
    EXPECT_EQ(source_of(a, "imcTls"), "cn=a.example.net");
    EXPECT_EQ(source_of(a, "imcSmartHost"), "cn=example.net");
    EXPECT_EQ(source_of(a, "imcRetryHours"), "the connector");
    const auto other = profile_for(config, "example.org");
    EXPECT_EQ(other.domain, "*");
    EXPECT_EQ(other.tls, OutboundTls::encrypt);
    EXPECT_EQ(other.connections, 9u);
    EXPECT_TRUE(other.hosts.empty());
}

// docs/formats/delivery-routing.md
TEST(Profiles, RowWinsOverAWiderObjectAndLosesToItsOwn)
{
    const auto config = config_of(
        {row("example.net;from.row;host"), object("net", {{"imcSmartHost", {"from.net"}}}),
         row("example.org;from.row;host"),
         object("example.org", {{"imcSmartHost", {"from.object"}}}),
         row("example.com;from.row;host"), object("example.com", {{"imcTls", {"none"}}}),
         row("mx.example.com;;dns")},
        {{"imcSmartHost", {"from.connector"}}});
    EXPECT_EQ(host_of(config, "example.net"), "from.row");
    EXPECT_EQ(host_of(config, "other.net"), "from.net");
    EXPECT_EQ(host_of(config, "example.org"), "from.object");
    EXPECT_EQ(host_of(config, "example.com"), "from.row");
    EXPECT_EQ(host_of(config, "mx.example.com"), "dns");
    EXPECT_EQ(host_of(config, "example.edu"), "from.connector");
}

// per-domain-table-large (Q182522): each row once was compared with each other one.
TEST(Profiles, RegressionPerDomainTableLarge)
{
    std::vector<ProfileLayer> layers{
        {ProfileLayer{Kind::connector, "*", true, "the connector", {}}}};
    std::vector<std::string> rows;
    for (int i = 0; i < 50'000; ++i) {
        const auto domain = "d" + std::to_string(i) + ".example";
        rows.push_back(domain + ";relay" + std::to_string(i) + ".example:2525;host");
        auto read = parse_delivery_row(rows.back(), rows.size());
        ASSERT_TRUE(read);
        ASSERT_EQ(read->text, rows.back());
        layers.push_back(layer_of(*read));
    }
    layers.push_back(row("#sub.d7.example;only.example;host"));
    const auto begun = std::chrono::steady_clock::now();
    const auto resolved = resolve_profiles(layers, DomainProfile{}, "/secrets");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{20})
        << "a comparison of each with each takes minutes";
    EXPECT_TRUE(resolved.flaws.empty());
    ASSERT_EQ(resolved.profiles.size(), 50'002U);
    Config config;
    config.profiles = DomainTable<DomainProfile>(resolved.profiles);
    EXPECT_EQ(host_of(config, "d49999.example"), "relay49999.example");
    EXPECT_EQ(host_of(config, "mail.d7.example"), "relay7.example");
    EXPECT_EQ(host_of(config, "sub.d7.example"), "only.example");
    EXPECT_EQ(host_of(config, "below.sub.d7.example"), "relay7.example");
    EXPECT_EQ(host_of(config, "nod7.example"), "dns");
}

TEST(Profiles, OneForThisNameOnlyIsNobodyElses)
{
    const auto config = config_of(
        {row("#example.net;exact;host"), row("example.net;all;host"),
         object("a.example.net", {{"imcSubdomains", {"FALSE"}}, {"imcSmartHost", {"dns"}}})});
    EXPECT_EQ(host_of(config, "example.net"), "exact");
    EXPECT_EQ(host_of(config, "b.example.net"), "all");
    EXPECT_EQ(host_of(config, "a.example.net"), "dns");
    EXPECT_EQ(host_of(config, "x.a.example.net"), "all");
    EXPECT_EQ(host_of(config, "notexample.net"), "dns");
}

TEST(Profiles, PlansOfThePrioritiesKeepTheirProportion)
{
    using namespace std::chrono;
    const auto profile =
        profile_for(config_of({object("a.example", {{"imcMessageTimeoutHours", {"48"}},
                                                    {"imcMessageTimeoutHoursUrgent", {"2"}},
                                                    {"imcNoticeHours", {"4"}},
                                                    {"imcNoticeHoursNonUrgent", {"0"}}})}),
                    "a.example");
    EXPECT_EQ(profile.retry[0].timeout, hours{2});
    EXPECT_EQ(profile.retry[1].timeout, hours{48});
    EXPECT_EQ(profile.retry[2].timeout, hours{72});
    EXPECT_EQ(profile.retry[0].notice_after, std::vector<seconds>{hours{1}});
    EXPECT_EQ(profile.retry[1].notice_after, std::vector<seconds>{hours{4}});
    EXPECT_TRUE(profile.retry[2].notice_after.empty());
}

TEST(Profiles, OnlyWhatIsCarriedAlikeSharesAQueue)
{
    const auto config =
        config_of({row("a.example;relay;host"), row("b.example;relay;host"),
                   object("c.example", {{"imcSmartHost", {"relay"}}, {"imcTls", {"verify"}}})});
    EXPECT_EQ(profile_for(config, "a.example").carrier, "");
    EXPECT_EQ(profile_for(config, "b.example").carrier, "");
    EXPECT_EQ(profile_for(config, "c.example").carrier, "c.example");
}

TEST(Profiles, ValueThatNobodyUnderstandsIsAFlawOfWhoSaysIt)
{
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"imcTls", "maybe"},
        {"imcSmartHost", "a b"},
        {"imcAuthPasswordFile", "/etc/passwd"},
        {"imcAuthPasswordFile", "../x"},
        {"imcEightBit", "yes"},
        {"imcSourceAddress", "relay"},
        {"imcMaxConnections", "0"},
        {"imcMessagesPerConnection", "x"},
        {"imcRetryHours", "101"},
        {"imcMessageTimeoutHours", "0"},
        {"imcNoticeHoursUrgent", "-1"},
        {"imcHoldForEtrn", "1"},
        {"imcMaxMessageKB", "-1"},
        {"imcSubdomains", "no"}};
    for (const auto& [attribute, value] : wrong) {
        const auto resolved = resolve_profiles(
            {object("a.example", {{attribute, {value}}}), object("b.a.example", {})}, {},
            "/secrets");
        ASSERT_EQ(resolved.flaws.size(), 1u) << attribute << " " << value;
        EXPECT_EQ(resolved.flaws[0].layer, 0u);
        EXPECT_EQ(resolved.flaws[0].attribute, attribute);
        EXPECT_NE(resolved.flaws[0].found, "");
        EXPECT_NE(resolved.flaws[0].expected, "");
    }
    const auto two_of_a_kind = resolve_profiles(
        {object("a", {{"imcSourceAddress", {"192.0.2.1", "192.0.2.2"}}})}, {}, "/secrets");
    EXPECT_EQ(two_of_a_kind.flaws.size(), 1u);
}

TEST(Profiles, UserOfAWiderDomainCanBeTakenBack)
{
    const auto config = config_of(
        {object("*", {{"imcAuthUser", {"ann"}}, {"imcAuthPasswordFile", {"relay.password"}}}),
         object("a.example", {{"imcAuthUser", {"-"}}})});
    EXPECT_EQ(profile_for(config, "b.example").auth_user, "ann");
    EXPECT_EQ(profile_for(config, "b.example").auth_password_file, "/secrets/relay.password");
    EXPECT_EQ(profile_for(config, "a.example").auth_user, "");
}

TEST(PasswordFile, IsOneLineForItsOwnerOnly)
{
    auto pattern = (std::filesystem::temp_directory_path() / "imc-password-XXXXXX").string();
    const std::string folder = ::mkdtemp(pattern.data());
    const auto path = folder + "/p";
    const auto write = [&](const std::string& text, unsigned mode) {
        std::ofstream{path, std::ios::trunc} << text;
        std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
    };
    EXPECT_NE(password_file_flaw(path), "");
    write("secret\r\n", 0600);
    EXPECT_EQ(password_file_flaw(path), "");
    EXPECT_EQ(*read_password(path), "secret");
    write("secret\n", 0640);
    EXPECT_NE(password_file_flaw(path).find("0640"), std::string::npos) << password_file_flaw(path);
    for (const auto* text : {"", "\n", "alpha\nbeta\n"}) {
        write(text, 0600);
        EXPECT_NE(password_file_flaw(path), "");
        EXPECT_EQ(password_file_flaw(path).find("alpha"), std::string::npos);
    }
    EXPECT_NE(password_file_flaw(folder), "");
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace imc::config
