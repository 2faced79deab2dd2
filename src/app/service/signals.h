#pragma once
/// @file app/service/signals.h  Signals as answers to a question, and the end that comes in any
/// case.
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <thread>

namespace imc::app {

/// SIGTERM, SIGINT, SIGQUIT and SIGHUP reach the main thread only when it asks; threads begin with
/// all of them blocked. Make it before the first thread.
class Signals {
public:
    Signals();
    /// The next one, or 0 after `time`.
    int wait(std::chrono::milliseconds time) const;

private:
    sigset_t set_{};
};

bool is_stop(int signal);  ///< SIGTERM, SIGINT, SIGQUIT

/// Ends the process when the orderly end does not come in time. Everything accepted is durable.
class LastResort {
public:
    LastResort(std::chrono::milliseconds time, std::function<void()> last_words);
    LastResort(const LastResort&) = delete;
    LastResort& operator=(const LastResort&) = delete;
    ~LastResort();

private:
    std::mutex mutex_;
    std::condition_variable ended_;
    bool over_ = false;
    std::thread thread_;
};

}  // namespace imc::app
