#include "admin/check_api.h"
#include "admin/config_api.h"
#include "admin/lock_out.h"
#include "admin/take_back.h"
#include "base/text.h"
#include "config/generation.h"
#include "config/plan_journal.h"
#include "config/setting_table.h"
#include "config/settings_file.h"
#include "event/record_json.h"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <mutex>

namespace imc::admin {

namespace json = boost::json;

namespace {

constexpr std::uint64_t least_to_keep = 10, most_to_keep = 3600;

/// As a value of a file of settings, whatever is in it.
std::string as_setting(std::string_view value)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (is_control(c))
            out += {'\\', 'x', digits[octet >> 4U], digits[octet & 15U]};
        else
            out += c;
    }
    return out + "\"";
}

struct Key {
    std::string section, name;
};

Result<Key> key_of(std::string_view text)
{
    const auto slash = text.find('/');
    if (slash != text.npos) {
        Key out{lower(text.substr(0, slash)), std::string{text.substr(slash + 1)}};
        const bool known =
            out.section == "registry" || !config::class_of_section(out.section).empty();
        if (!known || std::ranges::any_of(out.section, [](char c) {
                return is_control(c) || c == '[' || c == ']';
            }))
            return bad_request("there is no section " + printable(out.section, 80));
        if (!config::find_setting(out.section, out.name)) {
            const auto near = config::nearest_setting(out.section, out.name);
            return bad_request("[" + out.section + "] has no setting " + printable(out.name, 80) +
                               (near.empty() ? "" : "; did you mean " + std::string{near} + "?"));
        }
        return out;
    }
    // What connectors inherit may be said of site and server, too; the page is the connector's.
    for (const char* section : {"registry", "connector", "site addressing", "server"})
        if (config::find_setting(section, text)) return Key{section, std::string{text}};
    return bad_request("there is no setting " + printable(text, 80));
}

Result<std::string> value_text(const json::value& value)
{
    if (const auto* text = value.if_string()) return std::string{*text};
    if (value.is_bool()) return std::string{value.get_bool() ? "TRUE" : "FALSE"};
    if (value.is_number()) return json::serialize(value);
    return bad_request("a text, a number, true or false, a list of texts or null expected");
}

/// The request's changes as a file of settings, so that they are judged as one is.
Result<config::SettingsFile> settings_of(const json::value* changes)
{
    const auto* object = changes == nullptr ? nullptr : changes->if_object();
    if (object == nullptr || object->empty())
        return bad_request("\"changes\": an object {KEY: VALUE} expected");
    std::string text;
    for (const auto& [word, value] : *object) {
        const auto key = key_of(std::string_view{word});
        if (!key) return key.error();
        text += "[" + key->section + "]\n";
        if (value.is_null()) {
            text += key->name + " =\n";
            continue;
        }
        json::array one{value};
        const auto* list = value.if_array();
        if (list == nullptr) list = &one;
        if (list->empty()) text += key->name + (key->section == "registry" ? " = \"\"\n" : " =\n");
        for (const auto& each : *list) {
            const auto said = value_text(each);
            if (!said)
                return bad_request("\"" + std::string{word} + "\": " + said.error().detail());
            text += key->name + " = " + as_setting(*said) + "\n";
        }
    }
    auto file = config::parse_settings_file(text);
    if (file) return file;
    // Lines of a file that nobody has seen.
    auto detail = file.error().detail();
    if (detail.starts_with("line "))
        if (const auto colon = detail.find(": "); colon != detail.npos) detail.erase(0, colon + 2);
    return Error{file.error().event(), detail};
}

/// What is wanted: "changes", or "text", a whole file of settings, whose lines are somebody's.
Result<config::SettingsFile> wanted_by(const Body& body)
{
    const auto* text = body.find("text");
    if (text == nullptr) return settings_of(body.find("changes"));
    if (body.has("changes"))
        return bad_request("\"text\" found beside \"changes\"; one way to say it expected");
    if (!text->is_string()) return bad_request("\"text\": a text expected");
    return config::parse_settings_file(std::string_view{text->get_string()});
}

