#pragma once
/// @file app/service/gauges.h  What is counted of the running service.
#include "metrics/counters.h"
#include "queue/queue.h"
#include "smtp/server/listener.h"
#include "spool/spool.h"

namespace imc::app {

/// All outlive the registry's last reading.
void add_gauges(metrics::Registry& metrics, const smtp::Sessions& sessions,
                const queue::Queue& queue, const spool::Spool& spool);

}  // namespace imc::app
