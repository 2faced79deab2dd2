#include "admin/config_api.h"
#include "admin/take_back.h"
#include "cli/admin/place.h"
#include "cli/config/config.h"
#include "cli/through_service.h"
#include "event/record_json.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;

/// By the service when it runs. A stopped one would take the change back when it starts: so it can
/// be kept, or taken back, without it.
Result<std::string> ask_keeper(Context& context, const ConfigJudge& judge, const char* method,
                               const std::string& target, const json::value& body)
{
    const auto paths = context.paths();
    const auto answer = through_service(context, method, target, body, config_patience);
    if (answer && *answer && !(*answer)->done()) return admin::error_of((*answer)->body);
    if (answer && *answer) return (*answer)->body;
    if (answer) return answer->error();
    if (const auto other = judge.become_service(); !other) return other.error();
    return answer_here(
        context, method, target, body,
        [&paths](admin::Server& server, boost::asio::thread_pool& pool, EventLog& events) {
            admin::Desk desk{server, pool, paths};
            admin::add_keep_api(desk, std::make_shared<const admin::ConfigParts>(
                                          admin::ConfigParts{events, nullptr, nullptr}));
        });
}

std::string word(const json::object& object, const char* name)
{
    const auto* found = object.if_contains(name);
    const auto* text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string{} : std::string{*text};
}

}  // namespace

void say_what_waits(Context& context)
{
    const auto waiting = admin::read_waiting(context.paths());
    if (!waiting) return;
    const auto option = context.paths().option();
    context.out << "A change waits to be kept: generation " << waiting->generation << ", made by "
                << waiting->who << ", is taken back at " << to_rfc3339(waiting->revert_at)
                << " unless: imc config keep" << option << "\n";
    for (const auto& row : waiting->diff)
        context.out << "  " << row << '\n';
    context.out << "Back at once: imc config keep --revert" << option << '\n';
}

void config_keep(Context& context, const ConfigWords& words, const ConfigJudge& judge)
{
    const auto found = ask_keeper(context, judge, "GET", "/api/v1/config/keep", nullptr);
    if (!found) return context.fail(found.error());
    boost::system::error_code failure;
    const auto waiting = json::parse(*found, failure);
    if (failure || !waiting.is_object())
        return context.fail("no change waits to be kept: there was none, or it was kept or taken "
                            "back already; imc events" +
                            context.paths().option() + " --id 41050 --last 1");
    // The one that was seen: another that came meanwhile is not meant.
    const auto answer =
        ask_keeper(context, judge, "POST",
                   std::string{words.revert ? "/api/v1/config/revert" : "/api/v1/config/keep"} +
                       (words.dry_run ? "?dry_run=true" : ""),
                   json::object{{"generation", waiting.get_object().at("generation")}});
    if (!answer) return context.fail(answer.error());
    const auto done = json::parse(*answer).as_object();
    if (!context.json) {
        for (const auto& row : waiting.get_object().at("diff").as_array())
            context.out << "  " << std::string_view{row.as_string()} << '\n';
        context.out << word(done, "done") << '\n';
    }
    if (words.dry_run && context.json) context.out << *answer;
    if (!words.dry_run) context.undo(word(done, "undo"));
}

}  // namespace imc::cli
