#include "event/caught.h"

#include "event/post_contained.h"
#include "kit/remember.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>

namespace imc {
namespace {

class Caught : public testing::Test {
protected:
    Caught() { events_.add(std::make_unique<kit::Remember>(raised_)); }
    std::string detail(EventId id) const
    {
        for (const auto& record : raised_)
            if (record.id == id)
                for (const auto& [key, value] : record.fields)
                    if (key == "detail") return value;
        return {};
    }

    std::vector<EventRecord> raised_;
    EventLog events_;
};

TEST_F(Caught, WhatIsThrownIsAnEventAndGoesNoFurther)
{
    EXPECT_FALSE(contained(events_, "a walk", [] { throw std::runtime_error{"a defect"}; }));
    EXPECT_EQ(detail(EventId::exception_handled), "a walk: a defect");
}

TEST_F(Caught, WhatIsNoExceptionIsContainedAsWell)
{
    EXPECT_FALSE(contained(events_, "a walk", [] { throw 42; }));
    EXPECT_EQ(detail(EventId::exception_handled), "a walk: something that is no std::exception");
}

TEST_F(Caught, WorkThatEndsWellRaisesNothing)
{
    EXPECT_TRUE(contained(events_, "a walk", [] {}));
    EXPECT_TRUE(raised_.empty());
}

TEST_F(Caught, PartThatBeginsAgainIsNamed)
{
    try {
        throw std::bad_alloc{};
    } catch (...) {
        raise_begins_again(events_, "The listener 127.0.0.1:25");
    }
    ASSERT_EQ(raised_.size(), 1U);
    EXPECT_EQ(raised_.front().id, EventId::part_begins_again);
    EXPECT_NE(raised_.front().description.find("The listener 127.0.0.1:25"), std::string::npos);
    EXPECT_NE(raised_.front().description.find("bad_alloc"), std::string::npos);
}

TEST_F(Caught, OutsideOfACatchBlockThereIsNothingToSay)
{
    EXPECT_STREQ(caught_words(), "nothing is known of it");
}

// Asio ends the process when a handler of a thread_pool throws.
TEST_F(Caught, PoolGoesOnAfterWorkThatThrows)
{
    boost::asio::thread_pool pool{1};
    std::atomic<bool> went_on = false;
    post_contained(pool, events_, "a walk", [] { throw std::bad_alloc{}; });
    post_contained(pool, events_, "a walk", [&went_on] { went_on = true; });
    pool.join();
    EXPECT_TRUE(went_on);
    EXPECT_EQ(detail(EventId::exception_handled), "a walk: std::bad_alloc");
}

}  // namespace
}  // namespace imc
