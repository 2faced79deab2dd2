#include "cli/queue/words.h"

#include "admin/client.h"
#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;

struct VerbWords {
    const char* name;
    const char* help;
    const char* done;     ///< "3 recipients ..."
    const char* undo;     ///< with --action N; empty: there is none
    const char* no_undo;  ///< why
};

constexpr VerbWords verbs[]{
    {"retry", "try now instead of later", "tried now", "", ""},
    {"hold", "keep from being sent, until a time or until released", "held", "release", ""},
    {"release", "send what is held", "released", "hold", ""},
    {"reroute", "send to another host, or as configured again", "rerouted", "reroute --normal", ""},
    {"expire", "set when it fails if nothing has come of it", "given another expiry",
     "expire --normal", ""},
    {"bounce", "return to the sender now, with a text", "returned to their senders", "",
     "There is no undo: the reports are on their way."},
    {"delete", "remove without a report; kept for 24 hours", "deleted", "undelete", ""},
    {"undelete", "put back what was deleted in the last 24 hours", "put back", "delete", ""},
};

json::object body_of(const QueueWords& words)
{
    json::object out;
    if (!words.ids.empty()) out["ids"] = json::array(words.ids.begin(), words.ids.end());
    for (const auto& [name, value] : words.selection)
        if (!value.empty()) out[name] = value;
    for (const auto& [name, value] : {std::pair<const char*, const std::string&>{"at", words.until},
                                      {"in", words.period},
                                      {"text", words.text},
                                      {"to", words.to}})
        if (!value.empty()) out[name] = value;
    for (const auto& [name, value] : {std::pair{"all", words.all},
                                      {"dry_run", words.dry_run},
                                      {"now", words.now},
                                      {"normal", words.normal}})
        if (value) out[name] = true;
    return out;
}

std::uint64_t number(const json::object& object, const char* key)
{
    return object.at(key).to_number<std::uint64_t>();
}

std::string text(const json::value& value) { return printable(std::string{value.as_string()}); }

std::string counted(std::uint64_t count, const char* one, const char* many)
{
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

void bar(Context& context, std::uint64_t done, std::uint64_t of)
{
    constexpr std::uint64_t width = 40;
    const auto full = of == 0 ? 0 : std::min(width, done * width / of);
    context.err << "\r[" << std::string(full, '#') << std::string(width - full, '.') << "] " << done
                << " of " << of << std::flush;
}

/// What goes on by itself is asked for until it is done.
Result<json::object> finished(Context& context, Result<std::string> answer)
{
    bool drawn = false;
    const auto clear = [&] {
        if (drawn) context.err << "\r" << std::string(80, ' ') << "\r" << std::flush;
    };
    for (;;) {
        if (!answer) {
            clear();
            return answer.error();
        }
        auto state = json::parse(*answer).as_object();
        const auto* const over = state.if_contains("finished");
        if (over == nullptr || over->as_bool()) {
            clear();
            return state;
        }
        if (context.terminal) {
            bar(context, number(state, "done"), number(state, "of"));
            drawn = true;
        }
        answer = admin::call(context.paths().admin_socket(), "GET",
                             "/api/v1/queue-actions/" + std::to_string(number(state, "number")),
                             nullptr, after(patience_with_queue));
    }
}

void left_alone(Context& context, const json::object& done)
{
    if (const auto busy = number(done, "in_delivery"); busy > 0)
        context.out << busy << (busy == 1 ? " is" : " are") << " being delivered now and "
                    << (busy == 1 ? "was" : "were") << " left alone.\n";
    if (const auto held = number(done, "held"); held > 0)
        context.out << held << (held == 1 ? " is" : " are") << " held; imc queue release"
                    << context.paths().option() << " sends them.\n";
}

void show_preview(Context& context, const json::object& seen, const VerbWords& verb)
{
    context.out << counted(number(seen, "recipients"), "recipient of ", "recipients of ")
                << counted(number(seen, "messages"), "message", "messages") << " would be "
                << verb.done << ".\n";
    for (const auto& each : seen.at("sample").as_array())
        context.out << "  " << text(each.at("id")) << "  from <" << text(each.at("sender"))
                    << "> to <" << text(each.at("address")) << ">  " << text(each.at("reason"))
                    << '\n';
    const auto shown = seen.at("sample").as_array().size();
    if (number(seen, "recipients") > shown)
        context.out << "  and " << number(seen, "recipients") - shown << " more\n";
    left_alone(context, seen);
}

void say_undo(Context& context, const QueueWords& words, const VerbWords& verb,
              const json::object& done)
{
    const bool purged = words.now && std::string_view{verb.name} == "delete";
    const bool back = words.normal && std::string_view{verb.name} == "reroute";
    const bool over = words.now && std::string_view{verb.name} == "expire";
    const auto action = std::to_string(number(done, "action"));
    if (purged || over || *verb.no_undo != '\0') {
        if (!context.json)
            context.out << (purged ? "There is no undo: nothing is kept."
                            : over ? "There is no undo: the senders are told."
                                   : verb.no_undo)
                        << '\n';
    } else if (back) {
        context.undo("imc queue reroute" + context.paths().option() + " --to HOST --action " +
                     action);
    } else if (*verb.undo != '\0') {
        context.undo(std::string{"imc queue "} + verb.undo + context.paths().option() +
                     " --action " + action);
    }
}

void act(Context& context, const QueueWords& words, const VerbWords& verb)
{
    if (!check_selector(context, words)) return;
    const auto selector = queue::parse_selector(words_of(words));
    if (selector->empty())
        return context.fail(std::string{"say which: queue ids, --sender, --domain or another "
                                        "selector, or --all for the whole queue\nSee: imc queue "} +
                                verb.name + " --help",
                            2);
    const std::string_view name = verb.name;
    if (name == "reroute" && words.to.empty() && !words.normal)
        return context.fail("say where to: --to HOST[:PORT], or --normal", 2);
    if (name == "expire" && !words.now && !words.normal && words.period.empty() &&
        words.until.empty())
        return context.fail("say when: --now, --in PERIOD, --at TIME, or --normal", 2);
    const auto answer = finished(context, admin::call(context.paths().admin_socket(), "POST",
                                                      std::string{"/api/v1/queue/"} + verb.name,
                                                      body_of(words), after(patience_with_queue)));
    if (!answer) return context.fail(to_mend(answer.error()));
    const auto& done = *answer;
    const auto count = number(done, "recipients");
    if (context.json) {
        context.out << json::serialize(done) << '\n';
        if (!words.dry_run && count > 0) say_undo(context, words, verb, done);
        return;
    }
    if (words.dry_run) return show_preview(context, done, verb);
    if (count == 0) {
        left_alone(context, done);
        if (words.all || number(done, "in_delivery") > 0) {
            context.out << "0 recipients " << verb.done << '\n';
            return;
        }
        return context.fail("nothing in the queue matches; imc queue ls" +
                            context.paths().option() + " shows what is there");
    }
    context.out << counted(count, "recipient ", "recipients ") << verb.done
                << (words.to.empty() ? "" : " to " + words.to) << '\n';
    left_alone(context, done);
    say_undo(context, words, verb, done);
}

}  // namespace

