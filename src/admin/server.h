#pragma once
/// @file admin/server.h  The control socket: HTTP/1.1 and JSON under /api/v1 on run/admin.sock.
///
/// Only root and the service's own user may speak (peer credentials); the file has mode 0600. Every
/// read and write has a deadline, header and body are bounded. Unknown paths are 404 with a JSON
/// error.
///
/// Errors:  40401 (the socket cannot be made, or another service answers on it)
/// Threads: handlers run on the executor given.
#include "base/error.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace imc::admin {

struct Request {
    std::string method;
    std::string path;
    std::map<std::string, std::string> parameters;  ///< of "{id}" in the pattern, decoded
    std::multimap<std::string, std::string> query;  ///< decoded
    boost::json::value body;                        ///< null when none was sent
    std::string octets = {};  ///< a body of type message/rfc822, in place of `body`
    unsigned uid = 0;

    std::string first(const std::string& name) const;  ///< of the query; empty when absent
};

struct Response {
    unsigned status = 200;
    std::string body;  ///< JSON, or JSON Lines
    std::string content_type = "application/json";

    static Response json(const boost::json::value& value, unsigned status = 200);
    static Response error(const Error& error, unsigned status = 400);
};

using Handler = std::function<boost::asio::awaitable<Response>(Request)>;

/// "a%20b" and "a+b" (in a query) decoded. Nothing when the text is no such thing.
std::string url_decode(std::string_view text, bool plus_is_space);
std::string url_encode(std::string_view text);

class Server {
public:
    Server(std::string socket_path, boost::asio::any_io_executor executor);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// @param pattern  "/api/v1/queue/{id}"
    void add(std::string method, std::string pattern, Handler handler);
    /// Answers what no pattern fits, in place of 404.
    void otherwise(Handler handler);
    /// What is not empty stands in each answer as the header imc-loading.
    void say_with_each(std::function<std::string()> notice);
    /// As if root had asked over the socket; start() is not needed for that.
    /// @param target  path and query, encoded
    /// @param is_message  `body` is of type message/rfc822, not JSON
    boost::asio::awaitable<Response> answer(std::string method, std::string target,
                                            std::string body = {}, bool is_message = false);
    Result<> start();
    void stop();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace imc::admin
