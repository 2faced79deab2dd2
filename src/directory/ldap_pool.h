#pragma once
/// @file directory/ldap_pool.h  Connections to several servers, lent one at a time.
///
/// Threads: any. For ldap*.cc only.
#include "directory/ldap_session.h"

#include <condition_variable>
#include <mutex>

namespace imc::ldap {

class Pool {
public:
    explicit Pool(LdapSettings settings);

    /// A session on loan; it goes back when this is destroyed, unless it is broken.
    class Loan {
    public:
        Loan(Pool& pool, std::unique_ptr<Session> session)
            : pool_{&pool}, session_{std::move(session)}
        {}
        Loan(Loan&& other) noexcept = default;
        Loan& operator=(Loan&&) = delete;
        ~Loan()
        {
            if (session_) pool_->take_back(std::move(session_));
        }
        Session* operator->() const noexcept { return session_.get(); }
        Session& operator*() const noexcept { return *session_; }

    private:
        Pool* pool_;
        std::unique_ptr<Session> session_;
    };

    /// @param from  Session::server() that is wanted: another one only if that cannot be had soon
    Result<Loan> borrow(Deadline deadline, const std::string& from = {});

    /// A connection that is nobody's: not bound yet, not counted, not kept.
    Result<std::unique_ptr<Session>> open_unbound(Deadline deadline);

    /// The same, bound: for what takes as long as it likes.
    Result<std::unique_ptr<Session>> open_own(Deadline deadline) { return open(deadline); }

    const LdapSettings& settings() const noexcept { return settings_; }

private:
    struct Server {
        std::string url;
        Deadline rested_until{};
    };

    Result<std::unique_ptr<Session>> open(Deadline deadline, bool bound = true);
    std::vector<std::string> order();
    void rest(const std::string& url, bool failed);
    void take_back(std::unique_ptr<Session> session);

    const LdapSettings settings_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<Server> servers_;
    std::vector<std::unique_ptr<Session>> idle_;
    unsigned lent_ = 0;
};

}  // namespace imc::ldap
