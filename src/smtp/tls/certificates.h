#pragma once
/// @file smtp/tls/certificates.h  The certificates of all listeners, loaded, watched, replaced.
///
/// A file that changes is taken without a restart once it has stayed the same between two looks
/// (a renewal writes two files). Sessions keep the certificate they began with. One that cannot be
/// used any more leaves the one that was loaded before in force; both are events.
///
/// Events:  40600 (cannot be used: found, expected, mend), 40601 (in force again, or renewed),
///          40602 (expires soon or has expired; once a day), 40603 (none is left to show)
/// Threads: any; refresh() from one at a time. refresh() reads files.
#include "event/log.h"
#include "smtp/tls/pair.h"
#include "smtp/tls/ticket_keys.h"

#include <memory>

namespace imc::smtp {

struct TlsSettings {
    std::vector<CertificateFiles> certificates = {};
    std::string client_ca_file = {};  ///< PEM; empty: no client certificate is asked for
    std::chrono::days expiry_warning{14};
    std::chrono::seconds handshake_timeout{30};
    friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

/// A certificate in use, as `imc stat` and events show it.
struct CertificateInUse {
    std::string name;
    CertificateFacts facts;
};

class TlsCertificates {
public:
    /// Loads; what fails is raised. @param keys  live on when the settings change.
    TlsCertificates(TlsSettings settings, std::shared_ptr<TicketKeys> keys, EventLog& events,
                    const WallClock& clock = wall_clock());
    ~TlsCertificates();
    TlsCertificates(const TlsCertificates&) = delete;
    TlsCertificates& operator=(const TlsCertificates&) = delete;

    /// Looks at the files, and takes what has changed. Call every second or two.
    void refresh();

    const TlsSettings& settings() const;
    std::vector<CertificateInUse> in_use() const;
    EventLog& events() const;

    struct Contexts;  ///< smtp/tls/contexts.h
    std::shared_ptr<const Contexts> contexts() const;
    const std::shared_ptr<TicketKeys>& ticket_keys() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace imc::smtp
