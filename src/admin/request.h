#pragma once
/// @file admin/request.h  What a handler is asked, and what it answers.
#include "admin/audit_note.h"
#include "admin/caller.h"
#include "base/error.h"

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace imc::admin {

struct Response;

struct Request {
    std::string method;
    std::string path;
    std::map<std::string, std::string> parameters;  ///< of "{id}" in the pattern, decoded
    std::multimap<std::string, std::string> query;  ///< decoded
    boost::json::value body;                        ///< null when none was sent
    std::string octets = {};  ///< a body of type message/rfc822, in place of `body`
    unsigned uid = 0;         ///< of a caller on the Unix socket
    Caller caller = {};
    std::string address = {};  ///< of the peer: "192.0.2.1"; empty on the Unix socket
    bool secure = false;       ///< under TLS
    std::multimap<std::string, std::string> headers = {};  ///< names in lower case
    std::shared_ptr<Auditor> auditor = nullptr;  ///< null: nothing is kept (in-process use, tests)
    std::chrono::steady_clock::time_point asked_at{};  ///< of a Desk: when it began to wait

    std::string first(const std::string& name) const;   ///< of the query; empty when absent
    std::string header(const std::string& name) const;  ///< name in lower case; empty when absent
    /// `?dry_run=true`, or "dry_run": true in the body.
    bool dry_run() const;
    /// 40402 when something else than true or false is said: a change would be made that was not
    /// meant.
    Result<> dry_run_is_clear() const;
    /// For records of who did it: "uid=0", "account=ann", "token=NAME".
    std::string by() const;

    /// Says what is about to change, into the audit log; durable when it returns a number. Call it
    /// before the change, in routes added with Audited::by_handler, and not for a dry run. After an
    /// error nothing must be changed: answer Response::error(it, 503).
    boost::asio::awaitable<Result<std::uint64_t>> note(Change change) const;
    /// What was noted did not come about.
    boost::asio::awaitable<void> came_to_nothing(std::uint64_t number, std::string why) const;
    /// What became of it: an answer of 400 and more, that it came to nothing; else what could not
    /// be known before it was made, Response::came_of or a way back that `change` does not have.
    boost::asio::awaitable<void> ended(std::uint64_t number, const Change& change,
                                       const Response& response) const;
};

/// Where a handler that streams writes, piece by piece.
class Pieces {
public:
    virtual ~Pieces() = default;
    /// False: the peer is gone, too slow (10 s for a piece), or the server stops. Then return.
    virtual boost::asio::awaitable<bool> write(std::string piece) = 0;
    virtual bool over() const = 0;  ///< write() would say false; ask between two waits
};

/// Writes until it returns, or the peer closes. It lives until then, so it may be a lambda that
/// captures; it must not wait longer than a second or so without asking over().
using Streaming = std::function<boost::asio::awaitable<void>(Pieces&)>;

struct Response {
    unsigned status = 200;
    std::string body;  ///< JSON, or JSON Lines
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers = {};  ///< beside the usual ones
    Streaming stream = nullptr;  ///< in place of `body`; bounded in number (503 beyond)
    std::function<bool()> may_go_on = nullptr;  ///< of the router: false ends a stream
    std::optional<Change> came_of = {};         ///< for the audit log, as Auditor::came_of()

    static Response json(const boost::json::value& value, unsigned status = 200);
    static Response error(const Error& error, unsigned status = 400);
    /// JSON Lines of a list. @param next  cursor of the next page; empty: this was the last
    static Response lines(std::string body, const std::string& next = {});
    /// text/event-stream.
    static Response events(Streaming stream);
};

using Handler = std::function<boost::asio::awaitable<Response>(Request)>;

/// "a%20b" and "a+b" (in a query) decoded. Nothing when the text is no such thing.
std::string url_decode(std::string_view text, bool plus_is_space);
std::string url_encode(std::string_view text);

}  // namespace imc::admin
