#include "directory/recipient_cache.h"

#include "directory/schema.h"

#include <algorithm>
#include <condition_variable>
#include <unordered_map>

namespace imc {
namespace {

constexpr std::size_t flights_count = 64;

std::chrono::milliseconds age_of(const AnswerMark& mark, Deadline now)
{
    return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(now - mark.asked),
                    std::chrono::milliseconds{0});
}

}  // namespace

struct RecipientCache::Flight {
    Stamp stamp;
    std::mutex mutex;
    std::condition_variable landed;
    std::optional<Answer<Holders>> answer;
};

struct RecipientCache::Flights {
    std::mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<Flight>> by_address;
};

RecipientCache::RecipientCache(std::shared_ptr<Directory> directory,
                               RecipientCacheSettings settings, metrics::Registry& metrics)
    : directory_{std::move(directory)}, settings_{std::move(settings)},
      local_{directory_->is_local()}, table_{settings_.entries},
      flights_{std::make_unique<Flights[]>(flights_count)},
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
                           "Ages of all answers that the cache gave, added up")},
      told_{metrics.counter("recipient_cache_changes",
                            "Changes of objects that the directory has told of")},
      late_{metrics.counter("recipient_cache_late",
                            "Answers not remembered, since something changed meanwhile")}
{}

RecipientCache::~RecipientCache() = default;

bool RecipientCache::counts(const Remembered& known, const Stamp& stamp, Deadline now) const
{
    if (local_) return known.mark.revision == stamp.revision;
    if (known.mark.changes < forgotten_) return false;
    return now - known.mark.asked < (known.found() ? settings_.found : settings_.absent);
}

Answer<RecipientCache::Holders> RecipientCache::look_up(std::string_view address, Deadline deadline,
                                                        const Ask& ask, AnswerOrigin* origin)
{
    const auto now = settings_.now();
    const auto state = look(now, deadline);
    const auto known = find(address);
    const auto remembered = [&] {
        if (origin == nullptr) return;
        const auto age = std::chrono::duration_cast<std::chrono::seconds>(age_of(known->mark, now));
        *origin = {known->mark.revision, age};
    };
    if (known && state.stamp && counts(*known, *state.stamp, now)) {
        age_.add(static_cast<std::uint64_t>(age_of(known->mark, now).count()));
        (known->found() ? hits_ : absent_hits_).add();
        remembered();
        if (!known->found()) return ProvenAbsent{};
        return known->holders();
    }
    // Just found silent: who has an answer for that does not wait for a time-out.
    if (state.silent && bridges(address, known, now, *state.silent)) {
        remembered();
        return known->holders();
    }
    misses_.add();
    const auto stamp = state.stamp.value_or(Stamp{});
    if (origin != nullptr) *origin = {stamp.revision, {}};
    auto answer = ask_once(address, stamp, now, deadline, ask);
    if (const auto* silent = std::get_if<CannotSay>(&answer))
        if (bridges(address, known, now, silent->reason)) {
            remembered();
            return known->holders();
        }
    return answer;
}

bool RecipientCache::bridges(std::string_view address, const std::optional<Remembered>& known,
                             Deadline now, const Error& why)
{
    if (!known || !known->found() || settings_.stale.count() == 0) return false;
    if (why.event() != EventId::directory_unreachable) return false;  // it answers, and refuses
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - known->mark.asked);
    if (age > settings_.stale) return false;
    bridged_.add();
    if (!bridging_.exchange(true) && on_bridged) on_bridged(address, age, why);
    return true;
}

Answer<RecipientCache::Holders> RecipientCache::ask_once(std::string_view address,
                                                         const Stamp& stamp, Deadline now,
                                                         Deadline deadline, const Ask& ask)
{
    auto& flights = flights_[std::hash<std::string_view>{}(address) % flights_count];
    std::shared_ptr<Flight> flight;
    bool first = false;
    {
        const std::lock_guard lock{flights.mutex};
        auto& there = flights.by_address[std::string{address}];
        first = there == nullptr;
        if (first) {
            there = std::make_shared<Flight>();
            there->stamp = stamp;
        }
        flight = there;
    }
    if (!first) {
        // What was asked before a change that we know of is no answer to us.
        if (flight->stamp != stamp) return ask_and_keep(address, stamp, now, ask);
        std::unique_lock lock{flight->mutex};
        if (!flight->landed.wait_until(lock, deadline, [&] { return flight->answer.has_value(); }))
            return CannotSay{Error{EventId::directory_unreachable,
                                   "an equal question was not answered in time"}};
        shared_.add();
        return *flight->answer;
    }
    const auto land = [&](Answer<Holders> answer) {
        {
            const std::lock_guard lock{flights.mutex};
            flights.by_address.erase(std::string{address});
        }
        const std::lock_guard lock{flight->mutex};
        flight->answer = std::move(answer);
        flight->landed.notify_all();
    };
    try {
        auto answer = ask_and_keep(address, stamp, now, ask);
        land(answer);
        return answer;
    } catch (...) {
        land(CannotSay{Error{EventId::directory_unreachable, "an equal question failed"}});
        throw;
    }
}

Answer<RecipientCache::Holders> RecipientCache::ask_and_keep(std::string_view address,
                                                             const Stamp& stamp, Deadline now,
                                                             const Ask& ask)
{
    const auto old = directory_->old_answers();
    auto answer = ask();
    if (std::holds_alternative<CannotSay>(answer)) return answer;
    auto* holders = std::get_if<Holders>(&answer);
    if (holders != nullptr)
        for (auto& entry : *holders)
            std::erase_if(entry.attributes, [](const auto& a) { return is_secret(a.first); });
    // Another's question may have made it grow: then one answer is asked for once more.
    if (directory_->old_answers() != old) {
        old_.add();
        return answer;
    }
    evicted_.add(table_.keep(address,
                             {.asked = now, .revision = stamp.revision, .changes = stamp.changes},
                             holders != nullptr ? *holders : Holders{}));
    // A change is counted first and then ends what there is: it finds this answer, or we find it.
    if (stamp.changes != 0 && changes_ != stamp.changes) {
        table_.forget(address);
        late_.add();
    }
    return answer;
}

}  // namespace imc
