#pragma once
/// @file app/service/gauges.h  What is asked of the running service; app/service/counter_list.h.
#include "app/service/mail_counters.h"
#include "app/service/pulse.h"
#include "directory/recipient_cache.h"
#include "metrics/counters.h"
#include "queue/queue.h"
#include "smtp/server/listener.h"
#include "spool/spool.h"

namespace imc::app {

/// All outlive the registry's last reading.
struct Gauged {
    const smtp::Sessions& sessions;
    const queue::Queue& queue;
    const spool::Spool& spool;
    const CountedLines& lines;
    const QueuePicture& picture;
};

void add_gauges(metrics::Registry& metrics, const Gauged& gauged);

/// @param cache  the one in force; null: there is none
void add_cache_gauges(metrics::Registry& metrics,
                      const std::function<std::shared_ptr<RecipientCache>()>& cache);

}  // namespace imc::app
