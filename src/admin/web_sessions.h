#pragma once
/// @file admin/web_sessions.h  Who has signed in to the pages, in memory only: a restart signs
/// everybody out.
///
/// A session ends when nobody asked for anything for `idle` (what a page asks by itself is no use
/// of it), after `absolute` whatever was asked, when its owner says so, or when the list of
/// administrators does not name its account any more. Only the hash of an id is kept. When there is
/// no room, the one that was used longest ago goes.
///
/// Threads: any.
#include "admin/caller.h"

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <set>

namespace imc::admin {

struct SessionRules {
    std::chrono::seconds idle{30 * 60};
    std::chrono::seconds absolute{12 * 3600};
    std::size_t most = 1000;
};

class WebSessions {
public:
    using Clock = std::chrono::steady_clock;
    using Now = std::function<Clock::time_point()>;

    explicit WebSessions(SessionRules rules = {}, Now now = Clock::now);
    void set(SessionRules rules);

    struct Opened {
        std::string id;    ///< for the cookie; 256 bits nobody can guess
        std::string csrf;  ///< likewise
        std::chrono::seconds left{};
    };
    /// @param who  `by` and `session` are set here
    /// @param in_directory  its role is of the list of administrators, and goes with it
    Opened open(Caller who, bool in_directory);

    struct Found {
        Caller caller;
        std::string csrf;
        std::chrono::seconds left{};  ///< until it ends if nothing more is asked
    };
    enum class Use : std::uint8_t {
        by_person,  ///< it was used now
        by_page,    ///< a page asked by itself: nothing is changed
    };
    std::optional<Found> find(std::string_view id, Use use = Use::by_person);
    /// Of a request that was let in; no use of it. @param key  Caller::session
    std::optional<Found> find_key(const std::string& key);
    bool is_open(const std::string& key) const;  ///< asking is no use of it
    /// It is open, and its owner may still do what `caller` came in with.
    bool holds(const Caller& caller) const;
    void close(const std::string& key);
    /// Of an account, when its password is another one.
    void close_all_of(std::string_view account, bool in_directory = false);
    std::set<std::string> accounts_of_directory() const;  ///< that are signed in

    /// Asks for each account of the directory what it may do now; nobody: its sessions end.
    struct Standing {
        Role role = Role::nobody;
        std::string domain;
    };
    void judge_again(const std::function<Standing(const std::string& account)>& standing);

    std::size_t size() const;

private:
    std::optional<Found> find_hash(const std::string& key, Use use);
    struct One {
        Caller caller;
        std::string csrf;
        bool in_directory;
        Clock::time_point opened, used;
    };
    bool is_over(const One& one, Clock::time_point now) const;
    std::chrono::seconds left_of(const One& one, Clock::time_point now) const;
    void make_room(Clock::time_point now);

    mutable std::mutex mutex_;
    SessionRules rules_;
    Now now_;
    std::map<std::string, One> sessions_;  ///< by the hash of the id
};

}  // namespace imc::admin
