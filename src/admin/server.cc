#include "admin/server.h"

#include "base/files.h"
#include "base/text.h"
#include "base/time.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace imc::admin {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
using namespace std::chrono_literals;
using boost::system::error_code;
using Protocol = net::local::stream_protocol;

namespace {

constexpr std::size_t most_body = 4 << 20;

struct Route {
    std::string method;
    std::vector<std::string> parts;
    Handler handler;
};

std::vector<std::string> parts_of(std::string_view path)
{
    std::vector<std::string> out;
    for (const auto part : split(path, '/'))
        if (!part.empty()) out.emplace_back(part);
    return out;
}

int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    const char l = to_lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// Who is at the other end, says the kernel.
std::optional<unsigned> peer_uid(int descriptor)
{
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return {};
    return who.uid;
}

}  // namespace

std::string Request::first(const std::string& name) const
{
    const auto found = query.find(name);
    return found == query.end() ? std::string{} : found->second;
}

Response Response::json(const json::value& value, unsigned status)
{
    return {status, json::serialize(value) + "\n"};
}

Response Response::error(const Error& error, unsigned status)
{
    return json(json::object{{"error", json::object{{"event", static_cast<unsigned>(error.event())},
                                                    {"detail", error.to_string()}}}},
                status);
}

std::string url_decode(std::string_view text, bool plus_is_space)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 &&
            hex(text[i + 2]) >= 0) {
            out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else {
            out += text[i] == '+' && plus_is_space ? ' ' : text[i];
        }
    }
    return out;
}

std::string url_encode(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view{"-._~"}.find(c) != std::string_view::npos;
        const auto octet = static_cast<unsigned char>(c);
        if (plain)
            out += c;
        else
            out += {'%', digits[octet >> 4U], digits[octet & 15U]};
    }
    return out;
}

struct Server::State : std::enable_shared_from_this<Server::State> {
    std::string path;
    net::any_io_executor executor;
    Protocol::acceptor acceptor;
    std::vector<Route> routes;
    Handler otherwise;
    std::function<std::string()> notice;
    bool stopped = false;        // of the executor's thread
    bool asked_to_stop = false;  // of the owner's thread

    State(std::string p, net::any_io_executor e) : path{std::move(p)}, executor{e}, acceptor{e} {}

    static net::awaitable<void> accept_all(std::shared_ptr<State> self)
    {
        while (!self->stopped) {
            error_code failure;
            Protocol::socket socket = co_await self->acceptor.async_accept(
                net::redirect_error(net::use_awaitable, failure));
            if (self->stopped || failure == net::error::operation_aborted) co_return;
            if (failure) {
                net::steady_timer pause{self->executor, 100ms};
                co_await pause.async_wait(net::redirect_error(net::use_awaitable, failure));
                continue;
            }
            net::co_spawn(self->executor, talk(self, std::move(socket)), net::detached);
        }
    }

    static net::awaitable<void> talk(std::shared_ptr<State> self, Protocol::socket socket)
    {
        const auto uid = peer_uid(socket.native_handle());
        beast::basic_stream<Protocol, net::any_io_executor> stream{std::move(socket)};
        beast::flat_buffer buffer;
        for (bool more = true; more;) {
            stream.expires_after(30s);
            http::request_parser<http::string_body> parser;
            parser.body_limit(most_body);
            error_code failure;
            co_await http::async_read(stream, buffer, parser,
                                      net::redirect_error(net::use_awaitable, failure));
            if (failure) break;
            const auto request = parser.release();
            Response response;
            const bool may = uid && (*uid == 0 || *uid == ::geteuid());
            if (may) {
                Asked asked{
                    std::string{request.method_string()}, std::string{request.target()},
                    request.body(),
                    same_word(std::string{request[http::field::content_type]}, "message/rfc822"),
                    *uid};
                response = co_await self->answer(std::move(asked));
            } else {
                response = Response::error(
                    Error{EventId::admin_refused, "only root and the service's user may ask"}, 403);
            }
            http::response<http::string_body> out{static_cast<http::status>(response.status),
                                                  request.version()};
            out.set(http::field::content_type, response.content_type);
            if (const auto said = self->notice ? self->notice() : std::string{};
                may && !said.empty())
                out.set("imc-loading", said);
            out.keep_alive(request.keep_alive());
            out.body() = std::move(response.body);
            out.prepare_payload();
            more = out.keep_alive();
            stream.expires_after(60s);
            co_await http::async_write(stream, out,
                                       net::redirect_error(net::use_awaitable, failure));
            if (failure) break;
        }
        error_code gone;
        stream.socket().shutdown(Protocol::socket::shutdown_both, gone);
    }