struct Planned {
    config::Plan plan;
    std::shared_ptr<Directory> directory;
    std::string hash;  ///< of what is there now, and of what is wanted
    std::optional<config::Verdict> verdict;
};

/// In one order: that of values is not promised.
std::string hash_of_plan(const config::Snapshot& now, const config::Plan& plan)
{
    std::vector<std::string> lines;
    for (const auto& object : now.objects)
        for (const auto& [name, values] : object.entry.attributes)
            if (!same_word(name, "imcGeneration"))
                for (const auto& value : values)
                    lines.push_back(object.section + " " + name + "=" + value + "\n");
    for (const auto& row : plan.rows)
        lines.push_back(config::to_text(row) + "\n");
    std::ranges::sort(lines);
    std::string all;
    for (const auto& line : lines)
        all += line;
    return config::hash_of(now.registry_text, all);
}

Result<Planned> planned(const Paths& paths, const ConfigParts& parts, const Body& body)
{
    const auto file = wanted_by(body);
    if (!file) return file.error();
    auto now = config::snapshot_now(paths, after(config_patience));
    if (!now) return now.error();
    const auto target = with(now->snapshot, *file);
    if (!target) return target.error();
    Planned out;
    out.plan = config::make_plan(now->snapshot, *target);
    out.directory = std::move(now->directory);
    out.hash = hash_of_plan(now->snapshot, out.plan);
    if (out.plan.other_directory && !out.plan.directory.empty())
        return Error{EventId::start_would_fail,
                     "the plan changes HomeDSA or DirectoryBase, and objects of the directory; "
                     "which directory is meant cannot be known. Change one, then the other"};
    if (!out.plan.empty()) out.verdict = parts.judge(instead_of(out.plan));
    return out;
}

json::object plan_json(const Planned& planned)
{
    const auto waiting = config::restart_needed(planned.plan.rows);
    json::object check{
        {"passed", true}, {"deciding", nullptr}, {"event", nullptr}, {"assertions", json::array{}}};
    if (planned.verdict) check = verdict_json(*planned.verdict);
    const bool passes = !planned.verdict || planned.verdict->ok();
    return {{"diff", differences_json(planned.plan.rows)},
            {"check", std::move(check)},
            {"passes", passes},
            {"could_lock_out", those_that_could_lock_out(planned.plan.rows)},
            {"needs_restart", to_array(waiting)},
            {"hash", planned.hash}};
}

Response plan(const Paths& paths, const ConfigParts& parts, const Request& request)
{
    Body body{request};
    if (const auto flaw = body.flaw(); !flaw) return refused(flaw.error());
    const auto made = planned(paths, parts, body);
    if (!made) return refused(made.error());
    return Response::json(plan_json(*made));
}

/// 422 with the verdict.
Response would_not_start(const Planned& planned)
{
    const auto* decides = planned.verdict->deciding();
    const Error error{EventId::start_would_fail,
                      "event " + std::to_string(static_cast<unsigned>(decides->event)) + ", " +
                          decides->id + "; nothing was changed"};
    json::object out = plan_json(planned);
    out["error"] = json::object{{"event", static_cast<unsigned>(error.event())},
                                {"detail", error.to_string()}};
    // As imc check prints it, for whoever shows it to people.
    out["verdict"] =
        json::object{{"text", planned.verdict->to_text()}, {"check", to_json(*planned.verdict)}};
    return Response::json(out, 422);
}

std::vector<std::string> texts_of(const std::vector<config::Difference>& rows)
{
    std::vector<std::string> out;
    for (const auto& row : rows)
        out.push_back(config::to_text(row));
    return out;
}

struct Order {
    std::uint64_t keep_seconds = 0;  ///< 0: for good
    std::string who;
    std::string action, done;
};

