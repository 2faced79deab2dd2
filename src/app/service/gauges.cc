#include "app/service/gauges.h"

namespace imc::app {

void add_gauges(metrics::Registry& metrics, const smtp::Sessions& sessions,
                const queue::Queue& queue, const spool::Spool& spool)
{
    metrics.gauge("sessions_inbound", "Sessions now", [&] { return sessions.count(); });
    metrics.gauge("queued_messages", "Messages in the queue",
                  [&] { return queue.counts().messages; });
    metrics.gauge("queued_recipients", "Recipients that wait",
                  [&] { return queue.counts().recipients; });
    metrics.gauge("deferred_recipients", "Recipients that wait for their next attempt",
                  [&] { return queue.counts().deferred; });
    metrics.gauge("couriers", "Connections and stores at work",
                  [&] { return queue.counts().couriers; });
    metrics.gauge("recipients_delivered", "Recipients delivered since the start",
                  [&] { return queue.counts().delivered; });
    metrics.gauge("recipients_failed", "Recipients returned since the start",
                  [&] { return queue.counts().failed; });
    for (std::size_t i = 0; i < queue::reasons; ++i) {
        const auto reason = static_cast<queue::Reason>(i);
        metrics.gauge("waiting_" + std::string{queue::name_of(reason)},
                      "Recipients of which each " + std::string{queue::explained(reason)},
                      [&queue, i] { return queue.waiting()[i]; });
    }
    metrics.gauge("spool_segments", "Segments of the spool",
                  [&] { return spool.health().segments; });
    metrics.gauge("spool_live_messages", "Messages alive in the spool",
                  [&] { return spool.health().live_messages; });
}

void add_cache_gauges(metrics::Registry& metrics,
                      const std::function<std::shared_ptr<RecipientCache>()>& cache)
{
    metrics.gauge("recipient_cache_addresses", "Addresses that are remembered", [cache] {
        const auto now = cache();
        return now ? now->size() : 0;
    });
    metrics.gauge("recipient_cache_octets", "Octets of memory in which they are", [cache] {
        const auto now = cache();
        return now ? now->octets() : 0;
    });
}

}  // namespace imc::app
