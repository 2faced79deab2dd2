#pragma once
/// @file app/service/pulse.h  A second's beat: samples the rates, and looks at the four queues so
/// that a reader of counters walks through nothing.
///
/// How full the four queues are is 15 s old at most while a look is quick; the walk through a long
/// queue is done seldom enough to take a twentieth of one processor at most.
///
/// Threads: a thread of its own; readers from any.
#include "metrics/counters.h"
#include "metrics/rates.h"
#include "queue/queue.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace imc::app {

/// The four historic queues, in the order of queue::Views.
class QueuePicture {
public:
    void look(const queue::Queue& queue);
    std::uint64_t messages(std::size_t view) const { return messages_.at(view); }
    std::uint64_t octets(std::size_t view) const { return octets_.at(view); }

private:
    std::array<std::atomic<std::uint64_t>, 4> messages_{}, octets_{};
};

class Pulse {
public:
    Pulse(metrics::Registry& metrics, const queue::Queue& queue);
    ~Pulse() { stop(); }
    Pulse(const Pulse&) = delete;
    Pulse& operator=(const Pulse&) = delete;

    void start();
    void stop();  ///< the queue is not looked at afterwards

    const metrics::Rates& rates() const { return rates_; }
    const QueuePicture& picture() const { return picture_; }

    /// Called each second, on the pulse's thread. Set before start().
    std::function<void()> each_second;

private:
    void run();
    void beat();

    metrics::Registry& metrics_;
    const queue::Queue& queue_;
    metrics::Rates rates_;
    QueuePicture picture_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool end_ = false;
    std::chrono::steady_clock::time_point look_at_{};
    std::thread thread_;
};

}  // namespace imc::app
