#include "metrics/counters.h"

namespace imc::metrics {
namespace {

/// OpenMetrics 1.0, "escaped-string".
std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out;
}

}  // namespace

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
    rows_[name] = {help, false, nullptr, std::move(ask)};
}

void Registry::total(const std::string& name, const std::string& help,
                     std::function<std::uint64_t()> ask)
{
    const std::lock_guard lock{mutex_};
    rows_[name] = {help, true, nullptr, std::move(ask)};
}

std::uint64_t Registry::count(std::string_view name) const
{
    const std::lock_guard lock{mutex_};
    const auto row = rows_.find(name);
    return row == rows_.end() || !row->second.counter ? 0 : row->second.counter->value();
}

std::vector<Sample> Registry::snapshot() const
{
    std::vector<Sample> out;
    std::vector<std::pair<std::size_t, std::function<std::uint64_t()>>> to_ask;
    {
        const std::lock_guard lock{mutex_};
        for (const auto& [name, row] : rows_) {
            if (!row.counter) to_ask.emplace_back(out.size(), row.ask);
            out.push_back({name, row.help, row.grows, row.counter ? row.counter->value() : 0});
        }
    }
    // Who is asked may take locks of its own, and sessions count meanwhile.
    for (const auto& [index, ask] : to_ask)
        out[index].value = ask();
    return out;
}

std::string Registry::open_metrics() const
{
    std::string out;
    for (const auto& sample : snapshot()) {
        const auto name = "imc_" + sample.name;
        out += "# HELP " + name + " " + escaped(sample.help) + "\n# TYPE " + name +
               (sample.grows ? " counter\n" : " gauge\n");
        out += name + (sample.grows ? "_total " : " ") + std::to_string(sample.value) + "\n";
    }
    return out + "# EOF\n";
}

}  // namespace imc::metrics
