#include "policy/limits.h"

#include "base/text.h"
#include "config/network.h"
#include "policy/bounded_table.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <unordered_map>

namespace imc::policy {
namespace {

using config::LimitOf;
using config::LimitRow;
using config::LimitScope;

struct Key {
    LimitScope scope{};
    LimitOf what{};
    config::AddressOctets who{};
    friend bool operator==(const Key&, const Key&) = default;
};

struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept
    {
        const std::string_view octets{reinterpret_cast<const char*>(key.who.data()),
                                      key.who.size()};
        return std::hash<std::string_view>{}(octets) * 31 +
               static_cast<std::size_t>(key.scope) * 8 + static_cast<std::size_t>(key.what);
    }
};

/// The octets of an address up to its network: /24 of IPv4, /64 of IPv6.
config::AddressOctets network_of(config::AddressOctets address)
{
    std::fill(address.begin() + (config::is_v4(address) ? 15 : 8), address.end(), std::uint8_t{0});
    return address;
}

/// Aliases are ours, so nobody chooses them to collide.
config::AddressOctets octets_of(std::string_view account)
{
    const std::uint64_t hash = std::hash<std::string>{}(lower(account));
    const std::uint64_t size = account.size();
    config::AddressOctets out{};
    std::memcpy(out.data(), &hash, sizeof hash);
    std::memcpy(out.data() + 8, &size, sizeof size);
    return out;
}

/// Nothing when the scope does not apply to this client.
std::optional<Key> key_of(const LimitRow& rule, const Client& client)
{
    Key key{rule.scope, rule.what, {}};
    switch (rule.scope) {
    case LimitScope::all: return key;
    case LimitScope::account:
        if (client.account.empty()) return {};
        key.who = octets_of(client.account);
        return key;
    case LimitScope::host:
    case LimitScope::network: {
        const auto address = config::parse_octets(client.address);
        if (!address) return {};
        key.who = rule.scope == LimitScope::host ? *address : network_of(*address);
        return key;
    }
    }
    return {};
}

struct Bucket {
    double tokens = 0;
    Deadline filled_at{};
};

/// Two rows for the same thing with different units have a bucket each.
struct RateKey {
    Key key;
    std::int64_t per = 0;
    friend bool operator==(const RateKey&, const RateKey&) = default;
};
struct RateKeyHash {
    std::size_t operator()(const RateKey& key) const noexcept
    {
        return KeyHash{}(key.key) * 31 + static_cast<std::size_t>(key.per);
    }
};

void fill(Bucket& bucket, const LimitRow& rule, Deadline now)
{
    const std::chrono::duration<double> passed = now - bucket.filled_at;
    const auto most = static_cast<double>(rule.most);
    const auto gained =
        passed.count() * most / static_cast<double>(std::max<std::int64_t>(rule.per.count(), 1));
    bucket.tokens = std::min(most, bucket.tokens + std::max(gained, 0.0));
    bucket.filled_at = std::max(bucket.filled_at, now);
}

Refusal refused(const LimitRow& rule, int code, std::string_view enhanced, bool close)
{
    return {code, std::string{enhanced},
            "Too much at once, limit: " + rule.text + "; try again later",
            "InboundLimits " + rule.text, close};
}

}  // namespace

struct Limits::State {
    explicit State(std::size_t buckets) : rates{buckets} {}

    Bucket& bucket(const LimitRow& rule, const Key& key, Deadline now)
    {
        auto& bucket = rates.at({key, rule.per.count()}, {static_cast<double>(rule.most), now});
        fill(bucket, rule, now);
        return bucket;
    }

    /// The first rule for which there is no token left.
    const LimitRow* exhausted(std::span<const LimitRow> rules, LimitOf what, const Client& client,
                              Deadline now)
    {
        for (const auto& rule : rules)
            if (rule.what == what)
                if (const auto key = key_of(rule, client);
                    key && bucket(rule, *key, now).tokens < 1)
                    return &rule;
        return nullptr;
    }
    void charge(std::span<const LimitRow> rules, LimitOf what, const Client& client, Deadline now)
    {
        for (const auto& rule : rules)
            if (rule.what == what)
                if (const auto key = key_of(rule, client)) {
                    auto& tokens = bucket(rule, *key, now).tokens;
                    tokens = std::max(0.0, tokens - 1);
                }
    }

    mutable std::mutex mutex;
    BoundedTable<RateKey, Bucket, RateKeyHash> rates;
    std::unordered_map<Key, std::uint64_t, KeyHash> places;  ///< one per open connection at most
};

