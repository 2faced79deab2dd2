#include "admin/client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

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

Result<std::string> exchange(const std::string& socket_path,
                             http::request<http::string_body> request, Deadline deadline,
                             std::string* loading)
{
    net::io_context io;
    beast::basic_stream<Protocol, net::any_io_executor> stream{io.get_executor()};
    stream.expires_at(deadline);
    request.set(http::field::host, "imc");
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
    if (!connected)
        return Error{EventId::service_not_running,
                     "the service does not run, or not under this root: nobody answers on " +
                         socket_path + " (" + failure.message() + ")"};
    if (failure) return Error{EventId::service_not_running, socket_path + ": " + failure.message()};
    const auto& response = parser.get();
    if (loading != nullptr) *loading = std::string{response["imc-loading"]};
    if (response.result_int() < 300) return std::string{response.body()};
    return error_of(response.body());
}

}  // namespace

Result<std::string> call(const std::string& socket_path, const std::string& method,
                         const std::string& target, const boost::json::value& body,
                         Deadline deadline, std::string* loading)
{
    http::request<http::string_body> request{http::string_to_verb(method), target, 11};
    if (!body.is_null()) {
        request.set(http::field::content_type, "application/json");
        request.body() = boost::json::serialize(body);
    }
    return exchange(socket_path, std::move(request), deadline, loading);
}

Result<std::string> send_piece(const std::string& socket_path, const std::string& target,
                               std::string octets, Deadline deadline)
{
    http::request<http::string_body> request{http::verb::post, target, 11};
    request.set(http::field::content_type, "message/rfc822");
    request.body() = std::move(octets);
    return exchange(socket_path, std::move(request), deadline, nullptr);
}

}  // namespace imc::admin
