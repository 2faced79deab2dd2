#include "admin/noted.h"

namespace imc::admin {

namespace net = boost::asio;

Access noted_by_handler(std::string_view method, std::string_view pattern)
{
    auto out = usual_access(method, pattern);
    out.audited = Audited::by_handler;
    return out;
}

net::awaitable<Response> noted(Request request, Change change, Handler work)
{
    auto told = change;
    const auto number = co_await request.note(std::move(told));
    if (!number) co_return Response::error(number.error(), 503);
    Response response;
    try {
        auto asked = request;
        response = co_await work(std::move(asked));
    } catch (const std::exception& e) {
        response = Response::error(Error{EventId::exception_handled, e.what()}, 500);
    }
    co_await request.ended(*number, change, response);
    co_return response;
}

}  // namespace imc::admin
