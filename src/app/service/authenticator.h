#pragma once
/// @file app/service/authenticator.h  Who is it? The server's Authenticator over the directory.
///
/// A failed attempt hears the same after the same time, whatever was wrong; how long that is, and
/// when a name or an address is locked, smtp/sasl/attempts.h knows. A locked name, a full queue and
/// a silent directory are temporary (454). An account locked under another of its names fails like
/// a wrong password: the lock must not tell that two names are one.
///
/// Events:  4183 (a failure; of a lock the first refusal), 40280 (a success, when asked for), what
///          the directory says when it falls silent, once.
/// Threads: mechanisms() and begin() from any; one exchange from one. Directory and hashes are
///          asked on the desk's threads.
#include "app/service/accounts.h"
#include "app/service/auth_desk.h"
#include "config/people.h"
#include "smtp/server/ports.h"

#include <functional>

namespace imc::app {

class DirectoryAuthenticator final : public smtp::Authenticator {
public:
    using Clock = std::chrono::steady_clock;
    /// Lets time pass until a point of it; a test's returns at once.
    using WaitUntil = std::function<boost::asio::awaitable<void>(Clock::time_point)>;
    using Now = std::function<Clock::time_point()>;

    /// Asks an LDAP directory, in the background, if it has SCRAM keys. `desk` outlives this.
    DirectoryAuthenticator(config::ConfigPtr config, const config::People& people, AuthDesk& desk,
                           WaitUntil wait = {}, Now now = {});

    std::vector<std::string> mechanisms(const smtp::SessionFacts& facts) const override;
    std::unique_ptr<smtp::SaslExchange> begin(std::string_view mechanism,
                                              const smtp::SessionFacts& facts) override;

    struct Shared;

private:
    std::shared_ptr<Shared> shared_;
};

}  // namespace imc::app
