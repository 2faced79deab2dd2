#include "directory/recipient_cache.h"

#include "directory/schema.h"

#include <algorithm>
#include <bit>
#include <condition_variable>
#include <list>
#include <unordered_map>

namespace imc {
namespace {

constexpr std::size_t octets_each = 2048;
constexpr std::size_t most_shards = 64;
constexpr std::size_t least_in_shard = 64;
constexpr std::chrono::seconds revision_time{5};

std::size_t octets_of(const std::vector<Entry>& holders)
{
    constexpr std::size_t node = 96;  // of a map, with its allocations
    std::size_t sum = 0;
    for (const auto& entry : holders) {
        for (const auto& rdn : entry.dn.rdns())
            for (const auto& ava : rdn)
                sum += node + ava.type.size() + ava.value.size();
        for (const auto& [name, values] : entry.attributes) {
            sum += node + name.size();
            for (const auto& value : values)
                sum += sizeof(std::string) + value.size();
        }
    }
    return sum;
}

}  // namespace

struct RecipientCache::Node {
    std::string address;
    Known known;
    std::size_t octets;
};

struct RecipientCache::Flight {
    std::uint64_t revision;
    std::mutex mutex;
    std::condition_variable landed;
    std::optional<Answer<Held>> answer;
};

struct RecipientCache::Shard {
    mutable std::mutex mutex;
    std::list<Node> nodes;  ///< the one asked for last is the first
    std::unordered_map<std::string_view, std::list<Node>::iterator> by_address;
    std::unordered_map<std::string, std::shared_ptr<Flight>> flights;
    std::size_t octets = 0;
    std::size_t most_nodes = 0, most_octets = 0;

    std::optional<Known> find(std::string_view address)
    {
        const std::lock_guard lock{mutex};
        const auto found = by_address.find(address);
        if (found == by_address.end()) return {};
        nodes.splice(nodes.begin(), nodes, found->second);
        return found->second->known;
    }

    void forget(std::list<Node>::iterator node)
    {
        octets -= node->octets;
        by_address.erase(node->address);
        nodes.erase(node);
    }

    /// @return how many had to go for it
    std::size_t keep(std::string_view address, Known known)
    {
        const auto size = sizeof(Node) + 2 * address.size() +
                          (known.holders ? octets_of(*known.holders) : std::size_t{0});
        const std::lock_guard lock{mutex};
        if (const auto old = by_address.find(address); old != by_address.end()) forget(old->second);
        if (size > most_octets / 4 && known.holders) return 0;
        nodes.push_front({std::string{address}, std::move(known), size});
        by_address.emplace(nodes.front().address, nodes.begin());
        octets += size;
        std::size_t gone = 0;
        for (; nodes.size() > 1 && (nodes.size() > most_nodes || octets > most_octets); ++gone)
            forget(std::prev(nodes.end()));
        return gone;
    }
};

RecipientCache::RecipientCache(std::shared_ptr<Directory> directory,
                               RecipientCacheSettings settings, metrics::Registry& metrics)
    : directory_{std::move(directory)}, settings_{std::move(settings)},
      local_{directory_->is_local()}, count_{std::bit_floor(std::clamp<std::size_t>(
                                          settings_.entries / least_in_shard, 1, most_shards))},
      shards_{std::make_unique<Shard[]>(count_)},
      hits_{metrics.counter("recipient_cache_hits", "Addresses found in the cache")},
      absent_hits_{
          metrics.counter("recipient_cache_absent_hits", "Addresses of nobody, said by the cache")},
      misses_{metrics.counter("recipient_cache_misses", "Addresses that the directory was asked")},
      shared_{metrics.counter("recipient_cache_shared",
                              "Addresses answered by an equal question under way")},
      bridged_{metrics.counter("recipient_cache_bridged",
                               "Addresses found earlier and taken while the directory is silent")},
      evicted_{metrics.counter("recipient_cache_evicted", "Answers forgotten for want of room")},
      old_{metrics.counter("recipient_cache_old",
                           "Answers of servers that lack changes seen before, and not remembered")},
      age_{metrics.counter("recipient_cache_age_milliseconds",
                           "Ages of all answers that the cache gave, added up")}
{
    for (std::size_t i = 0; i < count_; ++i) {
        shards_[i].most_nodes = std::max<std::size_t>(settings_.entries / count_, 1);
        shards_[i].most_octets = shards_[i].most_nodes * octets_each;
    }
}

RecipientCache::~RecipientCache() = default;

RecipientCache::Shard& RecipientCache::shard_of(std::string_view address) const
{
    // The table inside takes the low bits.
    return shards_[(std::hash<std::string_view>{}(address) >> 40U) & (count_ - 1)];
}

bool RecipientCache::counts(const Known& known, std::uint64_t revision, Deadline now) const
{
    if (known.revision != revision) return false;
    return local_ || now - known.asked < (known.holders ? settings_.found : settings_.absent);
}

Answer<RecipientCache::Held> RecipientCache::look_up(std::string_view address, Deadline deadline,
                                                     const Ask& ask, AnswerOrigin* origin)
{
    const auto remembered = [origin](const Known& what, Deadline at) {
        if (origin == nullptr) return;
        const auto age = std::chrono::duration_cast<std::chrono::seconds>(at - what.asked);
        *origin = {what.revision, std::max(age, std::chrono::seconds{0})};
    };
    const auto now = settings_.now();
    auto& shard = shard_of(address);
    const auto state = look(now, deadline);
    const auto known = shard.find(address);
    if (known && state.revision && counts(*known, *state.revision, now)) {
        const auto age =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - known->asked).count();
        age_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(age, 0)));
        (known->holders ? hits_ : absent_hits_).add();
        remembered(*known, now);
        if (!known->holders) return ProvenAbsent{};
        return known->holders;
    }
    // Just found silent: who has an answer for that does not wait for a time-out.
    if (state.silent)
        if (auto answer = bridged(address, known, now, *state.silent)) {
            remembered(*known, now);
            return *std::move(answer);
        }
    misses_.add();
    if (origin != nullptr) *origin = {state.revision.value_or(0), {}};
    auto answer = ask_once(shard, address, state.revision.value_or(0), now, deadline, ask);
    if (const auto* silent = std::get_if<CannotSay>(&answer))
        if (auto other = bridged(address, known, now, silent->reason)) {
            remembered(*known, now);
            return *std::move(other);
        }
    return answer;
}

