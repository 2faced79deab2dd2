#include "admin/rates_api.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace imc::admin {
namespace {

using namespace std::chrono_literals;

TEST(Rates, AListForEachSeriesFromTheFirstMinuteOn)
{
    metrics::Rates rates{{"in", "refused"}};
    const WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 27} + 12h};
    rates.sample(noon, {0, 0});
    rates.sample(noon + 70s, {4, 1});
    EXPECT_EQ(boost::json::serialize(to_json(rates.read())),
              R"({"step":60,"from":"2026-11-27T12:00:00.000Z","in":[0,4],"refused":[0,1]})");
}

}  // namespace
}  // namespace imc::admin
