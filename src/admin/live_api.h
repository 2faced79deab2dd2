#pragma once
/// @file admin/live_api.h  What the service does now: one picture, and a stream of pictures and
/// events.
///
///     GET /api/v1/top    the picture, and the newest events
///     GET /api/v1/live   text/event-stream: overview, queue, event; docs/formats/admin-api.md
///
/// However many look, a picture is made once a second at most.
///
/// Threads: handlers run on the server's executor.
#include "admin/server.h"
#include "event/sinks.h"
#include "metrics/counters.h"
#include "metrics/rates.h"
#include "queue/views.h"

#include <boost/json/object.hpp>

#include <mutex>

namespace imc::admin {

struct LiveParts {
    metrics::Registry& metrics;
    const metrics::Rates& rates;
    const queue::Queue& queue;
    std::shared_ptr<const Ring> ring;
    /// state, since, version, generation, ...; the verdict is left out.
    std::function<boost::json::object()> state;
    std::chrono::milliseconds picture_each{1000};
    std::chrono::milliseconds overview_each{2000};
    std::chrono::milliseconds look_each{500};  ///< for events and changes of the queue
    std::chrono::milliseconds heartbeat{15'000};
};

class Live {
public:
    explicit Live(LiveParts parts) : parts_{std::move(parts)} {}

    /// JSON of the overview; the same text for all who ask within picture_each.
    std::shared_ptr<const std::string> overview();
    std::string top();                 ///< the overview and "events"
    std::string queue_totals() const;  ///< {"messages":…,"recipients":…,…}

    const LiveParts& parts() const { return parts_; }

private:
    boost::json::object picture() const;

    const LiveParts parts_;
    std::mutex mutex_;
    std::shared_ptr<const std::string> text_;
    std::chrono::steady_clock::time_point made_at_{};
};

/// What the parts refer to outlives the server.
void add_live_api(Server& server, LiveParts parts);

}  // namespace imc::admin