std::optional<Answer<RecipientCache::Held>>
RecipientCache::bridged(std::string_view address, const std::optional<Known>& known, Deadline now,
                        const Error& why)
{
    if (!known || !known->holders || settings_.stale.count() == 0) return {};
    if (why.event() != EventId::directory_unreachable) return {};  // it answers, and refuses
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - known->asked);
    if (age > settings_.stale) return {};
    bridged_.add();
    if (!bridging_.exchange(true) && on_bridged) on_bridged(address, age, why);
    return known->holders;
}

RecipientCache::Now RecipientCache::look(Deadline now, Deadline deadline)
{
    if (local_) {
        const auto revision = directory_->revision(deadline);
        if (!revision) return {{}, revision.error()};
        if (bridging_) bridging_ = false;
        return {*revision, {}};
    }
    {
        const std::lock_guard lock{seen_mutex_};
        const auto ago = now - looked_;
        const bool ever = looked_ != Deadline{};
        const bool others_look = looking_ && ever && ago < 2 * settings_.look_every;
        if (ever && (ago < settings_.look_every || others_look)) {
            if (silent_) return {{}, silent_};
            return {seen_, {}};
        }
    }
    if (looking_.exchange(true)) return {};
    struct Looked {
        std::atomic<bool>& looking;
        ~Looked() { looking = false; }
    } looked{looking_};
    return ask_revision(now, deadline);
}

RecipientCache::Now RecipientCache::ask_revision(Deadline now, Deadline deadline)
{
    const auto revision = directory_->revision(std::min(deadline, after(revision_time)));
    const std::lock_guard lock{seen_mutex_};
    looked_ = now;
    if (!revision) {
        silent_ = revision.error();
        return {{}, silent_};
    }
    silent_.reset();
    bridging_ = false;
    seen_ = std::max(seen_, *revision);
    return {seen_, {}};
}

Answer<RecipientCache::Held> RecipientCache::ask_once(Shard& shard, std::string_view address,
                                                      std::uint64_t revision, Deadline now,
                                                      Deadline deadline, const Ask& ask)
{
    std::shared_ptr<Flight> flight;
    bool first = false;
    {
        const std::lock_guard lock{shard.mutex};
        auto& there = shard.flights[std::string{address}];
        first = there == nullptr;
        if (first) {
            there = std::make_shared<Flight>();
            there->revision = revision;
        }
        flight = there;
    }
    if (!first) {
        // What was asked before a change that we know of is no answer to us.
        if (flight->revision != revision) return ask_and_keep(shard, address, revision, now, ask);
        std::unique_lock lock{flight->mutex};
        if (!flight->landed.wait_until(lock, deadline, [&] { return flight->answer.has_value(); }))
            return CannotSay{Error{EventId::directory_unreachable,
                                   "an equal question was not answered in time"}};
        shared_.add();
        return *flight->answer;
    }
    const auto land = [&](Answer<Held> answer) {
        {
            const std::lock_guard lock{shard.mutex};
            shard.flights.erase(std::string{address});
        }
        const std::lock_guard lock{flight->mutex};
        flight->answer = std::move(answer);
        flight->landed.notify_all();
    };
    try {
        auto answer = ask_and_keep(shard, address, revision, now, ask);
        land(answer);
        return answer;
    } catch (...) {
        land(CannotSay{Error{EventId::directory_unreachable, "an equal question failed"}});
        throw;
    }
}

Answer<RecipientCache::Held> RecipientCache::ask_and_keep(Shard& shard, std::string_view address,
                                                          std::uint64_t revision, Deadline now,
                                                          const Ask& ask)
{
    const auto old = directory_->old_answers();
    auto answer = ask();
    if (auto* silent = std::get_if<CannotSay>(&answer)) return std::move(*silent);
    Held held;
    if (auto* holders = std::get_if<Holders>(&answer)) {
        for (auto& entry : *holders)
            std::erase_if(entry.attributes, [](const auto& a) { return is_secret(a.first); });
        held = std::make_shared<const Holders>(std::move(*holders));
    }
    // Another's question may have made it grow: then one answer is asked for once more.
    if (directory_->old_answers() == old)
        evicted_.add(shard.keep(address, {held, now, revision}));
    else
        old_.add();
    if (!held) return ProvenAbsent{};
    return held;
}

std::size_t RecipientCache::size() const
{
    std::size_t sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const std::lock_guard lock{shards_[i].mutex};
        sum += shards_[i].nodes.size();
    }
    return sum;
}

std::size_t RecipientCache::octets() const
{
    std::size_t sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const std::lock_guard lock{shards_[i].mutex};
        sum += shards_[i].octets;
    }
    return sum;
}

}  // namespace imc
