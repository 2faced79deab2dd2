#include "config/plan.h"

#include "config/config_tree.h"
#include "config/settings_file.h"

#include "base/files.h"
#include "directory/embedded.h"
#include "directory/ldif.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace imc::config {
namespace {

using namespace std::chrono_literals;

std::string changes_of(const Plan& plan)
{
    std::string out;
    for (const auto& change : plan.directory)
        out += to_ldif(change);
    return out;
}

TEST(Plan, OfWhatIsThereAlreadyIsEmpty)
{
    const auto now = ConfigTree{}.snapshot();
    EXPECT_TRUE(make_plan(now, now).empty());
}

// The order in which a directory gives values is not promised.
TEST(Plan, AnotherOrderOfValuesIsNoChange)
{
    ConfigTree one, other;
    one.set(tree_names.connector, "imcSmartHost", {"a", "b"});
    other.set(tree_names.connector, "imcSmartHost", {"b", "a"});
    EXPECT_TRUE(make_plan(one.snapshot(), other.snapshot()).empty());
}

// The first is the site's own: postmaster's, and that of addresses that are made.
TEST(Plan, AnotherFirstSiteDomainIsAChangeAndTheOrderOfTheOthersIsNone)
{
    ConfigTree one, other, third;
    one.set(tree_names.addressing, "imcSiteDomain", {"a.example", "b.example", "c.example"});
    other.set(tree_names.addressing, "imcSiteDomain", {"b.example", "a.example", "c.example"});
    third.set(tree_names.addressing, "imcSiteDomain", {"a.example", "c.example", "b.example"});
    const auto plan = make_plan(one.snapshot(), other.snapshot());
    EXPECT_EQ(lines_of(plan.rows), "[site addressing] imcSiteDomain: a.example, b.example, "
                                   "c.example -> b.example, a.example, c.example\n");
    EXPECT_EQ(changes_of(plan).find("replace: imcSiteDomain\nimcSiteDomain: b.example\n"),
              changes_of(plan).find("replace: "));
    EXPECT_EQ(plan.directory.size(), 1U);
    EXPECT_TRUE(make_plan(one.snapshot(), third.snapshot()).empty());
}

TEST(Plan, NumberOfTheGenerationIsNeverPartOfIt)
{
    ConfigTree numbered;
    numbered.set(tree_names.connector, "imcGeneration", {"7 0123"});
    const auto now = numbered.snapshot(), target = ConfigTree{}.snapshot();
    EXPECT_TRUE(make_plan(now, target).empty());
    EXPECT_EQ(lines_of(differences(now, target)), "");
}

// Other programs keep things of their own at the organization.
TEST(Plan, OfObjectsAboveOnlyWhatConnectorsInheritIsWritten)
{
    ConfigTree before, after;
    before.set(tree_names.organization, "telephoneNumber", {"1"});
    before.set(tree_names.organization, "imcTls", {"verify"});
    const auto plan = make_plan(before.snapshot(), after.snapshot());
    EXPECT_EQ(changes_of(plan), "dn: o=Contoso\nchangetype: modify\ndelete: imcTls\n-\n\n");
}

TEST(Plan, WhatItMakesIsAskedBeforeItIsThere)
{
    ConfigTree tree;
    tree.add_profile("old.example", {{"imcTls", {"none"}}});
    const auto now = tree.snapshot();
    const auto target = with(now, parse_settings_file("[domain new.example]\nimcTls = verify\n"
                                                      "[-domain old.example]\n"
                                                      "[connector]\nimcTransferMode = inbound\n"
                                                      "[registry]\nMaxHops = 30\n")
                                      .value())
                            .value();
    const auto instead = instead_of(make_plan(now, target));
    ASSERT_TRUE(instead.registry && instead.through);
    const auto planned = instead.through(tree.directory());
    const auto made = snapshot_of(target.registry_text, *planned, Deadline::max()).value();
    EXPECT_EQ(lines_of(differences(made, target)), "");
    EXPECT_EQ(made.find("domain old.example"), nullptr);
    EXPECT_EQ(made.find("domain new.example")->first("imcTls"), "verify");
}

class CarriedOutPlan : public testing::Test {
protected:
    CarriedOutPlan()
    {
        char name[] = "/tmp/imc-plan-XXXXXX";
        root_ = ::mkdtemp(name);
        write_file_atomically(real_files(), paths().registry(), tree_.registry).value();
        directory_ = *create_embedded(paths().directory());
        directory_
            ->apply(new_organization(
                        {{}, "Contoso", "Oslo", "MAIL1", "contoso.example", "administrator"}),
                    after(10s))
            .value();
    }
    ~CarriedOutPlan() override
    {
        directory_.reset();
        std::filesystem::remove_all(root_);
    }
    Paths paths() const { return Paths{root_}; }
    Snapshot now() { return snapshot_now(paths(), after(10s)).value().snapshot; }
    std::string registry() { return *read_file(real_files(), paths().registry()); }

