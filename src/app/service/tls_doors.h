#pragma once
/// @file app/service/tls_doors.h  The TLS side of every listener, over all generations; the
/// Administrator's among them.
///
/// Ticket keys live as long as the service; certificates as long as the settings; a session keeps
/// what it began with.
///
/// Threads: take() and refresh() from the service's own thread; server() from any.
#include "config/config.h"
#include "smtp/tls/server.h"

#include <map>
#include <mutex>

namespace imc::app {

class TlsDoors {
public:
    explicit TlsDoors(EventLog& events) : events_{events} {}

    void take(const config::Config& config);
    void refresh();  ///< looks at the certificates' files

    /// Null when this listener does without TLS. @param listener  "127.0.0.1:25"
    std::shared_ptr<const smtp::TlsServer> server(const std::string& listener) const;

private:
    EventLog& events_;
    std::shared_ptr<smtp::TicketKeys> keys_ = std::make_shared<smtp::TicketKeys>();
    std::shared_ptr<smtp::TlsCertificates> certificates_;
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const smtp::TlsServer>> servers_;
};

}  // namespace imc::app
