#include "store/maildir.h"

#include "kit/octets.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <utime.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>
#include <vector>

namespace imc::store {
namespace {

namespace fs = std::filesystem;
using kit::octets;

struct Maildir : testing::Test {
    Maildir()
    {
        std::string pattern = (fs::temp_directory_path() / "imc-maildir-XXXXXX").string();
        root = ::mkdtemp(pattern.data());
        folder = (root / "mail/alice/Maildir").string();
    }
    ~Maildir() override { fs::remove_all(root); }

    std::size_t files(const char* part) const
    {
        const auto path = fs::path{folder} / part;
        if (!fs::exists(path)) return 0;
        return static_cast<std::size_t>(std::distance(fs::directory_iterator{path}, {}));
    }
    static std::string contents(const std::string& path)
    {
        std::ifstream file{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    fs::path root;
    std::string folder;
    MaildirDelivery delivery{"mail.example.org"};
};

TEST_F(Maildir, OctetsArriveAsTheyWere)
{
    const std::string body{"Subject: x\r\n\r\n\xff\0.\r\nlast line without end", 40};
    const auto path =
        delivery.deliver(folder, {"0A1", 2}, "Delivered-To: a\r\n", octets(body)).value();
    EXPECT_EQ(contents(path), "Delivered-To: a\r\n" + body);
    EXPECT_NE(path.find("_0A1-2.mail.example.org,S=57"), std::string::npos) << path;
    EXPECT_EQ(files("tmp"), 0u);
    EXPECT_EQ(files("new"), 1u);
}

TEST_F(Maildir, NobodyElseMayReadIt)
{
    const auto path = delivery.deliver(folder, {"0A1", 0}, "", octets("x")).value();
    struct ::stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    ASSERT_EQ(::stat((folder + "/new").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700u);
}

// Regression queue-stale-pointer-inbound-dup (Q239420): the crash came before the result was kept.
TEST_F(Maildir, RepeatedDeliveryFindsTheFirstOneEvenAfterItWasRead)
{
    const auto first = delivery.deliver(folder, {"0A1", 1}, "", octets("x")).value();
    EXPECT_EQ(delivery.deliver(folder, {"0A1", 1, true}, "", octets("x")).value(), first);

    const auto read = folder + "/cur/" + fs::path{first}.filename().string() + ":2,S";
    fs::rename(first, read);
    EXPECT_EQ(delivery.deliver(folder, {"0A1", 1, true}, "", octets("x")).value(), read);
    EXPECT_EQ(files("new") + files("cur"), 1u);

    // Another recipient of the same message is another delivery, also 1 beside 11.
    (void)delivery.deliver(folder, {"0A1", 11, true}, "", octets("x")).value();
    EXPECT_EQ(files("new") + files("cur"), 2u);
}

TEST_F(Maildir, ManyAtOnceDoNotCollide)
{
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([this] {
            for (int i = 0; i < 25; ++i)
                (void)delivery.deliver(folder, {"0A1", 0}, "", octets("x")).value();
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(files("new"), 100u);
}

TEST_F(Maildir, FolderThatCannotBeMadeIsDeferredByNumber)
{
    std::ofstream{root / "mail"} << "a file where a folder should be";
    const auto result = delivery.deliver(folder, {"0A1", 0}, "", octets("x"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().event(), EventId::store_write_failed);
    EXPECT_EQ(status_of(result.error()), "4.3.0");
}

TEST_F(Maildir, FailureLeavesNothingBehind)
{
    (void)delivery.deliver(folder, {"0A1", 0}, "", octets("x")).value();
    fs::remove_all(folder + "/new");
    std::ofstream{folder + "/new"} << "not a folder";
    EXPECT_FALSE(delivery.deliver(folder, {"0A2", 0}, "", octets("x")));
    EXPECT_EQ(files("tmp"), 0u);
}

TEST(MaildirStatus, FullDiskAndQuotaHaveTheirOwn)
{
    EXPECT_EQ(status_of(Error{EventId::store_write_failed, "", ENOSPC}), "4.3.1");
    EXPECT_EQ(status_of(Error{EventId::store_write_failed, "", EDQUOT}), "4.2.2");
}

TEST_F(Maildir, OnlyOldLeftoversAreRemoved)
{
    (void)delivery.deliver(folder, {"0A1", 0}, "", octets("x")).value();
    std::ofstream{folder + "/tmp/old"} << "x";
    std::ofstream{folder + "/tmp/fresh"} << "x";
    const ::time_t then = ::time(nullptr) - 37 * 3600;
    const ::utimbuf times{then, then};
    ASSERT_EQ(::utime((folder + "/tmp/old").c_str(), &times), 0);
    EXPECT_EQ(MaildirDelivery::clean(folder), 1u);
    EXPECT_TRUE(fs::exists(folder + "/tmp/fresh"));
}

TEST(MaildirTrace, AddressesCannotAddLines)
{
    EXPECT_EQ(trace_lines("a\r\nX: y", "b"), "Return-Path: <a??X: y>\r\nDelivered-To: b\r\n");
}

}  // namespace
}  // namespace imc::store