    std::string root_;
    ConfigTree tree_;
    std::shared_ptr<Directory> directory_;
};

TEST_F(CarriedOutPlan, ChangesBothPlacesAndNamesWhatTakesItBack)
{
    const auto before = now();
    const auto target = with(before, parse_settings_file("[registry]\nMaxHops = 30\n[domain "
                                                         "a.example]\nimcTls = verify\n")
                                         .value())
                            .value();
    const auto done = carry_out(paths(), make_plan(before, target), *directory_, after(10s));
    ASSERT_TRUE(done) << done.error().to_string();
    EXPECT_EQ(lines_of(differences(now(), target)), "");
    EXPECT_TRUE(done->undo.starts_with("imc dir import /")) << done->undo;
    EXPECT_NE(done->undo.find(" && imc reg restore registry-"), std::string::npos);
}

// A registry that is changed and a directory that is not would be a third configuration.
TEST_F(CarriedOutPlan, IsNothingWhenTheDirectoryRefuses)
{
    const auto before = now();
    auto target = with(before, parse_settings_file("[registry]\nMaxHops = 30\n").value()).value();
    auto plan = make_plan(before, target);
    Change impossible{Change::Kind::modify, tree_names.connector};
    impossible.changes = {{AttributeChange::Kind::replace, "mailNickname", {"x"}}};
    plan.directory.push_back(impossible);
    const auto done = carry_out(paths(), plan, *directory_, after(10s));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().event(), EventId::directory_refused);
    EXPECT_EQ(registry(), tree_.registry);
}

TEST_F(CarriedOutPlan, IsNothingWhenSomebodyElseWroteMeanwhile)
{
    const auto before = now();
    const auto target =
        with(before, parse_settings_file("[registry]\nMaxHops = 30\n").value()).value();
    write_file_atomically(real_files(), paths().registry(), tree_.registry + "; mine\n").value();
    const auto done = carry_out(paths(), make_plan(before, target), *directory_, after(10s));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().event(), EventId::config_moved_on);
    EXPECT_EQ(registry(), tree_.registry + "; mine\n");
}

TEST_F(CarriedOutPlan, IsNothingWhenSomebodyElseChangedTheObjectMeanwhile)
{
    const auto before = now();
    const auto text = "[registry]\nMaxHops = 30\n[connector]\nimcTls = verify\n";
    const auto plan = make_plan(before, with(before, parse_settings_file(text).value()).value());
    Change theirs{Change::Kind::modify, tree_names.connector};
    theirs.changes = {{AttributeChange::Kind::replace, "imcMaxConnections", {"7"}}};
    directory_->apply(std::span{&theirs, 1}, after(10s)).value();
    const auto done = carry_out(paths(), plan, *directory_, after(10s));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().event(), EventId::config_moved_on);
    EXPECT_EQ(registry(), tree_.registry);
}

// Going back is for when things are broken.
TEST_F(CarriedOutPlan, BringsBackARegistryThatCannotBeReadAndAConnectorThatIsGone)
{
    const auto target = now();
    Change gone{Change::Kind::remove, tree_names.connector};
    directory_->apply(std::span{&gone, 1}, after(10s)).value();
    const std::string broken = "no registry\n";
    write_file_atomically(real_files(), paths().registry(), broken).value();
    const auto there = snapshot_at(target, broken, *directory_, after(10s)).value();
    const auto done = carry_out(paths(), make_plan(there, target), *directory_, after(10s));
    ASSERT_TRUE(done) << done.error().to_string();
    EXPECT_EQ(lines_of(differences(now(), target)), "");
    EXPECT_EQ(registry(), tree_.registry);
}

TEST(Restart, IsNeededForWhatIsReadOnlyAtAStart)
{
    const auto now = ConfigTree{}.snapshot();
    const auto target = with(now, parse_settings_file("[registry]\nMaxHops = 30\nDnsServers = "
                                                      "192.0.2.1\nAuthWorkers = 3\n")
                                      .value())
                            .value();
    EXPECT_EQ(restart_needed(differences(now, target)),
              (std::vector<std::string>{"AuthWorkers", "DnsServers"}));
}

}  // namespace
}  // namespace imc::config
