#include "smtp/sasl/attempts.h"

#include "base/text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace imc::smtp::sasl {
namespace {

std::string name_key(std::string_view name) { return "n" + lower(name); }
std::string account_key(std::string_view account) { return "a" + lower(account); }
std::string group_key(std::string_view group) { return "g" + std::string{group}; }
std::string friend_key(std::string_view account, std::string_view group)
{
    return "f" + lower(account) + '\0' + std::string{group};
}

}  // namespace

std::string address_group(std::string_view address)
{
    in6_addr six{};
    if (inet_pton(AF_INET6, std::string{address}.c_str(), &six) != 1) return std::string{address};
    std::fill(std::begin(six.s6_addr) + 8, std::end(six.s6_addr), std::uint8_t{0});
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, &six, text.data(), text.size());
    return std::string{text.data()} + "/64";
}

void Attempts::set_rules(AttemptRules rules)
{
    const std::lock_guard lock{mutex_};
    rules_ = rules;
}

Attempts::Row& Attempts::row(std::string key, Clock::time_point now)
{
    const auto found = index_.find(key);
    if (found != index_.end()) {
        auto& row = *found->second;
        rows_.splice(rows_.begin(), rows_, found->second);
        const bool stale = now - row.since >= rules_.window && row.locked_until <= now;
        const bool served = row.locked_until != Clock::time_point{} && row.locked_until <= now;
        if (stale || served) {
            row.failures = 0;
            row.locked_until = {};
            row.told = false;
        }
        return row;
    }
    rows_.push_front(Row{key});
    index_.emplace(std::move(key), rows_.begin());
    shrink(now);
    return rows_.front();
}

void Attempts::shrink(Clock::time_point now)
{
    while (rows_.size() > std::max<std::size_t>(rules_.entries, 4)) {
        auto victim = std::prev(rows_.end());
        auto candidate = victim;
        for (int looked = 0; looked < 16 && candidate != rows_.begin(); ++looked, --candidate)
            if (candidate->locked_until <= now) {
                victim = candidate;
                break;
            }
        index_.erase(victim->key);
        rows_.erase(victim);
    }
}

Attempts::Gate Attempts::charge(Row& row, unsigned most, Clock::time_point now) const
{
    if (row.locked_until > now) {
        const bool first = !row.told;
        row.told = true;
        return {false, first};
    }
    if (row.failures++ == 0) row.since = now;
    if (row.failures > most) {
        row.locked_until = now + rules_.lock;
        row.told = true;
        return {false, true};
    }
    return {true};
}

Attempts::Gate Attempts::enter(std::string_view name, std::string_view group, Clock::time_point now)
{
    const std::lock_guard lock{mutex_};
    const auto address = charge(row(group_key(group), now), rules_.address_failures, now);
    if (!address.open) return address;
    // Whoever signed in from there under this name is let through to the account's own count.
    if (index_.contains(friend_key(name, group))) return {true};
    const auto typed = charge(row(name_key(name), now), rules_.account_failures, now);
    if (!typed.open) forgive(group_key(group), false);
    return typed;
}

Attempts::Gate Attempts::enter_account(std::string_view account, std::string_view group,
                                       Clock::time_point now)
{
    const std::lock_guard lock{mutex_};
    if (index_.contains(friend_key(account, group))) return {true};
    return charge(row(account_key(account), now), rules_.account_failures, now);
}

std::chrono::milliseconds Attempts::failed(std::string_view name, std::string_view group,
                                           Clock::time_point now)
{
    const std::lock_guard lock{mutex_};
    // The count of the attempts begun is the count of failures; address and name each slow down.
    const auto failures =
        std::max({row(name_key(name), now).failures, row(group_key(group), now).failures, 1U});
    auto wait = rules_.wait;
    for (unsigned i = 1; i < failures && wait < rules_.longest_wait; ++i)
        wait *= 2;
    return std::min(wait, rules_.longest_wait);
}

void Attempts::forgive(const std::string& key, bool all)
{
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    auto& row = *found->second;
    row.failures = all || row.failures == 0 ? 0 : row.failures - 1;
    if (all) {
        row.locked_until = {};
        row.told = false;
    }
}

void Attempts::succeeded(std::string_view name, std::string_view account, std::string_view group,
                         Clock::time_point now)
{
    const std::lock_guard lock{mutex_};
    forgive(name_key(name), true);
    forgive(account_key(account), true);
    forgive(group_key(group), false);
    (void)row(friend_key(account, group), now);
    if (!same_word(name, account)) (void)row(friend_key(name, group), now);
}

void Attempts::undecided(std::string_view name, std::string_view account, std::string_view group)
{
    const std::lock_guard lock{mutex_};
    forgive(name_key(name), false);
    if (!account.empty()) forgive(account_key(account), false);
    forgive(group_key(group), false);
}

std::size_t Attempts::size() const
{
    const std::lock_guard lock{mutex_};
    return rows_.size();
}

}  // namespace imc::smtp::sasl
