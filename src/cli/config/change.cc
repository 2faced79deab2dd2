#include "admin/config_api.h"
#include "base/files.h"
#include "cli/audited.h"
#include "cli/config/config.h"
#include "config/plan_journal.h"
#include "config/settings_file.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <iostream>
#include <iterator>

namespace imc::cli {
namespace {

namespace json = boost::json;

/// False: the result would not start, and that is said.
bool would_start(Context& context, const config::Plan& plan, const ConfigJudge& judge)
{
    if (plan.other_directory && !plan.directory.empty()) {
        context.fail(
            "the plan changes HomeDSA or DirectoryBase, and objects of the directory; which "
            "directory is meant cannot be known. Change one, then the other",
            3);
        return false;
    }
    const auto verdict = judge.judge(context.paths(), instead_of(plan));
    if (verdict.ok()) {
        const auto passed = std::ranges::count(verdict.assertions, config::Status::passed,
                                               &config::Assertion::status);
        if (!context.json)
            context.out << "Check: a start would pass with this (" << passed
                        << " assertions passed).\n";
        return true;
    }
    const auto* decides = verdict.deciding();
    if (context.json)
        context.out << json::serialize(
                           json::object{{"refused", true}, {"verdict", to_json(verdict)}})
                    << '\n';
    else
        context.out << verdict.to_text();
    context.fail("refused: with this the service would not start: Error 2140, event " +
                     std::to_string(static_cast<unsigned>(decides->event)) + ", " + decides->id +
                     "; nothing was changed",
                 3);
    return false;
}

void say_plan(Context& context, const config::Plan& plan)
{
    show(context, plan.rows);
    const auto waiting = config::restart_needed(plan.rows);
    if (waiting.empty()) return;
    std::string names;
    json::array list;
    for (const auto& name : waiting) {
        names += (names.empty() ? "" : ", ") + name;
        list.emplace_back(name);
    }
    if (context.json)
        context.out << json::serialize(json::object{{"needs_restart", std::move(list)}}) << '\n';
    else
        context.out << "In force only after a restart: " << names << '\n';
}

struct Wish {
    const char* action;  ///< in the audit log
    bool asks;           ///< on a terminal, before anything is changed
};

Result<config::CarriedOut> carry_out_noted(Context& context, const config::Plan& plan,
                                           Directory& directory, const Wish& wish)
{
    const auto paths = context.paths();
    const auto newest = config::newest_generation(paths);
    AuditLine line{context};
    const auto noted = line.announce(
        {wish.action, "configuration", admin::side_json(plan.rows, true),
         admin::side_json(plan.rows, false),
         newest ? "imc config rollback " + std::to_string(newest->number) + paths.option()
                : std::string{}});
    if (!noted) return noted.error();
    auto done = carry_out(paths, plan, directory, after(config_patience));
    if (!done) line.came_to_nothing(done.error());
    return done;
}

/// Shows, judges, and unless it is a dry run makes it so.
void take(Context& context, const ConfigWords& words, const config::Plan& plan,
          Directory& directory, const ConfigJudge& judge, const Wish& wish)
{
    if (plan.empty()) {
        if (!context.json) context.out << nothing_to_change << '\n';
        return;
    }
    say_plan(context, plan);
    if (!would_start(context, plan, judge)) return;
    if (words.dry_run) {
        if (!context.json) context.out << "Dry run: nothing was changed.\n";
        return;
    }
    if (wish.asks && !words.yes && !context.may("All of this would be changed", "--yes")) return;
    const auto done = carry_out_noted(context, plan, directory, wish);
    if (!done) return context.fail(done.error());
    for (const auto& lost : done->lost)
        if (!context.json)
            context.out << "kept nowhere, not to be undone: the former " << lost << '\n';
    if (!context.json)
        context.out << (in_force(context.paths())
                            ? "Changed; the service takes it within seconds: imc config show"
                            : "Changed; in force with the next start: imc config show")
                    << context.paths().option() << '\n';
    context.undo(done->undo);
}

std::optional<std::string> read_input(Context& context, const std::string& file)
{
    if (file == "-") return std::string{std::istreambuf_iterator<char>{context.in}, {}};
    auto text = read_file(real_files(), file);
    if (text) return std::move(*text);
    context.fail(file + ": " + text.error().message());
    return {};
}

/// A plan that was interrupted is brought to an end before another one is made.
bool no_plan_is_open(Context& context)
{
    using State = config::Interrupted::State;
    const auto found = config::end_interrupted_plan(context.paths(), after(config_patience));
    if (found.state == State::none) return true;
    if (found.state == State::ended) {
        context.err << "imc: " << found.event().to_string() << '\n';
        return true;
    }
    const bool at_work = found.state == State::at_work;
    context.fail(at_work ? Error{EventId::config_moved_on, found.text} : found.event(), 3);
    return false;
}

}  // namespace

void config_export(Context& context, const ConfigWords& words)
{
    const auto now = config::snapshot_now(context.paths(), after(config_patience));
    if (!now) return context.fail(now.error());
    const auto text = "# Settings of " + now->snapshot.connector.to_rfc4514() +
                      "\n# Read back by: imc config apply FILE\n" +
                      config::to_settings_file(now->snapshot);
    if (words.file.empty() || words.file == "-") {
        context.out << text;
        return;
    }
    if (const auto written = write_file_atomically(real_files(), words.file, text); !written)
        context.fail(words.file + ": " + written.error().message());
}

void config_apply(Context& context, const ConfigWords& words, const ConfigJudge& judge)
{
    const auto text = read_input(context, words.file);
    if (!text) return;
    const auto file = config::parse_settings_file(*text);
    if (!file)
        return context.fail(Error{file.error().event(), words.file + ", " + file.error().detail()});
    if (config_by_service(context, words, {"apply", {{"text", *text}}})) return;
    if (const auto other = judge.become_service(); !other) return context.fail(other.error(), 3);
    if (!words.dry_run && !no_plan_is_open(context)) return;
    const auto now = config::snapshot_now(context.paths(), after(config_patience));
    if (!now) return context.fail(now.error());
    const auto target = with(now->snapshot, *file);
    if (!target)
        return context.fail(
            Error{target.error().event(), words.file + ", " + target.error().detail()});
    take(context, words, config::make_plan(now->snapshot, *target), *now->directory, judge,
         {"config.apply", false});
}

void config_rollback(Context& context, const ConfigWords& words, const ConfigJudge& judge)
{
    if (config_by_service(context, words,
                          {"rollback", {{"generation", words.generations.front()}}, true}))
        return;
    if (const auto other = judge.become_service(); !other) return context.fail(other.error(), 3);
    if (!words.dry_run && !no_plan_is_open(context)) return;
    const auto generation = config::read_generation(context.paths(), words.generations.front());
    if (!generation) return context.fail(generation.error());
    const auto target = snapshot_of(*generation);
    if (!target) return context.fail(target.error());
    const auto now = config::present_for(context.paths(), *target, after(config_patience));
    if (!now) return context.fail(now.error());
    auto plan = config::make_plan(now->snapshot, *target);
    plan.other_directory = false;  // what is asked and changed is the generation's own
    take(context, words, plan, *now->directory, judge, {"config.rollback", true});
}

}  // namespace imc::cli
