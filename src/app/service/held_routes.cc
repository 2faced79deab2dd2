#include "app/service/held_routes.h"

#include "admin/pages.h"
#include "app/help.h"
#include "base/text.h"

namespace imc::app {

namespace net = boost::asio;

namespace {

Error why_held(const StateBoard& board) { return Error{EventId::service_held, board.held_text()}; }

net::awaitable<admin::Response> rest(std::shared_ptr<const StateBoard> board, bool held,
                                     admin::Request request)
{
    if (auto shown = admin::help_page(request, help_piece)) co_return std::move(*shown);
    if (auto shown = admin::page(request)) co_return std::move(*shown);
    // A stranger does not hear why there is nothing.
    if (!request.caller.may(admin::Role::view))
        co_return admin::Response::error(Error{EventId::admin_refused, "nobody has signed in"},
                                         401);
    if (held) co_return admin::Response::error(why_held(*board), 503);
    co_return admin::Response::error(
        Error{EventId::admin_refused,
              "no such path: " + request.method + " " + printable(request.path, 100)},
        404);
}

}  // namespace

void add_held_routes(admin::Server& server, HeldRouteParts parts)
{
    add_state_api(server, parts.board, std::move(parts.loading));
    admin::add_session_api(server, std::move(parts.sessions));
}

void answer_the_rest(admin::Server& server, std::shared_ptr<const StateBoard> board, bool held)
{
    server.otherwise(
        [board, held](admin::Request request) { return rest(board, held, std::move(request)); });
    if (held) server.held([board]() -> std::optional<Error> { return why_held(*board); });
}

}  // namespace imc::app
