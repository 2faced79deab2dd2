#include "app/service/generation_keeper.h"

#include "base/files.h"
#include "config/config_tree.h"
#include "config/settings_view.h"
#include "event/sinks.h"

#include <boost/json/array.hpp>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <unistd.h>

namespace imc::app {
namespace {

/// Takes changes of imcGeneration, or refuses them.
class Listening final : public Directory {
public:
    std::string description() const override { return "a test"; }
    bool is_local() const override { return true; }
    Answer<Entry> read(const Dn&, Deadline) override { return ProvenAbsent{}; }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view, Deadline,
                                      std::size_t) override
    {
        return std::vector<Entry>{};
    }
    Result<> apply(std::span<const Change> changes, Deadline) override
    {
        if (refuses) return Error{EventId::directory_refused, "insufficient access"};
        for (const auto& change : changes)
            told.push_back(change.changes.front().attribute + "=" +
                           change.changes.front().values.front());
        return {};
    }
    Result<std::uint64_t> revision(Deadline) override { return std::uint64_t{1}; }

    bool refuses = false;
    std::vector<std::string> told;
};

/// No file of this process gets longer than so many octets, whoever it runs as.
class FullDisk {
public:
    explicit FullDisk(std::size_t octets)
    {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        handler_ = ::signal(SIGXFSZ, SIG_IGN);
        rlimit now = before_;
        now.rlim_cur = octets;
        ::setrlimit(RLIMIT_FSIZE, &now);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;
    ~FullDisk()
    {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int) = nullptr;
};

class GenerationKeeping : public testing::Test {
protected:
    GenerationKeeping()
    {
        events_.add(ring_sink(ring_));
        const config::Config nothing;
        keeper_.started(nothing);
    }
    ~GenerationKeeping() override { std::filesystem::remove_all(root_); }

    std::string keep()
    {
        write_file_atomically(real_files(), paths_.registry(), tree_.registry).value();
        auto config = std::make_shared<config::Config>();
        config->connector = config::tree_names.connector;
        config->settings =
            config::settings_of(registry::Document::parse(judged_.value_or(tree_.registry)).value())
                ->all();
        StartCheck check;
        check.config = config;
        check.directory = directory_;
        check.evidence = tree_.objects;
        check.home_dsa = "embedded";
        return keeper_.keep(check);
    }
    /// The registry that was judged, if it is not the one that stands there now.
    std::optional<std::string> judged_;

    std::string events() const
    {
        std::string out;
        for (const auto& record : ring_->records())
            out +=
                std::to_string(static_cast<unsigned>(record.id)) + " " + record.description + "\n";
        return out;
    }

    static std::string new_folder()
    {
        char name[] = "/tmp/imc-keeper-XXXXXX";
        return ::mkdtemp(name);
    }

