#pragma once
/// @file app/service/gauges.h  What is counted of the running service.
#include "directory/recipient_cache.h"
#include "metrics/counters.h"
#include "queue/queue.h"
#include "smtp/server/listener.h"
#include "spool/spool.h"

namespace imc::app {

/// All outlive the registry's last reading.
void add_gauges(metrics::Registry& metrics, const smtp::Sessions& sessions,
                const queue::Queue& queue, const spool::Spool& spool);

/// @param cache  the one in force; null: there is none
void add_cache_gauges(metrics::Registry& metrics,
                      const std::function<std::shared_ptr<RecipientCache>()>& cache);

}  // namespace imc::app
