#include "directory/seen_changes.h"

#include <charconv>
#include <chrono>
#include <utility>

namespace imc {
namespace {

std::optional<std::uint32_t> number(std::string_view digits, int base)
{
    std::uint32_t value = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stop, failure] = std::from_chars(digits.data(), end, value, base);
    if (failure != std::errc{} || stop != end) return {};
    return value;
}

/// "20261124130000.123456Z"; at most six digits of a fraction.
std::optional<std::uint64_t> microseconds_of(std::string_view time)
{
    if (time.size() < 15 || time.back() != 'Z') return {};
    std::uint32_t parts[6];
    constexpr std::size_t lengths[] = {4, 2, 2, 2, 2, 2};
    std::size_t at = 0;
    for (std::size_t i = 0; i < 6; at += lengths[i++]) {
        const auto part = number(time.substr(at, lengths[i]), 10);
        if (!part) return {};
        parts[i] = *part;
    }
    const std::chrono::year_month_day day{std::chrono::year{static_cast<int>(parts[0])},
                                          std::chrono::month{parts[1]}, std::chrono::day{parts[2]}};
    const auto days = day.ok() ? std::chrono::sys_days{day}.time_since_epoch().count() : -1;
    if (days < 0 || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) return {};
    std::uint64_t fraction = 0;
    const auto digits = time.substr(at, time.size() - 1 - at);
    if (!digits.empty()) {
        if (digits.size() < 2 || digits.size() > 7 || digits[0] != '.') return {};
        const auto read = number(digits.substr(1), 10);
        if (!read) return {};
        fraction = *read;
        for (auto i = digits.size(); i < 7; ++i)
            fraction *= 10;
    }
    const auto seconds =
        ((static_cast<std::uint64_t>(days) * 24 + parts[3]) * 60 + parts[4]) * 60 + parts[5];
    return seconds * 1'000'000 + fraction;
}

std::string hexadecimal(std::uint16_t provider)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const unsigned shift : {8U, 4U, 0U})
        out += digits[(provider >> shift) & 15U];
    return out;
}

}  // namespace

std::optional<ProviderStamp> parse_context_csn(std::string_view text)
{
    if (text.size() > 100) return {};
    std::string_view parts[4];
    for (std::size_t i = 0; i < 4; ++i) {
        const auto end = i < 3 ? text.find('#') : text.size();
        if (end == text.npos) return {};
        parts[i] = text.substr(0, end);
        text.remove_prefix(i < 3 ? end + 1 : end);
    }
    const auto time = microseconds_of(parts[0]);
    const auto count = number(parts[1], 16);
    const auto provider = number(parts[2], 16);
    const auto part = number(parts[3], 16);
    if (!time || !count || !provider || !part || *provider > 0xfff) return {};
    return ProviderStamp{static_cast<std::uint16_t>(*provider), {*time, *count, *part}};
}

void SeenChanges::take(const std::string& context, std::string_view csn)
{
    if (const auto read = parse_context_csn(csn))
        take({context, read->provider}, {read->stamp, std::string{csn}});
}

bool SeenChanges::take(const Key& key, const Known& known)
{
    const auto [at, added] = newest_.try_emplace(key, known);
    if (added) return true;
    if (known.stamp <= at->second.stamp) return false;
    at->second = known;
    return true;
}

bool SeenChanges::take(const SeenChanges& other)
{
    bool news = false;
    for (const auto& [key, known] : other.newest_)
        news = take(key, known) || news;
    return news;
}

bool ChangeMemory::take(const SeenChanges& changes)
{
    const std::lock_guard lock{mutex_};
    return changes_.take(changes);
}

std::string ChangeMemory::missing_in(const SeenChanges& shown) const
{
    const std::lock_guard lock{mutex_};
    return shown.missing(changes_);
}

SeenChanges ChangeMemory::changes() const
{
    const std::lock_guard lock{mutex_};
    return changes_;
}

std::vector<std::string> ChangeMemory::contexts() const
{
    const std::lock_guard lock{mutex_};
    return contexts_;
}

void ChangeMemory::know(std::vector<std::string> contexts)
{
    const std::lock_guard lock{mutex_};
    contexts_ = std::move(contexts);
}

std::string SeenChanges::stamps(const std::string& context) const
{
    std::string out;
    for (const auto& [key, known] : newest_)
        if (key.context == context) out += (out.empty() ? "" : ";") + known.text;
    return out;
}

std::string SeenChanges::missing(const SeenChanges& others) const
{
    std::string out;
    for (const auto& [key, seen] : others.newest_) {
        const auto here = newest_.find(key);
        if (here != newest_.end() && here->second.stamp >= seen.stamp) continue;
        out += (out.empty() ? "" : "; ") + std::string{"provider "} + hexadecimal(key.provider) +
               ": has " + (here == newest_.end() ? "nothing" : here->second.text) + ", seen " +
               seen.text;
    }
    return out;
}

}  // namespace imc
