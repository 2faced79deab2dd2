#include "admin/server.h"

#include "admin/conversation.h"
#include "admin/gate.h"
#include "admin/router.h"
#include "base/files.h"
#include "base/text.h"
#include "base/time.h"
#include "event/caught.h"
#include "smtp/socket_stream.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;
using boost::system::error_code;
using Protocol = net::local::stream_protocol;

namespace {

/// Who is at the other end, says the kernel.
std::optional<unsigned> peer_uid(int descriptor)
{
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return {};
    return who.uid;
}

Response refusal(const char* why, unsigned status)
{
    return Response::error(Error{EventId::admin_refused, why}, status);
}

}  // namespace

struct Server::State final : Answerer, std::enable_shared_from_this<Server::State> {
    std::string path;
    net::any_io_executor executor;
    Protocol::acceptor acceptor;
    Router router;
    Handler otherwise;
    std::function<std::string()> said_with_each;
    std::function<std::optional<Error>()> held;
    std::shared_ptr<Auditor> auditor;
    std::shared_ptr<Gate> gate;
    unsigned commander = ::geteuid();
    EventLog* events = nullptr;  // null: nobody is told of defects
    bool asked_to_stop = false;  // of the owner's thread

    State(std::string p, net::any_io_executor e) : path{std::move(p)}, executor{e}, acceptor{e} {}

    std::string notice() const override
    {
        return said_with_each ? said_with_each() : std::string{};
    }

    /// What one caller makes it throw must not close the door to the next one.
    static net::awaitable<void> accept_all(std::shared_ptr<State> self)
    {
        while (!self->stopped) {
            try {
                co_await accept(self);
                co_return;
            } catch (...) {
                if (self->events != nullptr)
                    raise_begins_again(*self->events, "The control socket");
            }
            error_code woken;
            net::steady_timer pause{self->executor, 100ms};
            co_await pause.async_wait(net::redirect_error(net::use_awaitable, woken));
        }
    }

    static net::awaitable<void> accept(std::shared_ptr<State> self)
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
            const auto uid = peer_uid(socket.native_handle());
            if (!uid) continue;
            HttpPeer peer;
            peer.uid = uid;
            auto stream =
                smtp::socket_stream(net::generic::stream_protocol::socket{std::move(socket)});
            net::co_spawn(self->executor, talk(self, std::move(stream), std::move(peer)),
                          net::detached);
        }
    }

    static net::awaitable<void> talk(std::shared_ptr<State> self,
                                     std::unique_ptr<smtp::Stream> stream, HttpPeer peer)
    {
        try {
            co_await converse(self, std::move(stream), std::move(peer));
        } catch (...) {
            if (self->events != nullptr) raise_caught(*self->events, "the control socket");
        }
    }

    net::awaitable<bool> knows(Request header) override
    {
        if (header.caller.by == Caller::By::socket) co_return true;
        if (!gate) co_return false;
        const auto refused = co_await gate->admit(header);
        co_return !refused && header.caller.may(Role::view);
    }

    net::awaitable<Response> answer(Request in) override
    {
        std::string defect;
        try {
            co_return co_await judge_and_answer(in);
        } catch (...) {
            defect = caught_words();
            if (events != nullptr) raise_caught(*events, "a request to the Administrator");
        }
        co_return Response::error(Error{EventId::exception_handled, defect}, 500);
    }

    /// Nothing is told to who has not proved to be anybody: not even which paths there are.
    net::awaitable<Response> judge_and_answer(Request& in)
    {
        in.auditor = auditor;
        if (in.caller.by == Caller::By::socket) {
            if (in.uid != 0 && in.uid != ::geteuid())
                co_return refusal("only root and the service's user may ask", 403);
        } else {
            if (!gate) co_return refusal("nobody is answered here", 403);
            auto refused = co_await gate->admit(in);
            if (refused) co_return std::move(*refused);
        }
        const auto* const route = router.find(in);
        if (route == nullptr) {
            const auto others = in.caller.may(Role::view) ? router.methods_at(in) : std::string{};
            if (!others.empty()) co_return other_method(in, others);
            auto response = co_await no_such_path(std::move(in));
            co_return response;
        }
        const auto& needs = route->access;
        if (!in.caller.may(needs.role)) co_return not_allowed(in, needs.role);
        if (in.caller.is_of_one_domain() && needs.role != Role::nobody &&
            !is_for_one_domain(route->pattern))
            co_return refusal("it shows mail of other domains, too; a help desk of one domain has "
                              "tracking, refusals and explain",
                              403);
        if (held && !needs.works_while_held)
            if (auto why = held()) co_return Response::error(*why, 503);
        if (in.method != "GET" && in.method != "HEAD")
            if (const auto clear = in.dry_run_is_clear(); !clear)
                co_return Response::error(clear.error(), 400);
        const auto who = in.caller;
        const bool noted = auditor && needs.audited == Audited::by_router && !in.dry_run();
        if (!noted) {
            auto response = co_await route->handler(std::move(in));
            if (response.stream && gate && who.by != Caller::By::socket)
                response.may_go_on = [at = gate, who] { return at->holds(who); };
            co_return response;
        }
        auto response = co_await change(*route, std::move(in));
        co_return response;
    }

    /// RFC 9110 15.5.6.
    static Response other_method(const Request& in, const std::string& others)
    {
        auto out = Response::error(
            Error{EventId::admin_refused, printable(in.method, 40) + " " + printable(in.path, 100) +
                                              " found, " + others + " expected"},
            405);
        out.headers.emplace_back("Allow", others);
        return out;
    }

    net::awaitable<Response> no_such_path(Request in)
    {
        const auto what = in.method + " " + printable(in.path, 100);
        if (in.caller.may(Role::view) || in.path.find("/api/") != 0) {
            if (otherwise) {
                auto response = co_await otherwise(std::move(in));
                co_return response;
            }
            co_return Response::error(Error{EventId::admin_refused, "no such path: " + what}, 404);
        }
        co_return not_allowed(in, Role::view);
    }

    static Response not_allowed(const Request& in, Role needed)
    {
        if (in.caller.role == Role::nobody) return refusal("nobody has signed in", 401);
        return Response::error(
            Error{EventId::admin_refused, "this needs the role " + std::string{name_of(needed)} +
                                              "; " + in.caller.account + " has " +
                                              std::string{name_of(in.caller.role)}},
            403);
    }

    /// The note comes first: what cannot be kept is not done.
    net::awaitable<Response> change(const Route& route, Request in)
    {
        auto who = in.caller;
        auto what = change_of(in, route.pattern);
        const auto number = co_await auditor->note(who, std::move(what));
        if (!number) co_return Response::error(number.error(), 503);
        Response response;
        std::string failure;
        try {
            response = co_await route.handler(std::move(in));
            if (response.status >= 400)
                failure = std::to_string(response.status) + " " + printable(response.body, 300);
        } catch (...) {
            failure = caught_words();
            if (events != nullptr) raise_caught(*events, "a change by the Administrator");
            response = Response::error(Error{EventId::exception_handled, failure}, 500);
        }
        if (!failure.empty())
            co_await auditor->came_to_nothing(*number, std::move(who), std::move(failure));
        co_return response;
    }
};

