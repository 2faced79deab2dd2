#pragma once
/// @file metrics/counters.h  Numbers that say what the service does. Names are the historic
/// counters', in snake_case.
///
/// Threads: any; adding is one relaxed atomic operation.
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace imc::metrics {

class Counter {
public:
    void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

struct Sample {
    std::string name;
    std::string help;
    bool grows = true;  ///< a counter; else a gauge
    std::uint64_t value = 0;
};

class Registry {
public:
    /// The same name gives the same counter.
    Counter& counter(std::string_view name, std::string_view help);
    /// Asked when a snapshot is taken, not under our lock.
    void gauge(const std::string& name, const std::string& help,
               std::function<std::uint64_t()> ask);
    /// Likewise, of one that only grows and is counted elsewhere.
    void total(const std::string& name, const std::string& help,
               std::function<std::uint64_t()> ask);
    /// Of a counter; 0: there is none of that name yet.
    std::uint64_t count(std::string_view name) const;

    std::vector<Sample> snapshot() const;  ///< by name
    std::string open_metrics() const;      ///< OpenMetrics text, names with the prefix imc_

private:
    struct Row {
        std::string help;
        bool grows = true;
        std::unique_ptr<Counter> counter;
        std::function<std::uint64_t()> ask;
    };
    mutable std::mutex mutex_;
    std::map<std::string, Row, std::less<>> rows_;
};

}  // namespace imc::metrics
