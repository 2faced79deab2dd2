#include "app/service/pulse.h"

#include "queue/views.h"

#include <algorithm>

namespace imc::app {

using namespace std::chrono_literals;

namespace {

constexpr auto between_looks = 15s;
constexpr int share_of_looks = 20;

}  // namespace

void QueuePicture::look(const queue::Queue& queue)
{
    const auto views = queue::Views{queue}.count();
    for (std::size_t i = 0; i < views.size(); ++i) {
        messages_[i] = views[i].messages;
        octets_[i] = views[i].octets;
    }
}

Pulse::Pulse(metrics::Registry& metrics, const queue::Queue& queue)
    : metrics_{metrics}, queue_{queue}, rates_{{"in", "out", "refused", "delivered", "deferred"}}
{
    rates_.sample(wall_clock().now(), {0, 0, 0, 0, 0});  // what came first counts, too
}

void Pulse::start()
{
    if (!thread_.joinable()) thread_ = std::thread{[this] { run(); }};
}

void Pulse::stop()
{
    {
        const std::lock_guard lock{mutex_};
        end_ = true;
    }
    ended_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Pulse::run()
{
    for (;;) {
        try {
            beat();
        } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for a picture is no end of mail
        }
        std::unique_lock lock{mutex_};
        if (ended_.wait_for(lock, 1s, [this] { return end_; })) return;
    }
}

void Pulse::beat()
{
    const auto counts = queue_.counts();
    rates_.sample(wall_clock().now(),
                  {metrics_.count("inbound_messages"), metrics_.count("outbound_messages"),
                   metrics_.count("refused"), counts.delivered, counts.attempts_deferred});
    const auto begun = std::chrono::steady_clock::now();
    if (begun >= look_at_) {
        picture_.look(queue_);
        const auto took = std::chrono::steady_clock::now() - begun;
        look_at_ = begun + std::max<std::chrono::steady_clock::duration>(between_looks,
                                                                         share_of_looks * took);
    }
    if (each_second) each_second();
}

}  // namespace imc::app
