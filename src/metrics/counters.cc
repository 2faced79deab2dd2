#include "metrics/counters.h"

namespace imc::metrics {

Counter& Registry::counter(std::string_view name, std::string_view help)
{
    const std::lock_guard lock{mutex_};
    const auto there = rows_.find(name);
    auto& row = there != rows_.end() ? there->second : rows_[std::string{name}];
    if (!row.counter) {
        row.help = help;
        row.counter = std::make_unique<Counter>();
    }
    return *row.counter;
}

void Registry::gauge(const std::string& name, const std::string& help,
                     std::function<std::uint64_t()> ask)
{
    const std::lock_guard lock{mutex_};
    auto& row = rows_[name];
    row.help = help;
    row.ask = std::move(ask);
}

std::vector<Sample> Registry::snapshot() const
{
    const std::lock_guard lock{mutex_};
    std::vector<Sample> out;
    for (const auto& [name, row] : rows_)
        out.push_back({name, row.help, row.counter != nullptr,
                       row.counter ? row.counter->value() : row.ask()});
    return out;
}

std::string Registry::open_metrics() const
{
    std::string out;
    for (const auto& sample : snapshot()) {
        const auto name = "imc_" + sample.name;
        out += "# HELP " + name + " " + sample.help + "\n# TYPE " + name +
               (sample.grows ? " counter\n" : " gauge\n");
        out += name + (sample.grows ? "_total " : " ") + std::to_string(sample.value) + "\n";
    }
    return out + "# EOF\n";
}

}  // namespace imc::metrics
