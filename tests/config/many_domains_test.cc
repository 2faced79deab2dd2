/// A hundred thousand domains: they load, and the closest row of one is found without a walk over
/// all. The times are bounds for a slow machine under a sanitizer; a walk for each takes an hour.
#include "config/config.h"

#include "config/contoso_host.h"
#include "config/profiles.h"
#include "directory/recorded.h"

namespace imc::config {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t many = 100'000;

std::string nth(std::size_t number) { return "d" + std::to_string(number) + ".example"; }

class ManyDomains : public ContosoHost {
protected:
    ManyDomains() { began_ = std::chrono::steady_clock::now(); }
    bool in_time() const { return std::chrono::steady_clock::now() - began_ < 2min; }

    std::vector<Entry> objects()
    {
        return directory_->search(Dn{}, Scope::subtree, "(objectClass=*)", after(10s)).value();
    }
    ConfigPtr load_of(std::vector<Entry> objects)
    {
        auto loaded = load(Paths{folder_}, after(2min),
                           {recorded_directory(std::move(objects), "many domains")});
        for (const auto& a : loaded.assertions)
            EXPECT_TRUE(a.status == Status::passed || a.status == Status::warning)
                << a.id << ": found " << a.found << "; " << a.why;
        return loaded.config;
    }

    Deadline began_;
};

// As it was, 10,001 refused the start.
TEST_F(ManyDomains, ProfilesAreReadHoweverManyThereAre)
{
    constexpr std::size_t number = 10'001;
    auto all = objects();
    const auto container = names_.connector.child("cn", "E-Mail Domains");
    all.push_back({container, {{"objectClass", {"imcContainer"}}}});
    for (std::size_t i = 0; i < number; ++i)
        all.push_back({container.child("cn", nth(i)),
                       {{"objectClass", {"imcDomainProfile"}}, {"imcSmartHost", {nth(i)}}}});
    const auto config = load_of(std::move(all));
    ASSERT_TRUE(config);
    EXPECT_EQ(config->profiles.size(), number + 1) << "and *";
    const auto* last = find_profile(*config, "host." + nth(number - 1));
    ASSERT_NE(last, nullptr);
    EXPECT_EQ(last->hosts.front().name, nth(number - 1));
    EXPECT_TRUE(in_time());
}

TEST_F(ManyDomains, RoutingRowsAreReadAndFoundLabelByLabel)
{
    auto all = objects();
    for (auto& entry : all) {
        if (!same(entry.dn, names_.addressing)) continue;
        auto& rows = entry.attributes["imcRoutingRow"];
        for (std::size_t i = 0; i < many; ++i)
            rows.push_back(nth(i) + ";rewrite;" + nth(i + 1));
        rows.push_back("#" + nth(7) + ";reject;Moved");
    }
    const auto config = load_of(std::move(all));
    ASSERT_TRUE(config) << "a chain of rewriting that ends is no circle";
    ASSERT_EQ(config->routing.size(), many + 1);
    for (std::size_t i = 0; i < many; ++i) {
        const auto* row = find_routing_row(config->routing, "x.y." + nth(i));
        ASSERT_TRUE(row != nullptr && row->domain == nth(i) && !row->exact) << i;
    }
    EXPECT_TRUE(find_routing_row(config->routing, nth(7))->exact);
    EXPECT_EQ(find_routing_row(config->routing, "x" + nth(1)), nullptr);
    EXPECT_TRUE(in_time());
}

TEST_F(ManyDomains, ProfilesInheritAndAreFoundLabelByLabel)
{
    std::vector<ProfileLayer> layers{
        {ProfileLayer::Kind::object, "*", true, "all", {{"imcMaxConnections", {"3"}}}},
        {ProfileLayer::Kind::object, "example", true, "example", {{"imcTls", {"encrypt"}}}}};
    for (std::size_t i = 0; i < many; ++i)
        layers.push_back(
            {ProfileLayer::Kind::object, nth(i), true, "cn", {{"imcSmartHost", {nth(i)}}}});
    auto resolved = resolve_profiles(layers, DomainProfile{}, "/secrets");
    ASSERT_EQ(resolved.profiles.size(), layers.size());
    Config config;
    config.profiles = DomainTable<DomainProfile>(std::move(resolved.profiles));
    config.profiles.index();
    for (std::size_t i = 0; i < many; ++i) {
        const auto* found = find_profile(config, "a.b." + nth(i));
        ASSERT_TRUE(found != nullptr && found->domain == nth(i)) << i;
        ASSERT_TRUE(found->connections == 3 && found->tls == OutboundTls::encrypt) << i;
    }
    EXPECT_EQ(find_profile(config, "other.example")->domain, "example");
    EXPECT_EQ(find_profile(config, "other.net")->domain, "*");
    EXPECT_TRUE(in_time());
}

// What a test or a caller changes must be found, indexed before or not.
TEST(DomainTable, FindsTheSameIndexedOrNotAndAfterAChange)
{
    const auto row = [](const char* text) { return *parse_routing_row(text); };
    RoutingTable table{row("ms.com;inbound"), row("#ms.com;dns"), row("x.ms.com;dns"),
                       row("com;reject"), row("#a.net;dns")};
    const auto found = [&](const RoutingTable& of, const char* domain) {
        const auto* one = of.find(domain);
        return one != nullptr ? one->text : "none";
    };
    auto indexed = table;
    indexed.index();
    for (const char* domain : {"ms.com", "a.ms.com", "x.ms.com", "y.x.ms.com", "pms.com", "com",
                               "a.net", "b.a.net", "net", "", ".", "..ms.com"})
        EXPECT_EQ(found(indexed, domain), found(table, domain)) << domain;
    EXPECT_EQ(found(indexed, "a.ms.com"), "ms.com;inbound");
    indexed.push_back(row("a.ms.com;reject"));
    EXPECT_EQ(found(indexed, "a.ms.com"), "a.ms.com;reject");
    indexed[0].domain = "changed.com";
    EXPECT_EQ(found(indexed, "b.ms.com"), "com;reject");
    indexed.index();
    EXPECT_EQ(found(RoutingTable{indexed}, "b.changed.com"), "ms.com;inbound") << "a copy, too";
}

}  // namespace
}  // namespace imc::config
