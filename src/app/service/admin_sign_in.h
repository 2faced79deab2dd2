#pragma once
/// @file app/service/admin_sign_in.h  Is this the password, and what may that account do?
///
/// Accounts are those of SMTP AUTH (accounts.h); which of them may sign in, and as what,
/// imcAdministrator says. "emergency" is the account outside the directory. A failed attempt hears
/// the same after the same time, whatever was wrong: five failures of a name, or twenty of an
/// address, within ten minutes lock it for fifteen; a name that SMTP AUTH has locked is locked
/// here, and failures here count there. A sign-in does not outlive the password that proved it.
///
/// Events:  41001, 41002, 41021; what the directory says when it falls silent, once
/// Threads: any; directory and hashes are asked on the pool.
#include "admin/session_api.h"
#include "app/service/accounts.h"
#include "app/service/admin_keep.h"
#include "config/config.h"

#include <atomic>

namespace imc::app {

class AdminSignIn {
public:
    using Clock = std::chrono::steady_clock;
    /// Lets time pass until a point of it; a test's returns at once.
    using WaitUntil = std::function<boost::asio::awaitable<void>(Clock::time_point)>;
    using Now = std::function<Clock::time_point()>;

    /// All references outlive this.
    AdminSignIn(AdminKeep& keep, EventLog& events, boost::asio::thread_pool& pool,
                WaitUntil wait = {}, Now now = {});

    /// Whom to ask from now on. @param accounts  null: the directory is not known (held)
    /// @param smtp  attempts of SMTP AUTH; null: there are none. They outlive this.
    /// @param auth  waits and locks are those of SMTP AUTH; the counts are not
    void use(std::vector<config::AdministratorRow> administrators, const config::AuthSettings& auth,
             std::shared_ptr<Accounts> accounts, smtp::sasl::Attempts* smtp);

    boost::asio::awaitable<admin::SignIn> judge(admin::PasswordGiven given);

    /// Of an account that has signed in before, as the list stands now.
    admin::WebSessions::Standing standing(const std::string& account) const;
    /// Asks the directory for each account that is signed in: who is gone, no mailbox any more, or
    /// has another password or lock than at the sign-in is signed out; other addresses may mean
    /// another role. While the directory is silent all stays. Blocks until the deadline at most.
    void judge_again(Deadline deadline);
    /// Blocks on the disk.
    std::vector<admin::NamedAdministrator> administrators() const;

private:
    struct Found;
    struct Asked {
        std::vector<config::AdministratorRow> rows;
        std::shared_ptr<Accounts> accounts;
        smtp::sasl::Attempts* smtp = nullptr;
        std::chrono::seconds lock{900};
    };
    Asked asked() const;
    static const config::AdministratorRow* row_of(const std::vector<config::AdministratorRow>& rows,
                                                  const std::vector<std::string>& names);
    Found look_up(const Asked& asked, const admin::PasswordGiven& given) const;
    boost::asio::awaitable<admin::SignIn> refuse(const admin::PasswordGiven& given,
                                                 std::string group, Clock::time_point begun,
                                                 smtp::sasl::Attempts* smtp, std::string reason);
    void remember(const std::string& account, AdminKeep::Known now);
    admin::SignIn locked(const admin::PasswordGiven& given, const Asked& asked, bool say);

    AdminKeep& keep_;
    EventLog& events_;
    boost::asio::thread_pool& pool_;
    const WaitUntil wait_;
    const Now now_;
    std::atomic<unsigned> working_{0};
    std::atomic<bool> silent_{false};
    std::atomic<bool> name_doubled_{false};
    mutable std::mutex mutex_;
    Asked asked_;
};

}  // namespace imc::app
