#pragma once
/// @file app/service/gauges.h  What is asked of the running service; app/service/counter_list.h.
#include "app/service/mail_counters.h"
#include "app/service/pulse.h"
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

}  // namespace imc::app
