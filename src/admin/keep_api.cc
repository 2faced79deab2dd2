#include "admin/config_api.h"
#include "admin/take_back.h"
#include "base/files.h"

namespace imc::admin {

namespace json = boost::json;

namespace {

std::string number_text(std::uint64_t number) { return std::to_string(number); }

/// The change that waits, if it is the one that is meant.
Result<Waiting> meant(const Paths& paths, const Request& request)
{
    Body body{request};
    const auto number = body.number("generation");
    if (const auto flaw = body.flaw(); !flaw) return flaw.error();
    if (!number) return bad_request("\"generation\": its number expected");
    auto waiting = read_waiting(paths);
    if (!waiting || waiting->generation != *number)
        return Error{EventId::config_moved_on,
                     "generation " + number_text(*number) + " does not wait to be kept" +
                         (waiting ? "; " + number_text(waiting->generation) + " does" : "")};
    return std::move(*waiting);
}

std::string joined(const std::vector<std::string>& texts)
{
    std::string out;
    for (const auto& text : texts)
        out += (out.empty() ? "" : "; ") + text;
    return out;
}

Prepared keep(const Paths& paths, const SharedConfigParts& parts, const Request& request)
{
    auto waiting = meant(paths, request);
    if (!waiting) return {refused(waiting.error())};
    const auto said = "generation " + number_text(waiting->generation) + " is kept";
    if (request.dry_run()) return {Response::json(dry_answer("would be done: " + said))};
    Prepared out;
    out.note = {"config.keep", "generation " + number_text(waiting->generation), nullptr, nullptr,
                waiting->undo};
    out.carry_out = [paths, parts, said, by = request.by(), waiting = std::move(*waiting)] {
        if (!forget_waiting(paths))
            return refused(Error{EventId::config_moved_on,
                                 "its time was over a moment ago, and it was taken back"});
        parts->events.raise(EventId::change_kept, {{"by", by}, {"detail", joined(waiting.diff)}});
        return Response::json(change_answer(said, waiting.undo, paths));
    };
    return out;
}

Prepared revert(const Paths& paths, const SharedConfigParts& parts, const Request& request)
{
    auto waiting = meant(paths, request);
    if (!waiting) return {refused(waiting.error())};
    const auto said = "generation " + number_text(waiting->generation) + " is taken back";
    if (request.dry_run()) return {Response::json(dry_answer("would be done: " + said))};
    Prepared out;
    out.note = {"config.revert", "generation " + number_text(waiting->generation),
                json::value(joined(waiting->diff)), nullptr, ""};
    out.carry_out = [paths, parts, said] {
        const auto taken = Reverter{paths, parts->events}.look(true);
        if (!taken)
            return refused(Error{EventId::config_moved_on, "it was kept or taken back meanwhile"});
        if (!*taken) return refused(taken->error());
        return Response::json(change_answer(said, **taken, paths));
    };
    return out;
}

std::string in_words(const std::vector<UndoStep>& steps)
{
    std::string out;
    for (const auto& step : steps)
        out += (out.empty() ? "" : ", ") + step.kind + " " + step.name;
    return out;
}

Prepared undo(const Paths& paths, const Request& request)
{
    Body body{request};
    const auto* list = body.find("steps");
    if (const auto flaw = body.flaw(); !flaw) return {refused(flaw.error())};
    auto steps = undo_steps(list == nullptr ? json::value{} : *list);
    if (!steps) return {refused(steps.error())};
    for (const auto& step : *steps)
        if (!real_files().status(paths.backup() + "/" + step.name))
            return {Response::error(bad_request(paths.backup() + " has no " + step.name), 404)};
    const auto said = "taken back: " + in_words(*steps);
    if (request.dry_run()) return {Response::json(dry_answer("would be " + said))};
    Prepared out;
    out.note = {"undo", "configuration", nullptr, json::value(in_words(*steps)), ""};
    out.carry_out = [paths, said, steps = std::move(*steps)] {
        const auto taken = take_back(paths, steps, after(config_patience));
        if (!taken) return refused(taken.error());
        return Response::json(change_answer(said, *taken, paths));
    };
    return out;
}

}  // namespace

void add_keep_api(Desk& desk, const SharedConfigParts& parts)
{
    const auto paths = desk.paths();
    desk.read("/api/v1/config/keep",
              [paths](const Request&) { return Response::json(to_json(read_waiting(paths))); });
    desk.change("POST", "/api/v1/config/keep",
                [paths, parts](const Request& r) { return keep(paths, parts, r); });
    desk.change("POST", "/api/v1/config/revert",
                [paths, parts](const Request& r) { return revert(paths, parts, r); });
    desk.change("POST", "/api/v1/undo",
                while_none_waits(paths, [paths](const Request& r) { return undo(paths, r); }));
}

}  // namespace imc::admin
