#include "app/service/change_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace imc::app {
namespace {

using namespace std::chrono_literals;

const Deadline start = Deadline{} + 1h;

/// A service that looks around every half second, and a directory that is edited meanwhile.
class Watching : public testing::Test {
protected:
    Watching()
    {
        watch.knows_registry("one");
        watch.knows_directory(7);
    }
    /// @return  seconds after `start` at which something was tested, and how many of the edits
    ///          of the directory were made by then: "3.5:4 "
    std::string tests_until(std::chrono::milliseconds end)
    {
        std::string out;
        for (; at <= end; at += 500ms) {
            watch.saw_registry(registry_at <= at ? "two" : "one", start + at);
            const auto made = std::ranges::count_if(edits, [&](auto edit) { return edit <= at; });
            const auto look = [&]() -> std::optional<std::uint64_t> {
                ++looks;
                if (silent) return {};
                return 7 + static_cast<std::uint64_t>(made);
            };
            if (!watch.due(start + at, look)) continue;
            out += std::to_string(at.count() / 1000) + (at.count() % 1000 != 0 ? ".5:" : ":") +
                   std::to_string(made) + " ";
            if (silent) watch.unjudged(start + at);
        }
        return out;
    }

    ChangeWatch watch;
    std::chrono::milliseconds at{0};
    std::chrono::milliseconds registry_at = 24h;
    std::vector<std::chrono::milliseconds> edits;
    bool silent = false;
    int looks = 0;
};

TEST_F(Watching, NothingIsTestedWhileNothingChanges)
{
    EXPECT_EQ(tests_until(60s), "");
    EXPECT_LE(looks, 31) << "a directory may have to read everything to say that";
}

TEST_F(Watching, EditOfTheRegistryIsTestedAfterTwoSecondsOfQuiet)
{
    registry_at = 1s;
    EXPECT_EQ(tests_until(60s), "3:0 ");
}

// Seen at 2 and at 4 s, and quiet since; the test of half of them would be at 4 s.
TEST_F(Watching, SeriesOfEditsInTheDirectoryIsOneChange)
{
    edits = {700ms, 1400ms, 2100ms, 2800ms, 3500ms};
    EXPECT_EQ(tests_until(60s), "6:5 ");
}

TEST_F(Watching, EditOfTheDirectoryBeforeTheTestOfTheRegistryBelongsToIt)
{
    registry_at = 500ms;
    edits = {2400ms};
    EXPECT_EQ(tests_until(60s), "4.5:1 ");
}

// People stand in the same naming context, and somebody edits them all day.
TEST_F(Watching, SeriesWithoutAnEndIsTestedAllTheSame)
{
    for (auto each = 1000ms; each < 60s; each += 1000ms)
        edits.push_back(each);
    EXPECT_EQ(tests_until(30s), "12:12 24:24 ");
}

TEST_F(Watching, ChangeThatCouldNotBeJudgedIsTestedAgain)
{
    silent = true;
    registry_at = 0ms;
    EXPECT_EQ(tests_until(13s), "2:0 7:0 12:0 ");
    silent = false;
    EXPECT_EQ(tests_until(60s), "17:0 ") << "judged this time";
}

}  // namespace
}  // namespace imc::app
