#pragma once
/// @file app/service/ending.h  An end that cannot hang.
///
/// Threads and pools can only be joined for as long as it takes: whatever waits for a server or a
/// disk that does not answer would keep a stop waiting until systemd kills the process, and nobody
/// would know why. While an Ending lives its owner says what is waited for; when that takes too
/// long all together, it says so (41070) and leaves. Everything accepted is durable.
///
/// Threads: one owner; `leave` is called by a thread of its own.
#include "base/pool_work.h"
#include "event/log.h"

#include <condition_variable>
#include <functional>
#include <optional>
#include <thread>

namespace imc::app {

/// The process left since something did not end; EX_TEMPFAIL, which nothing else of ours gives.
inline constexpr int exit_cut_off = 75;
/// Of an end, for all that has no deadline of its own.
inline constexpr std::chrono::seconds patience_of_end{10};

struct Hanging {
    std::string what;
    std::size_t pieces = 0;            ///< that are counted; 0: it counts none
    std::chrono::seconds longest{};    ///< the oldest of them
    std::chrono::milliseconds waited;  ///< for all that the end had to wait for
};

class Ending {
public:
    using Leave = std::function<void(const std::vector<Hanging>&)>;

    /// The time runs from here on.
    Ending(std::chrono::milliseconds patience, Leave leave);
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    ~Ending();

    /// This is waited for from now on.
    void waits_for(std::string what);
    struct Pool {
        std::string name;
        boost::asio::thread_pool* pool;  ///< lives as long as it is waited for
    };
    void waits_for(std::vector<Pool> pools);

private:
    void watch();
    std::vector<Hanging> hanging() const;

    const std::chrono::milliseconds patience_;
    const Leave leave_;
    const std::chrono::steady_clock::time_point deadline_;
    mutable std::mutex mutex_;
    std::condition_variable over_;
    bool is_over_ = false;
    std::string what_;
    std::vector<Pool> pools_;
    std::optional<std::thread> thread_;  ///< last: it uses all above
};

/// Says what hangs and ends the process with exit_cut_off, also when the event log is what hangs.
[[noreturn]] void leave_at_once(EventLog& events, const std::vector<Hanging>& hanging) noexcept;
/// The events alone: 41070 for each.
void tell_cut_off(EventLog& events, const std::vector<Hanging>& hanging);

}  // namespace imc::app
