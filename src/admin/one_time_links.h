#pragma once
/// @file admin/one_time_links.h  Codes that sign somebody in once: imc admin link.
///
/// Made only for who came by the Unix socket, valid for ten minutes, at most 16 at a time (the
/// oldest goes), in memory only. Only the hash of a code is kept.
///
/// Threads: any.
#include "admin/web_sessions.h"

#include <list>

namespace imc::admin {

class OneTimeLinks {
public:
    using Clock = WebSessions::Clock;
    static constexpr std::chrono::seconds valid{600};
    static constexpr std::size_t most = 16;

    explicit OneTimeLinks(WebSessions::Now now = Clock::now) : now_{std::move(now)} {}

    std::string make(Caller who);  ///< the code
    /// The first time: whom it was made for.
    std::optional<Caller> take(std::string_view code);

private:
    struct One {
        std::string key;
        Caller who;
        Clock::time_point until;
    };
    std::mutex mutex_;
    WebSessions::Now now_;
    std::list<One> links_;  ///< the oldest first
};

}  // namespace imc::admin
