#include "app/service/gauges.h"

#include "app/service/counter_list.h"

#include <algorithm>

namespace imc::app {
namespace {

constexpr std::array<std::string_view, 4> views{
    "inbound_awaiting_conversion", "inbound_awaiting_delivery", "outbound_awaiting_conversion",
    "outbound_awaiting_delivery"};

constexpr std::uint64_t kib = 1024;

}  // namespace

void add_gauges(metrics::Registry& metrics, const Gauged& gauged)
{
    const auto add = [&metrics](std::string_view name, std::function<std::uint64_t()> ask) {
        const auto row = std::ranges::find(counter_list(), name, &CounterRow::name);
        const bool grows = row != counter_list().end() && row->kind == CounterKind::sum;
        const std::string help{help_of(name)};
        if (grows)
            metrics.total(std::string{name}, help, std::move(ask));
        else
            metrics.gauge(std::string{name}, help, std::move(ask));
    };
    const auto* queue = &gauged.queue;
    const auto* picture = &gauged.picture;
    add("sessions_inbound", [s = &gauged.sessions] { return s->count(); });
    add("sessions_outbound", [l = &gauged.lines] { return l->open(); });
    add("queued_messages", [queue] { return queue->counts().messages; });
    add("queued_recipients", [queue] { return queue->counts().recipients; });
    add("deferred_recipients", [queue] { return queue->counts().deferred; });
    add("couriers", [queue] { return queue->counts().couriers; });
    add("recipients_delivered", [queue] { return queue->counts().delivered; });
    add("recipients_failed", [queue] { return queue->counts().failed; });
    add("attempts_deferred", [queue] { return queue->counts().attempts_deferred; });
    add("inbound_kilobytes", [&metrics] { return metrics.count("inbound_bytes") / kib; });
    add("outbound_kilobytes", [&metrics] { return metrics.count("outbound_bytes") / kib; });
    for (std::size_t i = 0; i < views.size(); ++i) {
        const std::string name{views[i]};
        add(name + "_messages", [picture, i] { return picture->messages(i); });
        add(name + "_bytes", [picture, i] { return picture->octets(i); });
    }
    add("queued_kilobytes", [picture] {
        std::uint64_t octets = 0;
        for (std::size_t i = 0; i < views.size(); ++i)
            octets += picture->octets(i);
        return octets / kib;
    });
    for (std::size_t i = 0; i < queue::reasons; ++i) {
        const auto reason = static_cast<queue::Reason>(i);
        metrics.gauge("waiting_" + std::string{queue::name_of(reason)},
                      "Recipients of which each " + std::string{queue::explained(reason)},
                      [queue, i] { return queue->waiting()[i]; });
    }
    add("spool_segments", [s = &gauged.spool] { return s->health().segments; });
    add("spool_live_messages", [s = &gauged.spool] { return s->health().live_messages; });
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
