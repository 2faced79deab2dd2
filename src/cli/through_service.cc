#include "cli/through_service.h"

#include "base/text.h"

#include <boost/json/parse.hpp>

namespace imc::cli {

namespace json = boost::json;

std::optional<Result<admin::ServiceAnswer>>
through_service(const Context& context, const std::string& method, const std::string& target,
                const json::value& body, std::chrono::milliseconds patience)
{
    if (context.direct) return {};
    auto answer = admin::ask(context.paths().admin_socket(), method, target, body, after(patience));
    if (!answer && admin::is_nobody_there(answer.error())) return {};
    if (!answer && answer.error().event() == EventId::service_unreachable)
        return Error{answer.error().event(), answer.error().detail() + "; --direct goes past it"};
    return answer;
}

Result<json::object> object_of(const Result<admin::ServiceAnswer>& answer)
{
    if (!answer) return answer.error();
    if (!answer->done()) {
        auto said = admin::error_of(answer->body);
        if (answer->status != 500) return said;
        return Error{said.event(), said.detail() + "; so the service found it, as its own user: "
                                                   "--direct goes past it"};
    }
    boost::system::error_code failure;
    auto value = json::parse(answer->body, failure);
    if (failure || !value.is_object())
        return Error{EventId::service_answer_lost,
                     "what came is no answer, so what was done is not known: " +
                         printable(answer->body, 200)};
    return std::move(value.get_object());
}

std::string text_in(const json::object& answer, std::string_view name)
{
    const auto* found = answer.if_contains(name);
    const auto* text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string{} : std::string{*text};
}

bool changed_by_service(Context& context, const std::string& method, const std::string& target,
                        const json::value& body)
{
    const auto answer = through_service(context, method, target, body);
    if (!answer) return false;
    const auto done = object_of(*answer);
    if (!done)
        context.fail(done.error());
    else if (const auto undo = text_in(*done, "undo"); !undo.empty())
        context.undo(undo);
    return true;
}

}  // namespace imc::cli
