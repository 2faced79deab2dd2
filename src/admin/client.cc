#include "admin/client.h"

#include "event/change_note.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>

namespace imc::admin {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Protocol = net::local::stream_protocol;

Error error_of(std::string_view body)
{
    boost::system::error_code no_json;
    const auto said = boost::json::parse(body, no_json);
    std::string detail{body};
    auto event = EventId::admin_refused;
    if (!no_json && said.is_object() && said.as_object().contains("error")) {
        const auto& error = said.at("error").as_object();
        if (const auto* text = error.if_contains("detail"); text != nullptr && text->is_string())
            detail = std::string{text->as_string()};
        // The service's own number; its text begins with it.
        if (const auto* number = error.if_contains("event");
            number != nullptr && number->is_int64())
            event = static_cast<EventId>(number->as_int64());
        const auto prefix = std::to_string(static_cast<unsigned>(event)) + ": ";
        if (detail.starts_with(prefix)) detail.erase(0, prefix.size());
    }
    return Error{event, detail};
}

namespace {

constexpr std::size_t longest_socket_path = 107;

/// Of a connection that was not made. @param code  of the system
Error not_connected(const std::string& socket_path, int code, const std::string& why)
{
    if (code == ENOENT || code == ECONNREFUSED || code == ENOTDIR)
        return Error{EventId::service_not_running,
                     "the service does not run, or not under this root: nobody answers on " +
                         socket_path + " (" + why + ")"};
    return Error{EventId::service_unreachable,
                 "the service cannot be asked: " + socket_path + ": " + why +
                     (code == EACCES || code == EPERM
                          ? "; only root and the service's user may ask"
                          : "; nothing was changed, since one may run there")};
}

Result<ServiceAnswer> exchange(const std::string& socket_path,
                               http::request<http::string_body> request, Deadline deadline)
{
    if (socket_path.size() > longest_socket_path)
        return not_connected(socket_path, ENOENT, "a socket's path has at most 107 octets");
    net::io_context io;
    beast::basic_stream<Protocol, net::any_io_executor> stream{io.get_executor()};
    stream.expires_at(deadline);
    request.set(http::field::host, "imc");
    // For the history: a generation names the command that made it, not the request.
    request.set("imc-user", this_user());
    request.set("imc-command", this_command());
    request.keep_alive(false);
    request.prepare_payload();
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(1ULL << 30U);
    boost::system::error_code failure;
    bool connected = false;
    stream.async_connect(Protocol::endpoint{socket_path}, [&](boost::system::error_code e) {
        failure = e;
        if (e) return;
        connected = true;
        http::async_write(stream, request, [&](boost::system::error_code w, std::size_t) {
            failure = w;
            if (w) return;
            http::async_read(stream, buffer, parser,
                             [&](boost::system::error_code r, std::size_t) { failure = r; });
        });
    });
    io.run();
    if (!connected) {
        const bool of_system = failure.category() == boost::system::system_category();
        return not_connected(socket_path, of_system ? failure.value() : -1, failure.message());
    }
    if (failure && request.method() != http::verb::get)
        return Error{EventId::service_answer_lost,
                     std::string{request.method_string()} + " on " + socket_path + ": " +
                         failure.message() +
                         "; the service has taken the request and not answered, so whether the "
                         "change was made is not known: look before it is made again"};
    if (failure) return Error{EventId::service_not_running, socket_path + ": " + failure.message()};
    const auto& response = parser.get();
    return ServiceAnswer{response.result_int(), std::string{response.body()},
                         std::string{response["imc-loading"]}};
}

Result<std::string> body_of(Result<ServiceAnswer> answer, std::string* loading)
{
    if (!answer) return answer.error();
    if (loading != nullptr) *loading = answer->loading;
    if (answer->done()) return std::move(answer->body);
    return error_of(answer->body);
}

}  // namespace

bool is_nobody_there(const Error& error) { return error.event() == EventId::service_not_running; }

Result<ServiceAnswer> ask(const std::string& socket_path, const std::string& method,
                          const std::string& target, const boost::json::value& body,
                          Deadline deadline)
{
    http::request<http::string_body> request{http::string_to_verb(method), target, 11};
    if (!body.is_null()) {
        request.set(http::field::content_type, "application/json");
        request.body() = boost::json::serialize(body);
    }
    return exchange(socket_path, std::move(request), deadline);
}

Result<std::string> call(const std::string& socket_path, const std::string& method,
                         const std::string& target, const boost::json::value& body,
                         Deadline deadline, std::string* loading)
{
    return body_of(ask(socket_path, method, target, body, deadline), loading);
}

Result<std::string> send_piece(const std::string& socket_path, const std::string& target,
                               std::string octets, Deadline deadline)
{
    http::request<http::string_body> request{http::verb::post, target, 11};
    request.set(http::field::content_type, "message/rfc822");
    request.body() = std::move(octets);
    return body_of(exchange(socket_path, std::move(request), deadline), nullptr);
}

}  // namespace imc::admin