    struct Asked {
        std::string method, target, body;
        bool is_message = false;  ///< the body
        unsigned uid = 0;
    };
    net::awaitable<Response> answer(Asked asked)
    {
        Request in;
        in.method = asked.method;
        in.uid = asked.uid;
        const std::string_view target{asked.target};
        const auto mark = target.find('?');
        in.path = std::string{target.substr(0, mark)};
        if (mark != target.npos)
            for (const auto pair : split(target.substr(mark + 1), '&')) {
                const auto equals = pair.find('=');
                if (!pair.empty())
                    in.query.emplace(url_decode(pair.substr(0, equals), true),
                                     equals == pair.npos
                                         ? std::string{}
                                         : url_decode(pair.substr(equals + 1), true));
            }
        if (asked.is_message) {
            in.octets = std::move(asked.body);
        } else if (!asked.body.empty()) {
            error_code failure;
            in.body = json::parse(asked.body, failure);
            if (failure)
                co_return Response::error(
                    Error{EventId::admin_refused, "the body is no JSON: " + failure.message()},
                    400);
        }
        const auto* route = find(in);
        const Handler* const handler = route != nullptr ? &route->handler
                                       : otherwise      ? &otherwise
                                                        : nullptr;
        if (handler == nullptr)
            co_return Response::error(
                Error{EventId::admin_refused,
                      "no such path: " + in.method + " " + printable(in.path, 100)},
                404);
        std::string defect;
        try {
            co_return co_await (*handler)(std::move(in));
        } catch (const std::exception& e) {
            defect = e.what();
        }
        co_return Response::error(Error{EventId::exception_handled, defect}, 500);
    }

    const Route* find(Request& in) const
    {
        const auto parts = parts_of(in.path);
        for (const auto& route : routes) {
            if (route.method != in.method || route.parts.size() != parts.size()) continue;
            std::map<std::string, std::string> found;
            bool fits = true;
            for (std::size_t i = 0; i < parts.size() && fits; ++i) {
                const auto& pattern = route.parts[i];
                if (pattern.starts_with('{'))
                    found[pattern.substr(1, pattern.size() - 2)] = url_decode(parts[i], false);
                else
                    fits = pattern == parts[i];
            }
            if (!fits) continue;
            in.parameters = std::move(found);
            return &route;
        }
        return nullptr;
    }
};

Server::Server(std::string socket_path, net::any_io_executor executor)
    : state_{std::make_shared<State>(std::move(socket_path), std::move(executor))}
{}

Server::~Server() { stop(); }

void Server::add(std::string method, std::string pattern, Handler handler)
{
    state_->routes.push_back({std::move(method), parts_of(pattern), std::move(handler)});
}

void Server::otherwise(Handler handler) { state_->otherwise = std::move(handler); }

void Server::say_with_each(std::function<std::string()> notice)
{
    state_->notice = std::move(notice);
}

net::awaitable<Response> Server::answer(std::string method, std::string target, std::string body,
                                        bool is_message)
{
    return state_->answer({std::move(method), std::move(target), std::move(body), is_message, 0});
}

Result<> Server::start()
{
    auto& s = *state_;
    const auto failed = [&](const std::string& why) {
        return Error{EventId::admin_socket_failed, s.path + ": " + why};
    };
    if (s.path.size() >= 108)
        return failed("a path of " + std::to_string(s.path.size()) +
                      " octets; a socket's has at most 107");
    error_code failure;
    Protocol::socket probe{s.executor};
    probe.connect(Protocol::endpoint{s.path}, failure);
    if (!failure) return failed("another service answers there");
    // Only a socket that nobody serves any more is cleared away.
    if (failure == net::error::connection_refused)
        (void)real_files().remove(s.path);
    else if (failure.value() != ENOENT)
        return failed(failure.message());
    s.acceptor.open(Protocol{}, failure);
    if (!failure) s.acceptor.bind(Protocol::endpoint{s.path}, failure);
    if (!failure) s.acceptor.listen(64, failure);
    if (failure) return failed(failure.message());
    (void)::chmod(s.path.c_str(), 0600);
    net::co_spawn(s.executor, State::accept_all(state_), net::detached);
    return {};
}

void Server::stop()
{
    // Once only: after the first time the executor may be gone.
    if (std::exchange(state_->asked_to_stop, true)) return;
    net::post(state_->executor, [state = state_] {
        error_code gone;
        state->stopped = true;
        state->acceptor.close(gone);
    });
    (void)::unlink(state_->path.c_str());
}

}  // namespace imc::admin