    std::string root_ = new_folder();
    Paths paths_{root_};
    EventLog events_;
    std::shared_ptr<Ring> ring_ = std::make_shared<Ring>();
    std::shared_ptr<StateBoard> board_ = std::make_shared<StateBoard>();
    std::shared_ptr<Listening> directory_ = std::make_shared<Listening>();
    config::ConfigTree tree_;
    GenerationKeeper keeper_{paths_, events_, board_};
};

TEST_F(GenerationKeeping, TellsTheDirectoryOnceAndThatIsNoGeneration)
{
    keep();
    ASSERT_EQ(directory_->told.size(), 1U);
    const auto text = directory_->told.front();
    EXPECT_TRUE(text.starts_with("imcGeneration=1 ")) << text;
    tree_.set(config::tree_names.connector, "imcGeneration", {text.substr(14)});
    EXPECT_EQ(keep(), "");
    EXPECT_EQ(keeper_.number(), 1U);
    EXPECT_EQ(directory_->told.size(), 1U);
}

TEST_F(GenerationKeeping, SaysWhatIsNewAndWhoseWorkItWas)
{
    keep();
    tree_.set(config::tree_names.connector, "imcTls", {"verify"});
    EXPECT_EQ(keep(), "[connector] imcTls: not set -> verify (by outside)");
    const auto stored = config::read_generation(paths_, 2);
    ASSERT_TRUE(stored) << stored.error().to_string();
    EXPECT_EQ(config::lines_of(stored->changes), "[connector] imcTls: not set -> verify\n");
    EXPECT_EQ(to_text(stored->by), "outside");
    EXPECT_EQ(stored->hash, directory_->told.back().substr(16));
}

// The account of many sites may only read.
TEST_F(GenerationKeeping, WhereTheDirectoryMayNotBeWrittenItIsSaidOnceAndWorks)
{
    directory_->refuses = true;
    keep();
    tree_.set(config::tree_names.connector, "imcTls", {"verify"});
    keep();
    EXPECT_EQ(keeper_.number(), 2U);
    EXPECT_EQ(ring_->records().size(), 1U);
    EXPECT_TRUE(events().starts_with("40844 The number of generation 1 could not be written"))
        << events();
}

// On a full disk the number was given twice, and stood on the connector object.
TEST_F(GenerationKeeping, WhatCannotBeKeptIsSaidAndItsNumberIsNobodyElses)
{
    keep();
    tree_.set(config::tree_names.connector, "imcTls", {"verify"});
    const auto keep_on_a_full_disk = [this] {
        const FullDisk full{tree_.registry.size()};  // a generation holds that and more
        return keep();
    };
    EXPECT_EQ(keep_on_a_full_disk(), "[connector] imcTls: not set -> verify (by outside)");
    EXPECT_EQ(keeper_.number(), 2U) << "it is in force";
    ASSERT_EQ(ring_->records().size(), 1U);
    EXPECT_EQ(ring_->records()[0].id, EventId::generation_not_kept);
    EXPECT_NE(events().find("40896 Generation 2 is in force, and could not be kept: "),
              std::string::npos)
        << events();
    EXPECT_EQ(directory_->told.size(), 1U) << "nobody is told of what the history lacks";
    keep_on_a_full_disk();
    EXPECT_EQ(keeper_.number(), 2U) << "the same, once more";
    EXPECT_EQ(ring_->records().size(), 1U) << "said once";
    tree_.set(config::tree_names.connector, "imcTls", {"encrypt"});
    keep();
    EXPECT_EQ(keeper_.number(), 3U);
    EXPECT_EQ(directory_->told.size(), 2U);
    EXPECT_TRUE(directory_->told.back().starts_with("imcGeneration=3 "));
    EXPECT_TRUE(config::read_generation(paths_, 3));
    EXPECT_FALSE(config::read_generation(paths_, 2));
}

TEST_F(GenerationKeeping, WhatCouldNotBeKeptIsKeptUnderItsNumberWhenThereIsRoom)
{
    keep();
    tree_.set(config::tree_names.connector, "imcTls", {"verify"});
    {
        const FullDisk full{tree_.registry.size()};
        keep();
    }
    keep();
    EXPECT_EQ(keeper_.number(), 2U);
    EXPECT_TRUE(config::read_generation(paths_, 2));
    EXPECT_TRUE(directory_->told.back().starts_with("imcGeneration=2 "));
}

TEST_F(GenerationKeeping, WhatWaitsForARestartIsSaidWhenItChanges)
{
    config::Config config;
    config.settings = "AuthWorkers=2\nMaxHops=50\n";
    keeper_.started(config);
    config.settings = "AuthWorkers=3\nMaxHops=40\n";
    keeper_.judge_restart(config);
    keeper_.judge_restart(config);
    EXPECT_EQ(events(), "40843 Generation 0 is in force except for what takes effect at the next "
                        "start: AuthWorkers.\n");
    EXPECT_EQ(board_->read().at("restart"), (boost::json::array{"AuthWorkers"}));
    config.settings = "AuthWorkers=2\nMaxHops=40\n";
    keeper_.judge_restart(config);
    EXPECT_FALSE(board_->read().contains("restart"));
}

TEST(Restart, IsWaitedForOnlyByWhatIsReadAtAStart)
{
    const std::string before = "AuthWorkers=2\nMaxHops=50\nDnsServers=192.0.2.1\n";
    EXPECT_TRUE(waiting_for_restart(before, before).empty());
    EXPECT_TRUE(
        waiting_for_restart(before, "AuthWorkers=2\nMaxHops=9\nDnsServers=192.0.2.1\n").empty());
    EXPECT_EQ(waiting_for_restart(before, "AuthWorkers=2\nMaxHops=50\nTrackingLogDays=3\n"),
              (std::vector<std::string>{"DnsServers", "TrackingLogDays"}));
}

// What is in the file then was neither judged nor in force.
TEST_F(GenerationKeeping, KeepsNoRegistryThatWasWrittenAfterTheCheck)
{
    (void)keep();
    judged_ = tree_.registry;
    tree_.add_value("\"MaxHops\"=dword:0000001e");
    EXPECT_EQ(keep(), "");
    EXPECT_FALSE(real_files().status(paths_.generations() + "/2.json"));
    judged_.reset();
    (void)keep();
    EXPECT_TRUE(real_files().status(paths_.generations() + "/2.json"));
}

// generations.md: any of the files may be deleted.
TEST_F(GenerationKeeping, MakesNoNumberTwiceWhenTheNewestIsGone)
{
    (void)keep();
    tree_.add_value("\"MaxHops\"=dword:0000001e");
    (void)keep();
    ASSERT_TRUE(real_files().remove(paths_.generations() + "/current.json"));
    (void)keep();
    EXPECT_TRUE(real_files().status(paths_.generations() + "/3.json"));
}

}  // namespace
}  // namespace imc::app
