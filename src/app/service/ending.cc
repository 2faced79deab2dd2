#include "app/service/ending.h"

#include <memory>
#include <system_error>
#include <unistd.h>

namespace imc::app {

using namespace std::chrono_literals;

namespace {

constexpr auto time_for_words = 2s;  ///< the disk of the event log may be what hangs

}  // namespace

Ending::Ending(std::chrono::milliseconds patience, Leave leave)
    : patience_{patience}, leave_{std::move(leave)},
      deadline_{std::chrono::steady_clock::now() + patience}
{
    try {
        thread_.emplace([this] { watch(); });
    } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch)
        // No thread is to be had: the end is waited for as long as systemd allows.
    }
}

Ending::~Ending()
{
    {
        const std::lock_guard lock{mutex_};
        is_over_ = true;
    }
    over_.notify_all();
    if (thread_) thread_->join();
}

void Ending::waits_for(std::string what)
{
    const std::lock_guard lock{mutex_};
    what_ = std::move(what);
    pools_.clear();
}

void Ending::waits_for(std::vector<Pool> pools)
{
    const std::lock_guard lock{mutex_};
    what_ = "work in the background";
    pools_ = std::move(pools);
}

std::vector<Hanging> Ending::hanging() const
{
    std::vector<Hanging> out;
    for (const auto& [name, pool] : pools_) {
        const auto running = PoolWork::of(*pool).running();
        if (running.pieces == 0) continue;
        out.push_back({name, running.pieces,
                       std::chrono::duration_cast<std::chrono::seconds>(running.longest),
                       patience_});
    }
    if (out.empty()) out.push_back({what_, 0, {}, patience_});
    return out;
}

void Ending::watch()
{
    std::unique_lock lock{mutex_};
    if (over_.wait_until(lock, deadline_, [this] { return is_over_; })) return;
    std::vector<Hanging> found;
    try {
        found = hanging();
    } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for names
    }
    lock.unlock();
    leave_(found);
}

void tell_cut_off(EventLog& events, const std::vector<Hanging>& hanging)
{
    for (const auto& one : hanging) {
        const auto waited = std::chrono::ceil<std::chrono::seconds>(one.waited);
        events.raise(EventId::stop_cut_off, {{"what", one.what},
                                             {"seconds", std::to_string(waited.count())},
                                             {"pieces", std::to_string(one.pieces)},
                                             {"longest", std::to_string(one.longest.count())}});
    }
    events.flush();
}

void leave_at_once(EventLog& events, const std::vector<Hanging>& hanging) noexcept
{
    struct Told {
        std::mutex mutex;
        std::condition_variable changed;
        bool is_told = false;
    };
    try {
        const auto told = std::make_shared<Told>();
        std::thread{[told, &events, &hanging] {
            try {
                tell_cut_off(events, hanging);
            } catch (...) {  // NOLINT(bugprone-empty-catch): the exit status says it
            }
            const std::lock_guard lock{told->mutex};
            told->is_told = true;
            told->changed.notify_all();
        }}.detach();
        std::unique_lock lock{told->mutex};
        told->changed.wait_for(lock, time_for_words, [&] { return told->is_told; });
    } catch (...) {  // NOLINT(bugprone-empty-catch): likewise
    }
    ::_exit(exit_cut_off);
}

}  // namespace imc::app