/// Made, and when it is to be kept, written down first: it must be taken back if we die.
Response carry_alone(const Paths& paths, const Planned& planned, const Order& order)
{
    const auto newest = config::newest_generation(paths);
    Waiting waiting;
    waiting.generation = (newest ? newest->number : 0) + 1;
    waiting.who = order.who;
    waiting.diff = texts_of(planned.plan.rows);
    // Until it is made nobody can take it back: its time begins then.
    waiting.revert_at =
        wall_clock().now() + std::chrono::seconds{order.keep_seconds} + config_patience;
    if (order.keep_seconds != 0)
        if (const auto written = write_waiting(paths, waiting); !written)
            return refused(written.error());
    const auto done = carry_out(paths, planned.plan, *planned.directory, after(config_patience));
    if (!done) {
        if (order.keep_seconds != 0) (void)forget_waiting(paths);
        return refused(done.error());
    }
    auto out = change_answer(order.done, done->undo, paths);
    out["diff"] = differences_json(planned.plan.rows);
    out["generation"] = waiting.generation;
    out["revert_at"] = nullptr;
    const auto restart = config::restart_needed(planned.plan.rows);
    out["needs_restart"] = to_array(restart);
    if (!done->lost.empty()) out["lost"] = to_array(done->lost);
    if (order.keep_seconds == 0) return Response::json(out);
    waiting.undo = done->undo;
    auto steps = steps_of(done->undo, paths);
    if (done->undo.empty() || !steps.empty()) waiting.steps = std::move(steps);
    waiting.revert_at = wall_clock().now() + std::chrono::seconds{order.keep_seconds};
    if (const auto written = write_waiting(paths, waiting); !written) {
        (void)forget_waiting(paths);
        const auto back = waiting.steps ? take_back(paths, *waiting.steps, after(config_patience))
                                        : Result<std::string>{written.error()};
        return refused(
            Error{written.error().event(),
                  written.error().detail() +
                      (back ? "; so nothing would have taken the change back, and it "
                              "was taken back at once"
                            : "; the change is made and nothing takes it back: " + done->undo)});
    }
    out["revert_at"] = to_rfc3339(waiting.revert_at);
    return Response::json(out);
}

/// One after the other: the second would be taken back with the first.
Response carry(const Paths& paths, const Planned& planned, const Order& order)
{
    static std::mutex one_at_a_time;
    const std::lock_guard lock{one_at_a_time};
    if (const auto none = no_change_waits(paths); !none) return refused(none.error());
    return carry_alone(paths, planned, order);
}

/// Of apply and rollback.
Prepared take(const Paths& paths, Planned made, Order order, const Request& request)
{
    if (made.verdict && !made.verdict->ok()) return {would_not_start(made)};
    if (request.dry_run() || made.plan.empty()) {
        auto out = request.dry_run() ? dry_answer("would be done: " + order.done)
                                     : change_answer("nothing is to be changed", "", paths);
        const auto more = plan_json(made);
        out.insert(more.begin(), more.end());
        out["generation"] = nullptr;
        out["revert_at"] = nullptr;
        return {Response::json(out)};
    }
    if (const auto none = no_change_waits(paths); !none) return {refused(none.error())};
    const auto newest = config::newest_generation(paths);
    Prepared out;
    out.note = {order.action, "configuration", side_json(made.plan.rows, true),
                side_json(made.plan.rows, false),
                newest ? "imc config rollback " + std::to_string(newest->number) + paths.option()
                       : std::string{}};
    out.carry_out = [paths, made = std::move(made), order = std::move(order)] {
        return carry(paths, made, order);
    };
    return out;
}

/// A plan that was interrupted is brought to an end before another one is made.
Result<> no_plan_is_open(const Paths& paths)
{
    using State = config::Interrupted::State;
    const auto found = config::end_interrupted_plan(paths, after(config_patience));
    if (found.state == State::none || found.state == State::ended) return {};
    if (found.state == State::at_work) return Error{EventId::config_moved_on, found.text};
    return found.event();
}

