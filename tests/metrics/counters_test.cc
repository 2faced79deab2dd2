#include "metrics/counters.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace imc::metrics {
namespace {

TEST(Counters, TheTextIsOpenMetrics)
{
    Registry registry;
    registry.counter("mails", "Mails \"taken\"\nby \\ us").add(3);
    registry.gauge("waiting", "Those that wait", [] { return 2U; });
    registry.total("sum", "Made of others", [] { return 5U; });
    EXPECT_EQ(registry.open_metrics(), "# HELP imc_mails Mails \\\"taken\\\"\\nby \\\\ us\n"
                                       "# TYPE imc_mails counter\n"
                                       "imc_mails_total 3\n"
                                       "# HELP imc_sum Made of others\n"
                                       "# TYPE imc_sum counter\n"
                                       "imc_sum_total 5\n"
                                       "# HELP imc_waiting Those that wait\n"
                                       "# TYPE imc_waiting gauge\n"
                                       "imc_waiting 2\n"
                                       "# EOF\n");
}

// A gauge may count something, or wait for who does.
TEST(Counters, WhoIsAskedMayUseTheRegistry)
{
    Registry registry;
    registry.counter("mails", "").add(4);
    registry.gauge("twice", "", [&] { return 2 * registry.count("mails"); });
    const auto samples = registry.snapshot();
    const auto twice = std::ranges::find(samples, "twice", &Sample::name);
    ASSERT_NE(twice, samples.end());
    EXPECT_EQ(twice->value, 8U);
}

TEST(Counters, OfANameThatNobodyCountedThereIsNothing)
{
    Registry registry;
    registry.gauge("asked", "", [] { return 1U; });
    EXPECT_EQ(registry.count("nobody"), 0U);
    EXPECT_EQ(registry.count("asked"), 0U);
}

}  // namespace
}  // namespace imc::metrics
