#include "app/service/recipients_keeper.h"

#include "event/caught.h"

#include <algorithm>

namespace imc::app {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto load_time = 1h;
constexpr milliseconds follows_by = 10s;  ///< what is loaded before is ended by that
constexpr milliseconds look_around = 1s;
constexpr milliseconds least_pause = 10s;
constexpr milliseconds most_pause = 10min;

}  // namespace

RecipientsKeeper::RecipientsKeeper(const config::People& people, Dn base,
                                   metrics::Registry& metrics, EventLog& events)
    : base_{std::move(base)}, events_{events}
{
    const bool local = people.directory->is_local();
    if (!RecipientCache::is_useful(people.cache, local)) return;
    cache_ = std::make_shared<RecipientCache>(people.directory, people.cache, metrics);
    cache_->on_bridged = [&events](std::string_view address, std::chrono::seconds age,
                                   const Error& why) {
        events.raise(EventId::recipients_bridged, {{"address", std::string{address}},
                                                   {"age", std::to_string(age.count())},
                                                   {"detail", why.detail()}});
    };
    cache_->on_follows = [&events](const std::string& whom) {
        events.raise(EventId::recipients_followed, {{"server", whom}});
    };
    cache_->on_lost = [&events](const Error& why) {
        events.raise(EventId::recipients_follow_lost, {{"detail", why.detail()}});
    };
    if (people.follows && !local && RecipientCache::gains_by_following(people.cache))
        following_ = people.directory->follow({"proxyAddresses"}, cache_);
    if (people.preloads && RecipientCache::gains_by_loading(people.cache, local))
        loader_ = std::thread{[this] {
            while (!contained(events_, "loading recipients", [this] { load_again_and_again(); }))
                wait(least_pause);
        }};
}

RecipientsKeeper::~RecipientsKeeper()
{
    end();
    if (loader_.joinable()) loader_.join();
}

void RecipientsKeeper::end()
{
    {
        const std::lock_guard lock{mutex_};
        ending_ = true;
    }
    ended_.notify_all();
    if (following_) following_->end();
}

bool RecipientsKeeper::ending() const
{
    const std::lock_guard lock{mutex_};
    return ending_;
}

void RecipientsKeeper::wait(milliseconds time)
{
    std::unique_lock lock{mutex_};
    ended_.wait_for(lock, time, [this] { return ending_; });
}

void RecipientsKeeper::load_again_and_again()
{
    if (following_)
        for (const auto by = after(follows_by);
             !cache_->is_following() && std::chrono::steady_clock::now() < by && !ending();)
            wait(100ms);
    auto pause = least_pause;
    while (!ending()) {
        const auto began = std::chrono::steady_clock::now();
        const bool whole = load();
        const auto took =
            std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
        pause = whole ? std::max(10 * took, least_pause) : std::min(2 * pause, most_pause);
        wait(pause);
        while (whole && !ending() && still_counts())
            wait(look_around);
    }
}

/// A thread of ours must not end the service.
bool RecipientsKeeper::still_counts() const
{
    try {
        return cache_->is_loaded();
    } catch (const std::exception&) {
        return true;  // asked again soon
    }
}

bool RecipientsKeeper::load()
{
    const auto began = std::chrono::steady_clock::now();
    Result<std::size_t> people = std::size_t{0};
    try {
        people = cache_->load(base_, after(load_time), [this] { return !ending(); });
    } catch (const std::exception& e) {
        people = Error{EventId::recipients_not_loaded, e.what()};
    }
    if (ending()) return false;
    if (!people) {
        const auto& why = people.error();
        if (!std::exchange(in_vain_, true))
            events_.raise(
                EventId::recipients_not_loaded,
                {{"detail",
                  why.event() == EventId::recipients_not_loaded ? why.detail() : why.to_string()}});
        return false;
    }
    in_vain_ = false;
    const auto took = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::steady_clock::now() - began + 500ms);
    events_.raise(EventId::recipients_loaded, {{"people", std::to_string(*people)},
                                               {"seconds", std::to_string(took.count())},
                                               {"addresses", std::to_string(cache_->size())},
                                               {"octets", std::to_string(cache_->octets())}});
    return true;
}

}  // namespace imc::app
