#pragma once
/// @file app/service/tracker.h  Writes the message tracking log: what came, and what became of it.
///
/// Threads: any. Nobody waits: a record is put into memory (tracking/daily_log.h).
#include "queue/observer.h"
#include "smtp/server/envelope.h"
#include "smtp/server/facts.h"
#include "tracking/daily_log.h"
#include "tracking/record.h"

#include <mutex>

namespace imc::app {

class Tracker final : public queue::Observer {
public:
    Tracker(tracking::DailyLogSettings settings, FileSystem& files, EventLog& events,
            const WallClock& clock = wall_clock());

    /// Our host name from now on.
    void set_gateway(std::string name);

    /// A message is on stable storage. Call before the queue gets it.
    /// @param accepted  its recipients, as they were; none: nobody was asked
    void received(const queue::Seen& message, const std::string& message_id,
                  const smtp::SessionFacts& facts, std::span<const smtp::Recipient> accepted = {});

    void queued(const queue::Seen& message, std::span<const std::uint32_t> recipients,
                const transfer::Route& route) override;
    void settled(const queue::Seen& message, std::uint32_t recipient,
                 const spool::RecipientState& state, const queue::DeliveryResult& result,
                 const std::string& route) override;
    void reported(const queue::Seen& message, std::uint32_t recipient,
                  std::optional<spool::MessageId> report) override;
    void removed(const queue::Seen& message, std::uint32_t recipient) override;
    void decided(const queue::Seen& message, std::uint32_t recipient,
                 const std::string& line) override;
    void administered(const queue::Seen& message, std::uint32_t recipient, bool rerouted,
                      const std::string& words) override;

private:
    tracking::Record about(const queue::Seen& message, std::uint32_t recipient,
                           tracking::What what) const;
    void write(const tracking::Record& record);

    const WallClock& clock_;
    mutable std::mutex mutex_;
    std::string gateway_;
    tracking::DailyLog log_;
};

/// Folder, days and size of the message tracking log, from the configuration.
tracking::DailyLogSettings tracking_settings(const std::string& folder, unsigned days,
                                             std::uint64_t most_octets = 0);

}  // namespace imc::app
