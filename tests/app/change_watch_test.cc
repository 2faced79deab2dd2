#include "app/service/change_watch.h"

#include <gtest/gtest.h>

namespace imc::app {
namespace {

using namespace std::chrono_literals;

const Deadline start = Deadline{} + 1h;

ChangeWatch after_a_start()
{
    ChangeWatch watch;
    watch.knows_registry("one");
    watch.knows_directory(7);
    return watch;
}

TEST(ChangeWatch, NothingIsDueWhileNothingChanges)
{
    auto watch = after_a_start();
    watch.saw_registry("one", start);
    watch.saw_directory(7, start);
    EXPECT_FALSE(watch.due(start + 24h));
}

TEST(ChangeWatch, SeriesOfEditsIsTestedOnceAfterTwoSecondsOfQuiet)
{
    auto watch = after_a_start();
    watch.saw_registry("two", start);
    watch.saw_directory(8, start + 1500ms);
    EXPECT_FALSE(watch.due(start + 3s)) << "only 1.5 s of quiet";
    EXPECT_TRUE(watch.due(start + 3500ms));
    EXPECT_FALSE(watch.due(start + 1h)) << "tested already";
}

TEST(ChangeWatch, ChangeThatCouldNotBeJudgedIsTestedAgain)
{
    auto watch = after_a_start();
    watch.saw_registry("two", start);
    EXPECT_TRUE(watch.due(start + 2s));
    watch.unjudged(start + 2s);
    EXPECT_FALSE(watch.due(start + 6s));
    EXPECT_TRUE(watch.due(start + 7s));
    EXPECT_FALSE(watch.due(start + 1h)) << "judged this time";
}

}  // namespace
}  // namespace imc::app