struct Limits::Held::Places {
    std::shared_ptr<State> state;
    std::vector<Key> keys;
    ~Places()
    {
        const std::lock_guard lock{state->mutex};
        for (const auto& key : keys)
            if (const auto found = state->places.find(key);
                found != state->places.end() && --found->second == 0)
                state->places.erase(found);
    }
};

Limits::Held::Held() = default;
Limits::Held::Held(Held&&) noexcept = default;
Limits::Held& Limits::Held::operator=(Held&&) noexcept = default;
Limits::Held::~Held() = default;

Limits::Limits(std::size_t buckets) : state_{std::make_shared<State>(buckets)} {}
Limits::~Limits() = default;

namespace {

/// Keys of the rules about connections at once, each once, with the least number.
template <class Wanted>
std::vector<std::pair<Key, const LimitRow*>> places_of(std::span<const LimitRow> rules,
                                                       const Client& client, Wanted wanted)
{
    std::vector<std::pair<Key, const LimitRow*>> out;
    for (const auto& rule : rules) {
        if (rule.what != LimitOf::connections || !wanted(rule.scope)) continue;
        const auto key = key_of(rule, client);
        if (!key) continue;
        const auto there = std::ranges::find(out, *key, &std::pair<Key, const LimitRow*>::first);
        if (there == out.end())
            out.emplace_back(*key, &rule);
        else if (rule.most < there->second->most)
            there->second = &rule;
    }
    return out;
}

}  // namespace

Verdict Limits::connect(std::span<const LimitRow> rules, const Client& client, Deadline now,
                        Held& held)
{
    if (rules.empty()) return {};
    const auto places =
        places_of(rules, client, [](LimitScope scope) { return scope != LimitScope::account; });
    auto taken = std::make_unique<Held::Places>();
    taken->state = state_;
    taken->keys.reserve(places.size());
    {
        const std::lock_guard lock{state_->mutex};
        for (const auto& [key, rule] : places)
            if (const auto found = state_->places.find(key);
                found != state_->places.end() && found->second >= rule->most)
                return refused(*rule, 421, "4.7.0", true);
        if (const auto* rule = state_->exhausted(rules, LimitOf::new_connections, client, now))
            return refused(*rule, 421, "4.7.0", true);
        state_->charge(rules, LimitOf::new_connections, client, now);
        for (const auto& [key, rule] : places) {
            ++state_->places[key];
            taken->keys.push_back(key);
        }
    }
    held.places_ = std::move(taken);  // gives back what was held before: not under the lock
    return {};
}

Verdict Limits::authenticate(std::span<const LimitRow> rules, const Client& client, Held& held)
{
    const auto places =
        places_of(rules, client, [](LimitScope scope) { return scope == LimitScope::account; });
    if (places.empty()) return {};
    if (!held.places_) {
        held.places_ = std::make_unique<Held::Places>();
        held.places_->state = state_;
    }
    const std::lock_guard lock{state_->mutex};
    for (const auto& [key, rule] : places) {
        auto& count = state_->places[key];
        if (count >= rule->most) return refused(*rule, 421, "4.7.0", true);
        ++count;
        held.places_->keys.push_back(key);
    }
    return {};
}

Verdict Limits::message(std::span<const LimitRow> rules, const Client& client, Deadline now)
{
    if (rules.empty()) return {};
    const std::lock_guard lock{state_->mutex};
    if (const auto* rule = state_->exhausted(rules, LimitOf::messages, client, now))
        return refused(*rule, 450, "4.7.1", false);
    state_->charge(rules, LimitOf::messages, client, now);
    return {};
}

Verdict Limits::recipient(std::span<const LimitRow> rules, const Client& client, Deadline now)
{
    if (rules.empty()) return {};
    const std::lock_guard lock{state_->mutex};
    if (const auto* rule = state_->exhausted(rules, LimitOf::recipients, client, now))
        return refused(*rule, 450, "4.7.1", false);
    state_->charge(rules, LimitOf::recipients, client, now);
    return {};
}

void Limits::error(std::span<const LimitRow> rules, const Client& client, Deadline now)
{
    if (rules.empty()) return;
    const std::lock_guard lock{state_->mutex};
    state_->charge(rules, LimitOf::errors, client, now);
}

Verdict Limits::errors(std::span<const LimitRow> rules, const Client& client, Deadline now)
{
    if (rules.empty()) return {};
    const std::lock_guard lock{state_->mutex};
    if (const auto* rule = state_->exhausted(rules, LimitOf::errors, client, now))
        return refused(*rule, 421, "4.7.0", true);
    return {};
}

std::size_t Limits::buckets() const
{
    const std::lock_guard lock{state_->mutex};
    return state_->rates.size();
}

}  // namespace imc::policy