/// @param hash  of the plan that somebody has seen; empty: none
Result<> is_as_planned(const Planned& made, const std::string& hash)
{
    if (hash.empty() || hash == made.hash) return {};
    return Error{EventId::config_moved_on,
                 "what is there, or what is wanted, is not what was planned; plan it again"};
}

Prepared apply(const Paths& paths, const ConfigParts& parts, const Request& request)
{
    Body body{request};
    const auto hash = body.text("hash");
    const auto seconds = body.number("keep_seconds");
    if (const auto flaw = body.flaw(); !flaw) return {refused(flaw.error())};
    if (seconds && (*seconds < least_to_keep || *seconds > most_to_keep))
        return {bad("\"keep_seconds\": " + std::to_string(least_to_keep) + " to " +
                    std::to_string(most_to_keep) + " expected")};
    if (!request.dry_run())
        if (const auto open = no_plan_is_open(paths); !open) return {refused(open.error())};
    auto made = planned(paths, parts, body);
    if (!made) return {refused(made.error())};
    if (const auto same = is_as_planned(*made, hash); !same) return {refused(same.error())};
    const auto count = made->plan.rows.size();
    Order order{seconds.value_or(0), request.by(), "config.apply",
                std::to_string(count) + (count == 1 ? " setting" : " settings") + " changed"};
    return take(paths, std::move(*made), std::move(order), request);
}

Prepared rollback(const Paths& paths, const ConfigParts& parts, const Request& request)
{
    Body body{request};
    const auto number = body.number("generation");
    const auto seconds = body.number("keep_seconds");
    const auto hash = body.text("hash");
    if (const auto flaw = body.flaw(); !flaw) return {refused(flaw.error())};
    if (!number) return {bad("\"generation\": its number expected")};
    if (!request.dry_run())
        if (const auto open = no_plan_is_open(paths); !open) return {refused(open.error())};
    if (seconds && (*seconds < least_to_keep || *seconds > most_to_keep))
        return {bad("\"keep_seconds\": " + std::to_string(least_to_keep) + " to " +
                    std::to_string(most_to_keep) + " expected")};
    const auto generation = config::read_generation(paths, *number);
    if (!generation) return {refused(generation.error())};
    const auto target = snapshot_of(*generation);
    if (!target) return {refused(target.error())};
    auto now = config::present_for(paths, *target, after(config_patience));
    if (!now) return {refused(now.error())};
    Planned made;
    made.plan = config::make_plan(now->snapshot, *target);
    made.plan.other_directory = false;  // what is asked and changed is the generation's own
    made.directory = std::move(now->directory);
    made.hash = hash_of_plan(now->snapshot, made.plan);
    if (const auto same = is_as_planned(made, hash); !same) return {refused(same.error())};
    if (!made.plan.empty()) made.verdict = parts.judge(instead_of(made.plan));
    Order order{seconds.value_or(0), request.by(), "config.rollback",
                "back to generation " + std::to_string(*number)};
    return take(paths, std::move(made), std::move(order), request);
}

}  // namespace

json::object side_json(const std::vector<config::Difference>& rows, bool before)
{
    json::object out;
    for (const auto& row : rows) {
        const auto& values = before ? row.before : row.after;
        out[row.section + "/" + row.name] =
            values ? json::value(to_array(*values)) : json::value(nullptr);
    }
    return out;
}

void add_config_changes_api(Desk& desk, const SharedConfigParts& parts)
{
    const auto& paths = desk.paths();
    auto in_turn = desk.in_turn();
    in_turn.ask("/api/v1/config/plan",
                [paths, parts](const Request& r) { return plan(paths, *parts, r); });
    in_turn.change("POST", "/api/v1/config/apply",
                   [paths, parts](const Request& r) { return apply(paths, *parts, r); });
    in_turn.change("POST", "/api/v1/config/rollback",
                   [paths, parts](const Request& r) { return rollback(paths, *parts, r); });
}

}  // namespace imc::admin