void add_queue_actions(CLI::App& queue, Context& context, const QueueWordsPtr& words)
{
    for (const auto& verb : verbs) {
        auto* command = common(queue.add_subcommand(verb.name, verb.help), context);
        add_ids(command, words);
        add_selectors(command, words);
        command->add_flag("--all", words->all, "the whole queue");
        command->add_flag("--dry-run", words->dry_run,
                          "only count what would be touched, and show ten of them");
        const std::string_view name = verb.name;
        if (name == "hold") {
            auto* until = command->add_option("--until", words->until, "2026-11-24T12:00, UTC")
                              ->type_name("TIME");
            command->add_option("--for", words->period, "90s, 30m, 2h, 7d or 2w from now")
                ->type_name("PERIOD")
                ->excludes(until);
            command->add_option("--text", words->text, "why, for whoever asks")->type_name("TEXT");
        } else if (name == "reroute") {
            auto* to =
                command
                    ->add_option("--to", words->to, "where its mail goes; we do not sign in there")
                    ->type_name("HOST[:PORT]");
            command->add_flag("--normal", words->normal, "as configured")->excludes(to);
        } else if (name == "expire") {
            auto* now = command->add_flag("--now", words->now, "at once");
            auto* in = command->add_option("--in", words->period, "90s, 30m, 2h, 7d or 2w from now")
                           ->type_name("PERIOD")
                           ->excludes(now);
            auto* at = command->add_option("--at", words->until, "2026-11-24T12:00, UTC")
                           ->type_name("TIME")
                           ->excludes(now)
                           ->excludes(in);
            command->add_flag("--normal", words->normal, "as configured")
                ->excludes(now)
                ->excludes(in)
                ->excludes(at);
        } else if (name == "bounce") {
            command->add_option("--text", words->text, "what the sender reads")
                ->type_name("TEXT")
                ->required();
        } else if (name == "delete") {
            command->add_flag("--now", words->now, "keep nothing: no undo");
        }
        command->callback([&context, words, &verb] { act(context, *words, verb); });
    }
}

}  // namespace imc::cli
