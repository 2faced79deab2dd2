#pragma once
/// @file app/service/conversations.h  Joins connections to the protocol log, in both directions.
///
/// A connection whose conversation is not wanted costs one look at a flag.
///
/// Threads: any.
#include "config/config.h"
#include "smtp/client/hosts.h"
#include "tracking/protocol_log.h"

namespace imc::app {

class Conversations {
public:
    using Way = tracking::ProtocolLog::Way;

    Conversations(const Paths& paths, unsigned kept_days, EventLog& events);

    void take(config::ConfigPtr config);

    /// @param host  name of an outbound host; else empty
    /// @return `stream`, or one that writes down what passes through it
    std::unique_ptr<smtp::Stream> listen(std::unique_ptr<smtp::Stream> stream, Way way,
                                         const std::string& address, std::uint16_t port,
                                         std::string_view host);

    /// A dialer whose lines are listened to. Outlived by this.
    std::unique_ptr<smtp::client::Dialer> dialer(std::unique_ptr<smtp::client::Dialer> dialer);

private:
    tracking::ProtocolLog log_;
};

}  // namespace imc::app
