#pragma once
/// @file app/service/counter_list.h  Every number that the service counts: its name, what it says,
/// and what it was called in the historic connector's Performance Monitor object, MSExchangeIMC.
///
/// One table: the service declares these at its start, so that a counter reads 0 and is not
/// missing; tests/data/counters.txt is the golden list, docs/manual/counters.md shows it.
///
/// KB: Q153655, Q156063, Q182502
#include "metrics/counters.h"

#include <span>

namespace imc::app {

enum class CounterKind : std::uint8_t {
    total,  ///< grows from the start of the service on; "_total" in OpenMetrics
    sum,    ///< likewise, made of what is counted elsewhere
    now,    ///< a gauge
};

struct CounterRow {
    std::string_view name;  ///< without "imc_"
    CounterKind kind;
    std::string_view historic;  ///< empty: it had none
    std::string_view help;
};

std::span<const CounterRow> counter_list();
std::string_view help_of(std::string_view name);  ///< empty: it does not stand in the list

/// Those that are added to; what is asked has its rows by add_gauges().
void declare_counters(metrics::Registry& metrics);

}  // namespace imc::app
