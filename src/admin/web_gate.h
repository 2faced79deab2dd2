#pragma once
/// @file admin/web_gate.h  Who asks over TCP: a token, a session's cookie, or nobody yet.
///
/// What a browser can be made to send by somebody else's page is refused before anything is looked
/// at: a Host that is not ours (DNS rebinding: an address as host is no name that could be made to
/// point here), an Origin that is another page's, a change with a cookie but without the session's
/// CSRF token, a body of a type that a form could have sent.
///
/// Events:  41003, 41004, 41007 (the last two at most once a minute)
/// Threads: any.
#include "admin/api_tokens.h"
#include "admin/gate.h"
#include "admin/web_sessions.h"
#include "event/log.h"

#include <boost/asio/thread_pool.hpp>

#include <atomic>

namespace imc::admin {

/// All references outlive the gate.
struct WebGateParts {
    WebSessions& sessions;
    ApiTokens& tokens;
    EventLog& events;
    boost::asio::thread_pool& pool;  ///< for what waits for the disk
    /// Beside addresses and localhost. @param host  in lower case, without port
    std::function<bool(const std::string& host)> knows_host;
    WebSessions::Now now = WebSessions::Clock::now;
};

class WebGate final : public Gate {
public:
    explicit WebGate(WebGateParts parts) : parts_{std::move(parts)} {}

    boost::asio::awaitable<std::optional<Response>> admit(Request& request) override;
    bool holds(const Caller& caller) override;

private:
    std::string host_flaw(const Request& request) const;
    boost::asio::awaitable<std::optional<Response>> by_token(Request& request);
    std::optional<Response> by_session(Request& request);
    Response forged(const Request& request, std::string what);
    bool is_time(std::atomic<std::int64_t>& said);

    const WebGateParts parts_;
    std::atomic<std::int64_t> said_forged_{0}, said_refused_{0};  ///< when, of the steady clock
};

}  // namespace imc::admin
