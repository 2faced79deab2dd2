#include "app/service/hook.h"

#include "kit/certificates.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>

namespace imc::app {
namespace {

using namespace std::chrono_literals;

class Hook : public testing::Test {
protected:
    HookResult run(const std::string& script, std::vector<std::string> words = {},
                   std::chrono::seconds limit = 30s)
    {
        const std::string path = folder_ / "hook";
        std::ofstream{path} << "#!/bin/sh\n" << script << '\n';
        ::chmod(path.c_str(), mode_);
        words.insert(words.begin(), path);
        return run_hook({true, std::move(words), limit}, stop_);
    }

    kit::Folder folder_;
    mode_t mode_ = 0755;
    std::atomic<bool> stop_{false};
};

TEST_F(Hook, WhatItPrintsIsKeptAndItsStatusDecides)
{
    const auto good = run("echo up; echo so >&2");
    EXPECT_TRUE(good.done);
    EXPECT_EQ(good.output, "up\\x0aso");
    const auto bad = run("echo no carrier; exit 3");
    EXPECT_FALSE(bad.done);
    EXPECT_EQ(bad.why, "exit status 3");
    EXPECT_EQ(bad.output, "no carrier");
    EXPECT_EQ(run("kill -TERM $$").why, "ended by signal 15");
}

TEST_F(Hook, NoShellReadsItsWordsAndItsEnvironmentIsClean)
{
    ::setenv("IMC_TEST_SECRET", "secret", 1);
    const auto result = run("echo \"$1|$IMC_TEST_SECRET|$IMC_LINK|$(pwd)\"", {"$(id);*"});
    EXPECT_EQ(result.output, "$(id);*||open|/");
}

TEST_F(Hook, ItsOutputIsBounded)
{
    const auto result = run("yes 0123456789 | head -c 300000");
    EXPECT_TRUE(result.done) << result.why;
    EXPECT_LE(result.output.size(), 2010U);
}

// Q175410: a script that hung kept the port for ever.
TEST_F(Hook, OneThatHangsIsKilledWithAllThatItBegan)
{
    const std::string pid = folder_ / "pid";
    const auto result = run("sleep 3600 & echo $! > " + pid + "; wait", {}, 1s);
    EXPECT_FALSE(result.done);
    EXPECT_EQ(result.why, "killed after 1 s");
    pid_t began = 0;
    std::ifstream{pid} >> began;
    ASSERT_GT(began, 0);
    // Gone, or dead and not yet fetched by its new parent.
    const auto is_dead = [&] {
        std::string state;
        std::ifstream stat{"/proc/" + std::to_string(began) + "/stat"};
        stat >> state >> state >> state;
        return state.empty() || state == "Z" || state == "X";
    };
    for (const auto until = after(10s); !is_dead() && std::chrono::steady_clock::now() < until;)
        std::this_thread::yield();
    EXPECT_TRUE(is_dead());
}

TEST_F(Hook, TheEndOfTheServiceEndsIt)
{
    stop_ = true;
    EXPECT_EQ(run("sleep 3600").why, "killed, since the service ends");
}

TEST_F(Hook, AProgramThatOthersCanWriteIsNotRun)
{
    mode_ = 0775;
    const auto result = run("touch " + std::string{folder_ / "was-run"});
    EXPECT_FALSE(result.done);
    EXPECT_NE(result.why.find("others can write it"), std::string::npos) << result.why;
    struct stat status = {};
    EXPECT_NE(::stat((folder_ / "was-run").c_str(), &status), 0);
}

TEST_F(Hook, OneThatIsMissingSaysSo)
{
    const auto result = run_hook({true, {folder_ / "none"}, 5s}, stop_);
    EXPECT_FALSE(result.done);
    EXPECT_NE(result.why.find("No such file"), std::string::npos) << result.why;
}

}  // namespace
}  // namespace imc::app
