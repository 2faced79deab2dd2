#include "cli/config/config.h"
#include "cli/through_service.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;

/// The judge of the service has as long as a start, and may have to finish another check before.
constexpr std::chrono::seconds judge_patience{150};

const json::value* member(const json::object& object, std::string_view name)
{
    const auto* found = object.if_contains(name);
    return found == nullptr || found->is_null() ? nullptr : found;
}

const json::array& list_in(const json::object& object, std::string_view name)
{
    static const json::array none;
    const auto* found = member(object, name);
    return found != nullptr && found->is_array() ? found->get_array() : none;
}

void say_rows(Context& context, const json::object& plan)
{
    for (const auto& row : list_in(plan, "diff")) {
        auto one = row.as_object();
        if (!context.json) {
            context.out << text_in(one, "text") << '\n';
            continue;
        }
        one.erase("text");
        context.out << json::serialize(one) << '\n';
    }
    const auto& waiting = list_in(plan, "needs_restart");
    if (waiting.empty()) return;
    if (context.json) {
        context.out << json::serialize(json::object{{"needs_restart", waiting}}) << '\n';
        return;
    }
    std::string names;
    for (const auto& name : waiting)
        names += (names.empty() ? "" : ", ") + std::string{name.as_string()};
    context.out << "In force only after a restart: " << names << '\n';
}

void say_passed(Context& context, const json::object& plan)
{
    if (context.json) return;
    std::ptrdiff_t passed = 0;
    if (const auto* check = member(plan, "check"); check != nullptr && check->is_object())
        passed = std::ranges::count_if(list_in(check->get_object(), "assertions"), [](auto& one) {
            return one.is_object() && text_in(one.get_object(), "status") == "passed";
        });
    context.out << "Check: a start would pass with this (" << passed << " assertions passed).\n";
}

/// Of an answer 422.
void say_refused(Context& context, const json::object& plan)
{
    say_rows(context, plan);
    const auto* verdict = member(plan, "verdict");
    const auto* said = verdict == nullptr ? nullptr : verdict->if_object();
    if (said != nullptr && context.json)
        context.out << json::serialize(
                           json::object{{"refused", true}, {"verdict", said->at("check")}})
                    << '\n';
    else if (said != nullptr)
        context.out << text_in(*said, "text");
    std::string event, assertion;
    if (const auto* check = member(plan, "check"); check != nullptr && check->is_object()) {
        assertion = text_in(check->get_object(), "deciding");
        if (const auto* number = member(check->get_object(), "event"))
            event = json::serialize(*number);
    }
    context.fail("refused: with this the service would not start: Error 2140, event " + event +
                     ", " + assertion + "; nothing was changed",
                 3);
}

void say_why_not(Context& context, const Error& error)
{
    context.fail(error, error.event() == EventId::start_would_fail ? 3 : 1);
}

/// The plan that an answer tells of. Nothing: it was refused, and that is said.
std::optional<json::object> plan_in(Context& context, const Result<admin::ServiceAnswer>& answer)
{
    if (answer && answer->status == 422) {
        boost::system::error_code failure;
        const auto refused = json::parse(answer->body, failure);
        if (!failure && refused.is_object() && refused.get_object().contains("diff")) {
            say_refused(context, refused.get_object());
            return {};
        }
    }
    auto plan = object_of(answer);
    if (plan) return std::move(*plan);
    say_why_not(context, plan.error());
    return {};
}

}  // namespace

bool config_by_service(Context& context, const ConfigWords& words, const ConfigOrder& order)
{
    const auto target = "/api/v1/config/" + order.what;
    const auto seen =
        through_service(context, "POST", target + "?dry_run=true", order.body, judge_patience);
    if (!seen) return false;
    const auto plan = plan_in(context, *seen);
    if (!plan) return true;
    if (list_in(*plan, "diff").empty()) {
        if (!context.json) context.out << nothing_to_change << '\n';
        return true;
    }
    say_rows(context, *plan);
    say_passed(context, *plan);
    if (words.dry_run) {
        if (!context.json) context.out << "Dry run: nothing was changed.\n";
        return true;
    }
    if (order.asks && !words.yes && !context.may("All of this would be changed", "--yes"))
        return true;
    auto body = order.body;
    body["hash"] = text_in(*plan, "hash");
    const auto answer = through_service(context, "POST", target, body, judge_patience);
    if (!answer) {
        context.fail(Error{EventId::service_not_running,
                           "it stopped after the plan was made; nothing was changed. Again, and "
                           "the command makes the change itself"});
        return true;
    }
    if (*answer && (*answer)->status == 422) {
        (void)plan_in(context, *answer);
        return true;
    }
    const auto done = object_of(*answer);
    if (!done) {
        say_why_not(context, done.error());
        return true;
    }
    if (!context.json) {
        for (const auto& lost : list_in(*done, "lost"))
            context.out << "kept nowhere, not to be undone: the former "
                        << std::string{lost.as_string()} << '\n';
        context.out << "Changed; the service takes it within seconds: imc config show"
                    << context.paths().option() << '\n';
    }
    context.undo(text_in(*done, "undo"));
    return true;
}

}  // namespace imc::cli
