#include "app/start/mend.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace imc::app {
namespace {

namespace fs = std::filesystem;

class Folder {
public:
    Folder()
    {
        char name[] = "/tmp/imc-mend-XXXXXX";
        path_ = ::mkdtemp(name);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path_); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

config::Assertion failed_assertion(const std::string& id)
{
    config::Assertion out{id, EventId::folder_unusable};
    out.status = config::Status::failed;
    return out;
}

TEST(Mend, WhatWasDoneBeforeAFailureIsToldWithWhatTakesItBack)
{
    const Folder root;
    const Paths paths{root.path()};
    const auto file = root.path() + "/loose";
    std::ofstream{file} << "secret";
    fs::permissions(file, fs::perms{0644});
    StartCheck check;
    auto modes = failed_assertion("file.modes");
    modes.automatic.modes = {{file, 0644, 0600}, {root.path() + "/gone", 0644, 0600}};
    check.verdict.assertions = {modes};

    const auto mended = mend(paths, check, after(std::chrono::seconds{5}));
    ASSERT_TRUE(mended.failure);
    EXPECT_NE(mended.failure->detail().find("/gone: "), std::string::npos)
        << mended.failure->detail();
    EXPECT_EQ(fs::status(file).permissions(), fs::perms{0600});
    ASSERT_EQ(mended.done.size(), 1U);
    EXPECT_EQ(mended.done[0], "mode of " + file);
    EXPECT_EQ(mended.undo, "chmod 0644 " + file);
}

TEST(Mend, WhatAllSucceedsHasNoFailureAndAllUndosTheLastFirst)
{
    const Folder root;
    const Paths paths{root.path()};
    StartCheck check;
    for (const char* name : {"/one", "/two"}) {
        auto folder = failed_assertion(std::string{"folder"} + name);
        folder.automatic.folder = root.path() + name;
        check.verdict.assertions.push_back(folder);
    }
    const auto mended = mend(paths, check, after(std::chrono::seconds{5}));
    EXPECT_FALSE(mended.failure);
    EXPECT_TRUE(fs::is_directory(root.path() + "/one") && fs::is_directory(root.path() + "/two"));
    EXPECT_EQ(mended.undo, "mv " + root.path() + "/two " + root.path() + "/two.undone && mv " +
                               root.path() + "/one " + root.path() + "/one.undone");
}

}  // namespace
}  // namespace imc::app
