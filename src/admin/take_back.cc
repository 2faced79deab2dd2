#include "admin/take_back.h"

#include "admin/directory_api.h"
#include "base/files.h"
#include "base/text.h"
#include "directory/ldif.h"
#include "directory/undo.h"
#include "event/change_note.h"
#include "event/record_json.h"
#include "registry/store.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace imc::admin {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr auto until_another_try = 60s;
constexpr auto revert_patience = 10s;  // meanwhile the service hears no signal

std::string file_of(const Paths& paths) { return paths.generations() + "/keep-or-revert.json"; }

/// Keeping, reverting and looking exclude each other within a process.
std::mutex& one_at_a_time()
{
    static std::mutex mutex;
    return mutex;
}

Result<std::string> take_back(const Paths& paths, const UndoStep& step, Deadline deadline)
{
    if (step.kind == "registry") {
        const auto restored = registry::take_back(paths, step.name);
        if (!restored) return restored.error();
        return restored->undo;
    }
    const auto file = paths.backup() + "/" + step.name;
    const auto text = read_file(real_files(), file);
    if (!text) return Error{EventId::ldif_invalid, file + ": " + text.error().message()};
    const auto changes = parse_ldif(*text);
    if (!changes) return Error{changes.error().event(), file + ", " + changes.error().detail()};
    const auto place = open_place(paths, false, deadline);
    if (!place) return place.error();
    const auto undo = apply_with_undo(paths, *place->directory, *changes, deadline);
    if (!undo) return undo.error();
    return undo->file.empty() ? std::string{}
                              : "imc dir import " + shell_word(undo->file) + paths.option();
}

/// Of several steps in the registry the newest can be judged before anything is done; the others
/// are judged when it is their turn.
Result<> nothing_came_after(const Paths& paths, const std::vector<UndoStep>& steps)
{
    const auto first = std::ranges::find(steps, "registry", &UndoStep::kind);
    if (first == steps.end()) return {};
    return registry::nothing_came_after(paths, first->name);
}

std::vector<std::string> texts_of(const json::value* value)
{
    std::vector<std::string> out;
    const auto* list = value == nullptr ? nullptr : value->if_array();
    if (list != nullptr)
        for (const auto& one : *list)
            if (const auto* text = one.if_string()) out.emplace_back(*text);
    return out;
}

std::string text_of(const json::object& object, const char* name)
{
    const auto* found = object.if_contains(name);
    const auto* text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string{} : std::string{*text};
}

std::string joined(const std::vector<std::string>& texts)
{
    std::string out;
    for (const auto& text : texts)
        out += (out.empty() ? "" : "; ") + text;
    return out;
}

Caller keeper()
{
    Caller out;
    out.by = Caller::By::socket;
    out.role = Role::administrator;
    out.account = "keep-or-revert";
    out.from = "service";
    return out;
}

Change revert_of(const Waiting& waiting, const std::string& diff)
{
    return {"config.revert", "generation " + std::to_string(waiting.generation), json::value(diff),
            json::value("as before; nobody kept what " + waiting.who + " made"), ""};
}

}  // namespace

Result<std::string> take_back(const Paths& paths, const std::vector<UndoStep>& steps,
                              Deadline deadline)
{
    if (const auto alone = nothing_came_after(paths, steps); !alone)
        return Error{alone.error().event(), alone.error().detail() + "; nothing was changed"};
    std::string undo;
    for (const auto& step : steps) {
        const auto taken = take_back(paths, step, deadline);
        if (!taken)
            return Error{taken.error().event(),
                         taken.error().detail() +
                             (undo.empty() ? "; nothing was changed"
                                           : "; the steps before it were taken back: " + undo)};
        if (!taken->empty()) undo = *taken + (undo.empty() ? "" : " && " + undo);
    }
    return undo;
}

std::optional<Waiting> read_waiting(const Paths& paths)
{
    const auto text = read_file(real_files(), file_of(paths));
    if (!text) return {};
    boost::system::error_code failure;
    const auto value = json::parse(*text, failure);
    const auto* object = value.if_object();
    if (failure || object == nullptr) return {};
    Waiting out;
    if (const auto* number = object->if_contains("generation"); number && number->is_number())
        out.generation = number->to_number<std::uint64_t>(failure);
    const auto at = parse_time(text_of(*object, "revert_at"), {});
    if (failure || !at) return {};
    out.revert_at = *at;
    out.who = text_of(*object, "who");
    out.undo = text_of(*object, "undo");
    if (const auto* steps = object->if_contains("steps"); steps && steps->is_array()) {
        out.steps.emplace();
        if (!steps->get_array().empty()) {
            auto read = undo_steps(*steps);
            if (!read) return {};
            out.steps = std::move(*read);
        }
    }
    out.diff = texts_of(object->if_contains("diff"));
    return out;
}