Server::Server(std::string socket_path, net::any_io_executor executor)
    : state_{std::make_shared<State>(std::move(socket_path), std::move(executor))}
{}

Server::~Server() { stop(); }

void Server::add(std::string method, std::string pattern, Handler handler)
{
    const auto access = usual_access(method, pattern);
    add(std::move(method), std::move(pattern), std::move(handler), access);
}

void Server::add(std::string method, std::string pattern, Handler handler, Access access)
{
    state_->router.add(std::move(method), std::move(pattern), std::move(handler), access);
}

void Server::otherwise(Handler handler) { state_->otherwise = std::move(handler); }

void Server::say_with_each(std::function<std::string()> notice)
{
    state_->said_with_each = std::move(notice);
}

void Server::held(std::function<std::optional<Error>()> held) { state_->held = std::move(held); }
void Server::audit(std::shared_ptr<Auditor> auditor) { state_->auditor = std::move(auditor); }
void Server::tell(EventLog& events) { state_->events = &events; }
void Server::gate(std::shared_ptr<Gate> gate) { state_->gate = std::move(gate); }
void Server::commanded_by(unsigned uid) { state_->commander = uid; }

net::awaitable<Response> Server::answer(std::string method, std::string target, std::string body,
                                        bool is_message)
{
    Request in;
    in.method = std::move(method);
    in.caller.by = Caller::By::socket;
    in.caller.role = Role::administrator;
    in.caller.account = account_of_uid(state_->commander);
    in.caller.from = from_command_line;
    in.uid = ::geteuid();
    take_target(target, in);
    if (is_message) {
        in.octets = std::move(body);
    } else if (!body.empty()) {
        error_code failure;
        in.body = json::parse(body, failure);
        if (failure)
            co_return Response::error(
                Error{EventId::admin_refused, "the body is no JSON: " + failure.message()}, 400);
    }
    auto response = co_await state_->answer(std::move(in));
    co_return response;
}

net::awaitable<void> Server::serve(std::unique_ptr<smtp::Stream> stream, HttpPeer peer)
{
    return converse(state_, std::move(stream), std::move(peer));
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
    state_->stopped = true;
    net::post(state_->executor, [state = state_] {
        error_code gone;
        state->acceptor.close(gone);
    });
    (void)::unlink(state_->path.c_str());
}

}  // namespace imc::admin
