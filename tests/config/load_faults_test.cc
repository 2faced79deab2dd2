/// Routes, profiles and connectors come with the configuration. Each question that reading it asks
/// goes wrong once: the configuration is then the whole one, or none, and the last good one stays.
#include "config/load.h"

#include "config/contoso_host.h"
#include "kit/faulty_directory.h"

#include <algorithm>

namespace imc::config {
namespace {

using namespace std::chrono_literals;
using kit::DirectoryFault;

class LoadFaults : public ContosoHost {
protected:
    LoadFaults()
    {
        std::vector<Change> changes;
        const auto add = [&](Dn dn, Attributes attributes) {
            Change change{Change::Kind::add, std::move(dn)};
            change.attributes = std::move(attributes);
            changes.push_back(std::move(change));
        };
        add(names_.servers.child("cn", "MAIL2"),
            {{"objectClass", {"imcServer"}}, {"imcLocation", {"Bergen"}}});
        add(names_.connections.child("cn", "other"),
            {{"objectClass", {"imcConnector"}},
             {"imcHomeServer", {names_.servers.child("cn", "MAIL2").to_rfc4514()}},
             {"imcConnectorHost", {"mail2.contoso.example"}},
             {"imcAddressSpace", {"SMTP:*@partner.example;1;organization"}}});
        const auto profiles = names_.connector.child("cn", "E-Mail Domains");
        add(profiles, {{"objectClass", {"imcContainer"}}});
        for (const char* domain : {"a.example", "b.example"})
            add(profiles.child("cn", domain),
                {{"objectClass", {"imcDomainProfile"}}, {"imcSmartHost", {"relay.example.net"}}});
        Change rows{Change::Kind::modify, names_.addressing};
        rows.changes = {{AttributeChange::Kind::add,
                         "imcRoutingRow",
                         {"old.example;rewrite;contoso.example", "gone.example;reject;Moved"}}};
        changes.push_back(std::move(rows));
        directory_->apply(changes, after(10s)).value();
        // As it was before all that.
        older_ = *create_embedded(folder_ + "/older.db");
        older_
            ->apply(new_organization({{}, "Contoso", "Oslo", "MAIL1", "contoso.example", "admin"}),
                    after(10s))
            .value();
    }

    /// What mail is routed by, in words; empty: there is no configuration.
    std::string routes(const std::shared_ptr<Directory>& from)
    {
        const auto loaded = load(Paths{folder_}, after(60s), {from});
        if (!loaded.config) return {};
        const auto& config = *loaded.config;
        std::string out = config.administrator.address + "\n";
        for (const auto& domain : config.local_domains)
            out += "domain " + domain + "\n";
        for (const auto& row : config.routing)
            out += "row " + row.text + "\n";
        for (const auto& connector : config.connectors) {
            out += "connector " + connector.name + " at " + connector.location + "\n";
            for (const auto& space : connector.spaces)
                out += "space " + space.text + "\n";
        }
        for (const auto& profile : config.profiles)
            out += "profile " + profile.domain + " " + std::to_string(profile.hosts.size()) + "\n";
        return out;
    }

    std::shared_ptr<Directory> older_;
};

TEST_F(LoadFaults, ConfigurationIsTheWholeOneOrNone)
{
    const auto faulty = std::make_shared<kit::FaultyDirectory>(directory_);
    const auto sound = routes(faulty);
    ASSERT_NE(sound.find("profile b.example 1"), std::string::npos) << sound;
    ASSERT_NE(sound.find("space SMTP:*@partner.example"), std::string::npos) << sound;
    const auto questions = faulty->asked;
    faulty->was(older_);
    for (const auto fault : kit::all_directory_faults) {
        // A server that has lost our schema is found out before it is asked (40031).
        if (fault == DirectoryFault::schema_gone) continue;
        for (std::size_t at = 0; at < questions; ++at) {
            faulty->fail(at, fault, false);
            const auto read = routes(faulty);
            EXPECT_TRUE(read.empty() || (read == sound && fault != DirectoryFault::behind))
                << "question " << at << ' ' << to_string(fault) << ":\n"
                << read;
        }
    }
}

// It is sound, all of it, and would make relaying for a domain of ours denied that was added since.
TEST_F(LoadFaults, ConfigurationOfAServerThatIsBehindIsNone)
{
    const auto faulty = std::make_shared<kit::FaultyDirectory>(directory_);
    const auto old = routes(older_);
    ASSERT_NE(old.find("domain contoso.example"), std::string::npos) << old;
    ASSERT_NE(old, routes(faulty));
    faulty->was(older_);
    faulty->fail(0, DirectoryFault::behind, true);
    const auto loaded = load(Paths{folder_}, after(60s), {faulty});
    EXPECT_FALSE(loaded.config);
    EXPECT_TRUE(loaded.behind);
    EXPECT_FALSE(loaded.unreachable) << "no reason to defer the recipients that it has";
    const auto reachable =
        std::ranges::find(loaded.assertions, "directory.reachable", &Assertion::id);
    ASSERT_NE(reachable, loaded.assertions.end());
    EXPECT_EQ(reachable->status, Status::not_evaluated);
    EXPECT_EQ(reachable->event, EventId::directory_unreachable);
    EXPECT_NE(reachable->found.find("behind"), std::string::npos) << reachable->found;
    for (const auto& a : loaded.assertions)
        EXPECT_TRUE(a.status != Status::failed && !a.automatic.possible())
            << a.id << " was judged by what is gone, and would be mended";

    faulty->fail(static_cast<std::size_t>(-1), DirectoryFault::behind, false);
    EXPECT_TRUE(load(Paths{folder_}, after(60s), {faulty}).config) << "it has caught up";
}

// The connector's name has changed since: what the old one lets us say of ours is no verdict.
TEST_F(LoadFaults, NameThatAServerThatIsBehindHasIsNoDisagreement)
{
    Change rename{Change::Kind::rename, Dn{}.child("o", "Contoso")};
    rename.new_rdn = {{"o", "Contoso Before"}};
    ASSERT_TRUE(older_->apply(std::span{&rename, 1}, after(10s)));
    const auto faulty = std::make_shared<kit::FaultyDirectory>(directory_);
    faulty->was(older_);
    faulty->fail(0, DirectoryFault::behind, true);
    const auto loaded = load(Paths{folder_}, after(60s), {faulty});
    EXPECT_FALSE(loaded.config);
    EXPECT_TRUE(loaded.behind);
    for (const auto& a : loaded.assertions)
        EXPECT_NE(a.status, Status::failed) << a.id << ": found " << a.found;
}

}  // namespace
}  // namespace imc::config
