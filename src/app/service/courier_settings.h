#pragma once
/// @file app/service/courier_settings.h  How couriers of a domain behave, out of its profile.
///
/// Passwords are read here, and kept as long as the file says the same: SCRAM's keys cost tens of
/// milliseconds once.
///
/// Errors:  40625 (password file), 40110 (CA file)
/// Threads: any. Reads small files.
#include "config/config.h"
#include "smtp/client/courier.h"

#include <map>
#include <mutex>

namespace imc::app {

class CourierDesk {
public:
    /// @param hosts  outlives the desk and its couriers
    explicit CourierDesk(smtp::client::HostMemory& hosts) : hosts_{hosts} {}

    /// @param route  its key, whose smart hosts take turns
    Result<smtp::client::CourierSettings> settings(const config::Config& config,
                                                   const config::DomainProfile& profile,
                                                   const std::string& route);

private:
    using Turn = std::shared_ptr<std::atomic<unsigned>>;
    using Credentials = std::shared_ptr<const smtp::sasl::Credentials>;
    using Tls = std::shared_ptr<const smtp::TlsClient>;

    Result<Credentials> credentials(const config::DomainProfile& profile);
    Result<Tls> tls(const std::string& ca_file, bool verified);
    Turn turn(const std::string& route);

    smtp::client::HostMemory& hosts_;
    std::mutex mutex_;
    std::map<std::string, Credentials> credentials_;  // by password file and user
    struct Authorities {
        Tls tls;
        std::string as_it_is;  ///< inode and time of the file
        std::chrono::steady_clock::time_point made{};
    };
    std::map<std::pair<std::string, bool>, Authorities> tls_;
    std::map<std::string, Turn> turns_;
};

}  // namespace imc::app
