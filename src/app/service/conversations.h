#pragma once
/// @file app/service/conversations.h  Joins connections to the protocol log, in both directions.
///
/// What an administrator orders for some minutes stands beside ProtocolLogLevel, ends by itself,
/// and with the process.
///
/// Events:  41083, 41084
///
/// A connection whose conversation is not wanted costs one look at a flag.
///
/// Threads: any.
#include "admin/protocol_log_api.h"
#include "config/config.h"
#include "smtp/client/hosts.h"
#include "tracking/protocol_log.h"

#include <mutex>
#include <optional>

namespace imc::app {

class Conversations final : public admin::ProtocolLogDesk {
public:
    using Way = tracking::ProtocolLog::Way;

    Conversations(const Paths& paths, unsigned kept_days, EventLog& events);

    void take(config::ConfigPtr config);

    admin::ProtocolLogState state() const override;
    Result<> order(admin::ProtocolLogOrder order, bool dry_run) override;
    /// Ends what was ordered for a while when that is over. Call it every second or so.
    void look();

    /// @param host  name of an outbound host; else empty
    /// @return `stream`, or one that writes down what passes through it
    std::unique_ptr<smtp::Stream> listen(std::unique_ptr<smtp::Stream> stream, Way way,
                                         const std::string& address, std::uint16_t port,
                                         std::string_view host);

    /// A dialer whose lines are listened to. Outlived by this.
    std::unique_ptr<smtp::client::Dialer> dialer(std::unique_ptr<smtp::client::Dialer> dialer);

private:
    struct Temporary {
        admin::ProtocolLogOrder order;
        config::ProtocolLogSettings peers;
        WallTime until{};
        std::chrono::steady_clock::time_point ends{};
    };
    void apply();
    void reverted(const std::string& why);

    EventLog& events_;
    tracking::ProtocolLog log_;
    mutable std::mutex mutex_;
    config::ConfigPtr config_;
    std::optional<Temporary> temporary_;
};

}  // namespace imc::app
