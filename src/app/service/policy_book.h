#pragma once
/// @file app/service/policy_book.h  What all sessions share of the policy: the tables of the
/// generation in force, and what is remembered of clients across sessions and generations.
///
/// Threads: any.
#include "config/config.h"
#include "event/log.h"
#include "metrics/counters.h"
#include "policy/bounded_table.h"
#include "policy/connection_table.h"
#include "policy/filter_table.h"
#include "policy/limits.h"
#include "policy/peer_name.h"
#include "policy/slow_down.h"
#include "smtp/server/ports.h"

#include <functional>
#include <mutex>

namespace imc::app {

/// One generation's; never changed once made.
struct PolicyTables {
    config::ConfigPtr config;
    policy::ConnectionTable connections;
    policy::FilterTable filter;
};

/// One reply of 4xx or 5xx, as the reject journal keeps it.
struct Refused {
    const smtp::SessionFacts& facts;
    const smtp::Envelope& envelope;
    std::string_view stage;
    const smtp::Reply& reply;
    std::string_view rule;
    std::string peer_name;
    std::string evidence = {};  ///< what the rule looked at, where it is more than the connection
};

class PolicyBook {
public:
    PolicyBook(EventLog& events, metrics::Registry& metrics,
               std::shared_ptr<dns::Resolver> resolver);

    /// Sessions that begin from now on live by these; counts of filter rows go on.
    void use(config::ConfigPtr config);
    std::shared_ptr<const PolicyTables> tables() const;

    /// An event that begins: told once in ten minutes for one `about`.
    void raise_once(EventId id, const std::string& about, std::vector<EventField> fields);

    /// Writes a refusal down. @return the code that opens its record. Set before sessions begin.
    std::function<std::string(const Refused&)> journal;

    policy::Limits limits;
    policy::SlowDown slow_down;
    policy::PeerNames names;
    EventLog& events;
    metrics::Registry& metrics;
    const std::shared_ptr<dns::Resolver> resolver;

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const PolicyTables> tables_;
    policy::BoundedTable<std::string, Deadline> told_{4096};
};

}  // namespace imc::app
