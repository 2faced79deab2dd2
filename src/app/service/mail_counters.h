#pragma once
/// @file app/service/mail_counters.h  Counts what passes: messages taken, routed, handed over,
/// returned, and connections to other hosts. Names and meaning: app/service/counter_list.h.
///
/// Stands between the queue and those it tells and asks; everything is passed on.
///
/// Events:  at the levels of diagnostics logging, 41085 and 41087
/// Threads: any.
#include "config/config.h"
#include "event/log.h"
#include "metrics/counters.h"
#include "queue/observer.h"
#include "smtp/client/hosts.h"

#include <atomic>
#include <functional>
#include <memory>

namespace imc::app {

/// Messages from outside that are durable.
class TakenCounters {
public:
    explicit TakenCounters(
        metrics::Registry& metrics);  ///< looks them up, which each message need not
    /// @param local_domains  in canonical form
    void count(const std::vector<std::string>& local_domains, const queue::Seen& message) const;

private:
    metrics::Counter &messages_, &octets_, &recipients_, &for_others_;
};

class MailCounters final : public queue::Observer {
public:
    /// @param next  is told the same; outlives this
    /// @param config  the one in force now; may be null
    MailCounters(metrics::Registry& metrics, EventLog& events, queue::Observer& next,
                 std::function<config::ConfigPtr()> config);

    void queued(const queue::Seen& message, std::span<const std::uint32_t> recipients,
                const transfer::Route& route) override;
    void decided(const queue::Seen& message, std::uint32_t recipient,
                 const std::string& line) override;
    void settled(const queue::Seen& message, std::uint32_t recipient,
                 const spool::RecipientState& state, const queue::DeliveryResult& result,
                 const std::string& route) override;
    void reported(const queue::Seen& message, std::uint32_t recipient,
                  std::optional<spool::MessageId> report) override;
    void removed(const queue::Seen& message, std::uint32_t recipient) override;
    void administered(const queue::Seen& message, std::uint32_t recipient, bool rerouted,
                      const std::string& words) override;

private:
    EventLog& events_;
    queue::Observer& next_;
    std::function<config::ConfigPtr()> config_;
    metrics::Counter& inbound_routed_;
    metrics::Counter& outbound_routed_;
    metrics::Counter& on_inbound_;
    metrics::Counter& on_outbound_;
    metrics::Counter& loops_;
    metrics::Counter& conversions_failed_;
    std::atomic<std::uint64_t> last_report_{0};  ///< tells of several recipients
};

/// Couriers whose transactions are counted.
class CountedCouriers final : public queue::Couriers {
public:
    struct Counters {
        explicit Counters(metrics::Registry& metrics);
        metrics::Counter &stored, &messages, &octets, &recipients, &converted;
    };

    CountedCouriers(queue::Couriers& inner, metrics::Registry& metrics, EventLog& events);
    std::unique_ptr<queue::Courier> hire(const queue::Place& place) override;

private:
    queue::Couriers& inner_;
    const Counters counters_;
    EventLog& events_;
};

/// Connections to other hosts: made, failed, and open now.
class CountedLines {
public:
    explicit CountedLines(metrics::Registry& metrics);
    /// Outlived by this and the registry.
    std::unique_ptr<smtp::client::Dialer> dialer(std::unique_ptr<smtp::client::Dialer> dialer);
    std::uint64_t open() const { return *open_; }

private:
    metrics::Registry& metrics_;
    std::shared_ptr<std::atomic<std::uint64_t>> open_;
};

}  // namespace imc::app
