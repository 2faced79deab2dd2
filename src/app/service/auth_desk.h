#pragma once
/// @file app/service/auth_desk.h  What signing in needs beyond one configuration: threads, counts
/// of failures, and the secret behind the salts of accounts that do not exist.
///
/// Events:  40281 (more attempts than can be checked), 40283 (the secret cannot be kept)
/// Threads: any; stop() before the contexts of the coroutines that wait for it end.
#include "base/paths.h"
#include "config/auth_settings.h"
#include "directory/password.h"
#include "event/log.h"
#include "metrics/counters.h"
#include "smtp/sasl/attempts.h"

#include <boost/asio/thread_pool.hpp>

#include <atomic>

namespace imc::app {

class AuthDesk {
public:
    AuthDesk(const Paths& paths, const config::AuthSettings& settings, EventLog& events,
             metrics::Registry& metrics);
    ~AuthDesk();
    AuthDesk(const AuthDesk&) = delete;
    AuthDesk& operator=(const AuthDesk&) = delete;

    void set(const config::AuthSettings& settings);
    void stop();  ///< work that has begun ends, work that waits is dropped

    /// A place in the queue of the threads; not admitted: busy, said once.
    class Place {
    public:
        explicit Place(AuthDesk& desk);
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        bool admitted() const { return admitted_; }

    private:
        AuthDesk& desk_;
        bool admitted_;
    };

    /// Keys that nobody's password fits, the same ones for a name each time (RFC 5802 section 9).
    ScramKeys false_keys(std::string_view user) const;
    /// Real ones were seen: false ones look like them from now on.
    void saw(const ScramKeys& keys);

    boost::asio::thread_pool& pool() { return pool_; }
    smtp::sasl::Attempts& attempts() { return attempts_; }
    EventLog& events() { return events_; }
    metrics::Registry& metrics() { return metrics_; }
    /// Why nobody could say who signs in is said once, until somebody could.
    void raise_once(const Error& reason);
    void answered();

private:
    EventLog& events_;
    metrics::Registry& metrics_;
    boost::asio::thread_pool pool_;
    smtp::sasl::Attempts attempts_;
    std::atomic<std::uint32_t> most_;
    std::atomic<std::uint32_t> taken_{0};
    std::atomic<bool> said_busy_{false};
    std::atomic<bool> directory_silent_{false};
    std::atomic<bool> name_doubled_{false};
    std::atomic<std::uint32_t> iterations_{scram_iterations};
    std::atomic<std::size_t> salt_octets_{16};
    std::string secret_;
};

}  // namespace imc::app
