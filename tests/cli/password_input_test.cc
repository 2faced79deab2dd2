#include "cli/password_input.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <pty.h>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace imc::cli {
namespace {

/// The answer, or the refusal's text; its event is always 40282.
std::string outcome(const Result<std::string>& result)
{
    if (result) return "set: " + *result;
    EXPECT_EQ(result.error().event(), EventId::password_refused);
    return result.error().detail();
}

class Terminal {
public:
    Terminal()
    {
        if (::openpty(&ours_, &theirs_, nullptr, nullptr, nullptr) != 0)
            throw std::runtime_error{"no terminal"};
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal()
    {
        ::close(ours_);
        ::close(theirs_);
    }

    /// Types each answer when its prompt is there.
    std::string asked(const std::vector<std::string>& answers)
    {
        std::thread typist{[&] {
            for (const auto& answer : answers) {
                while (!shown_.ends_with(": ")) {
                    std::array<char, 256> octets{};
                    const auto got = ::read(ours_, octets.data(), octets.size());
                    if (got <= 0) return;
                    shown_.append(octets.data(), static_cast<std::size_t>(got));
                }
                shown_ += "|";
                if (::write(ours_, answer.data(), answer.size()) < 0) return;
            }
        }};
        std::istringstream nothing;
        const auto result = read_new_password("", nothing, theirs_, "ann");
        typist.join();
        return outcome(result);
    }

    const std::string& shown() const { return shown_; }

private:
    int ours_ = -1, theirs_ = -1;
    std::string shown_;
};

TEST(PasswordInput, TerminalIsAskedTwiceAndShowsNothing)
{
    Terminal terminal;
    EXPECT_EQ(terminal.asked({"wrong\x15se\xc3\xa4\x7f\x7f"
                              "ecret\n",
                              "secret\n"}),
              "set: secret");
    EXPECT_EQ(terminal.shown(), "New password of ann: |\r\nOnce more: |");
}

TEST(PasswordInput, TwoThatDifferAndOneBrokenOffSetNothing)
{
    EXPECT_EQ(Terminal{}.asked({"secret\n", "secrets\n"}),
              "ann was not set: the two were not the same");
    EXPECT_EQ(Terminal{}.asked({"sec\x03"}), "ann was not set: broken off");
}

TEST(PasswordInput, FileIsReadWhenNobodyElseCanReadIt)
{
    char folder[] = "/tmp/imc-password-XXXXXX";
    const std::filesystem::path file = std::filesystem::path{::mkdtemp(folder)} / "p";
    std::istringstream nothing;
    const auto read = [&] { return outcome(read_new_password(file, nothing, -1, "ann")); };
    EXPECT_NE(read().find("No such file"), std::string::npos);
    std::ofstream{file} << "secret\r\n";
    std::filesystem::permissions(file, std::filesystem::perms{0600});
    EXPECT_EQ(read(), "set: secret");
    std::filesystem::permissions(file, std::filesystem::perms{0640});
    EXPECT_NE(read().find("can be read by others"), std::string::npos);
    std::filesystem::permissions(file, std::filesystem::perms{0600});
    std::ofstream{file} << "\n";
    EXPECT_EQ(read(), "ann was not set: an empty password");
    std::filesystem::remove_all(folder);
}

TEST(PasswordInput, StandardInputOnlyWhenAskedForAndElseATerminalIsNeeded)
{
    std::istringstream in{"secret\n"};
    EXPECT_EQ(outcome(read_new_password("-", in, -1, "ann")), "set: secret");
    EXPECT_NE(outcome(read_new_password("", in, -1, "ann")).find("no terminal"), std::string::npos);
}

}  // namespace
}  // namespace imc::cli