Result<> write_waiting(const Paths& paths, const Waiting& waiting)
{
    json::value steps = nullptr;
    if (waiting.steps) {
        steps = to_json(*waiting.steps);
        if (steps.is_null()) steps = json::array{};
    }
    const json::object out{{"generation", waiting.generation},
                           {"revert_at", to_rfc3339(waiting.revert_at)},
                           {"who", waiting.who},
                           {"undo", waiting.undo},
                           {"steps", steps},
                           {"diff", to_array(waiting.diff)}};
    (void)make_folders(real_files(), paths.generations());
    const auto written =
        write_file_atomically(real_files(), file_of(paths), json::serialize(out) + "\n");
    if (written) return {};
    return Error{EventId::folder_unusable, file_of(paths) + ": " + written.error().message()};
}

Result<> no_change_waits(const Paths& paths)
{
    const auto waiting = read_waiting(paths);
    if (!waiting) return {};
    return Error{EventId::change_waits_to_be_kept,
                 "that of " + waiting->who + " until " + to_rfc3339(waiting->revert_at) +
                     "; keep it or revert it first: imc config keep" + paths.option() +
                     " [--revert], or POST /config/keep, /config/revert"};
}

Desk::Prepare while_none_waits(const Paths& paths, Desk::Prepare prepare)
{
    return [paths, prepare = std::move(prepare)](const Request& request) -> Prepared {
        if (request.dry_run()) return prepare(request);
        if (const auto none = no_change_waits(paths); !none) return {refused(none.error())};
        auto out = prepare(request);
        if (out.carry_out)
            out.carry_out = [paths, carry_out = std::move(out.carry_out)] {
                const auto none = no_change_waits(paths);
                return none ? carry_out() : refused(none.error());
            };
        return out;
    };
}

bool forget_waiting(const Paths& paths)
{
    const std::lock_guard lock{one_at_a_time()};
    return static_cast<bool>(real_files().remove(file_of(paths)));
}

json::value to_json(const std::optional<Waiting>& waiting)
{
    if (!waiting) return nullptr;
    const auto left = waiting->revert_at - wall_clock().now();
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
    return json::object{{"generation", waiting->generation},
                        {"revert_at", to_rfc3339(waiting->revert_at)},
                        {"seconds", seconds > 0 ? seconds : 0},
                        {"who", waiting->who},
                        {"undo", waiting->undo},
                        {"diff", to_array(waiting->diff)}};
}

void Reverter::announce(const Waiting& waiting, const std::string& diff)
{
    if (audit_ == nullptr || announced_ == waiting.generation) return;
    announced_ = waiting.generation;
    const auto written = audit_->write(keeper(), revert_of(waiting, diff));
    noted_ = written ? *written : 0;  // it has raised its event
}

void Reverter::tell(const Waiting& waiting, const Result<std::string>& taken)
{
    const auto number = std::exchange(noted_, 0);
    if (audit_ == nullptr || number == 0) return;
    if (!taken) {
        (void)audit_->write_failure(number, keeper(), taken.error().to_string());
        return;
    }
    auto outcome = revert_of(waiting, {});
    outcome.before = nullptr;
    outcome.after = json::value("taken back");
    outcome.undo = *taken;
    (void)audit_->write_outcome(number, keeper(), outcome);
}

std::optional<Result<std::string>> Reverter::look(bool now_already)
{
    const std::lock_guard lock{one_at_a_time()};
    auto waiting = read_waiting(paths_);
    if (!waiting) return {};
    const auto now = wall_clock().now();
    if (!now_already && (now < waiting->revert_at || now < not_before_)) return {};
    const OnBehalf service{"keep-or-revert", "the time to keep it was over"};
    announce(*waiting, joined(waiting->diff));
    Result<std::string> taken = std::string{};
    if (!waiting->steps)
        taken = Error{EventId::change_not_reverted,
                      "the service died while the change was made, so how much of it was is not "
                      "known"};
    else if (const auto alone = nothing_came_after(paths_, *waiting->steps); !alone)
        taken = alone.error();
    // Each step is done once: what fails is tried again, what is done is not.
    while (taken && waiting->steps && !waiting->steps->empty()) {
        const auto one = take_back(paths_, waiting->steps->front(), after(revert_patience));
        if (!one) {
            taken = one.error();
            break;
        }
        if (!one->empty()) *taken = *one + (taken->empty() ? "" : " && " + *taken);
        waiting->steps->erase(waiting->steps->begin());
        (void)write_waiting(paths_, *waiting);
    }
    const auto detail = "made by " + waiting->who + ": " + joined(waiting->diff);
    if (taken) {
        (void)real_files().remove(file_of(paths_));
        events_.raise(EventId::change_reverted, {{"detail", detail}, {"undo", *taken}});
        tell(*waiting, taken);
        return taken;
    }
    events_.raise(EventId::change_not_reverted,
                  {{"detail", taken.error().to_string() + "; " + detail}, {"undo", waiting->undo}});
    tell(*waiting, taken);
    not_before_ = now + until_another_try;
    // What nobody can know, and what would take away somebody else's change, is told once.
    if (!waiting->steps || taken.error().event() == EventId::config_moved_on)
        (void)real_files().remove(file_of(paths_));
    return taken;
}

}  // namespace imc::admin
