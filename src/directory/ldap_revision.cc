#include "directory/ldap_directory.h"

#include <algorithm>
#include <charconv>

namespace imc::ldap {
namespace {

std::optional<std::uint64_t> number(std::string_view digits, int base = 10)
{
    std::uint64_t value = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stop, failure] = std::from_chars(digits.data(), end, value, base);
    if (failure != std::errc{} || stop != end) return std::nullopt;
    return value;
}

/// "20261124130000.123456Z#00002a#000#000000" or "20261124130000Z": see ldap.h.
std::uint64_t to_revision(std::string_view stamp)
{
    if (stamp.size() < 15) return 0;
    const auto part = [&](std::size_t at, std::size_t length) {
        return number(stamp.substr(at, length)).value_or(0);
    };
    const std::chrono::year_month_day day{std::chrono::year{static_cast<int>(part(0, 4))},
                                          std::chrono::month{static_cast<unsigned>(part(4, 2))},
                                          std::chrono::day{static_cast<unsigned>(part(6, 2))}};
    if (!day.ok()) return 0;
    const auto days = std::chrono::sys_days{day}.time_since_epoch().count();
    if (days < 0) return 0;
    const auto seconds =
        ((static_cast<std::uint64_t>(days) * 24 + part(8, 2)) * 60 + part(10, 2)) * 60 +
        part(12, 2);
    const auto fraction = stamp[14] == '.' && stamp.size() >= 21 ? part(15, 6) : 0;
    const auto mark = stamp.find('#');
    const auto count =
        mark == std::string_view::npos ? 0 : number(stamp.substr(mark + 1, 6), 16).value_or(0);
    return (seconds * 1'000'000 + fraction) * 16 + (count & 15U);
}

}  // namespace

Result<std::uint64_t> LdapDirectory::revision(Deadline deadline)
{
    auto bases = memory_->contexts();
    Root top;
    if (bases.empty()) {
        auto asked = root(deadline);
        if (!asked) return asked.error();
        top = *std::move(asked);
        bases = suffixes_of(top.contexts);
    }
    std::uint64_t newest = 0;
    SeenChanges shown;
    std::uint64_t state = 0;  // of what has no contextCSN
    bool all_have = !bases.empty();
    std::size_t hidden = 0;
    const auto take = [&](const std::vector<Found>& found, bool whole) {
        for (const auto& entry : found)
            for (const auto& [name, values] : entry.attributes)
                for (const auto& value : values) {
                    newest = std::max(newest, to_revision(value));
                    if (whole) state += std::hash<std::string>{}(entry.dn + "\n" + value);
                }
    };
    if (!top.usn.empty()) {
        // Active Directory counts the changes of each of its servers.
        state = std::hash<std::string>{}(top.usn);
        bases.clear();
        all_have = false;
    }
    for (const auto& base : bases) {
        // Not asked by "(contextCSN=*)": the server adds the attribute to an answer, and does not
        // see it when it filters.
        std::optional<Error> unseen;
        auto suffix = ask({.base = base,
                           .scope = Scope::base,
                           .filter = "(objectClass=*)",
                           .attributes = {"contextCSN"},
                           .several = bases.size() > 1},
                          deadline, false, nullptr, &unseen);
        if (!suffix) return suffix.error();
        // One of several that is hidden shows no changes; it is asked again each time.
        if (unseen && ++hidden < bases.size()) continue;
        if (unseen) return *std::move(unseen);
        take(*suffix, false);
        for (const auto& entry : *suffix)
            for (const auto& [name, values] : entry.attributes)
                for (const auto& value : values)
                    shown.take(base, value);
        if (!suffix->empty() && !suffix->front().attributes.empty()) continue;
        all_have = false;
        if (!pool_.settings().counts_by_reading) continue;
        auto all = ask({.base = base,
                        .scope = Scope::subtree,
                        .filter = "(objectClass=*)",
                        .attributes = {"entryCSN", "modifyTimestamp"},
                        .limit = 1'000'000},
                       deadline);
        if (!all) return all.error();
        take(*all, true);
    }
    if (all_have) {
        memory_->know(std::move(bases));
        memory_->take(shown);
    }
    // What was removed leaves no stamp: without contextCSN it shows in what remains.
    const std::lock_guard lock{seen_mutex_};
    bool news = state != seen_state_;
    // A provider whose clock is behind makes changes that are older than the newest. Another one
    // may have seen them before us; those who ask us have not heard of it.
    if (all_have) news = counted_.take(shown) || news;
    if (news && newest <= seen_revision_) newest = seen_revision_ + 1;
    seen_state_ = state;
    return seen_revision_ = std::max(newest, seen_revision_);
}

}  // namespace imc::ldap
