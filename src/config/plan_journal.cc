#include "config/plan_journal.h"

#include "base/base64.h"
#include "config/generation.h"
#include "config/open_directory.h"
#include "directory/ldif.h"
#include "directory/undo.h"
#include "registry/store.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/chrono.h>

#include <algorithm>
#include <cerrno>

namespace imc::config {
namespace {

namespace json = boost::json;

std::string stamp()
{
    const auto now = std::chrono::system_clock::to_time_t(wall_clock().now());
    return fmt::format("{:%Y%m%dT%H%M%S}Z", fmt::gmtime(now));
}

std::string file_of(const Paths& paths) { return paths.backup() + "/plan.json"; }

std::string lock_file_of(const Paths& paths) { return paths.backup() + "/plan.lock"; }

Result<FileLock> lock_of(const Paths& paths)
{
    if (const auto made = make_folders(real_files(), paths.backup()); !made)
        return Error{EventId::plan_unsettled, paths.backup() + ": " + made.error().message()};
    auto lock = FileLock::try_lock(lock_file_of(paths));
    if (lock) return std::move(*lock);
    if (lock.error().value() == EWOULDBLOCK)
        return Error{EventId::config_moved_on,
                     "another plan is being carried out, by process " +
                         std::to_string(FileLock::holder(lock_file_of(paths)))};
    return Error{EventId::plan_unsettled, lock_file_of(paths) + ": " + lock.error().message()};
}

struct Written {
    std::string time, user, command, registry_before;
    std::optional<std::string> registry;
    std::vector<Change> directory;
    std::vector<Entry> before;
    std::string by() const { return user + ": " + command + ", " + time; }
};

std::string to_json(const Plan& plan)
{
    std::string changes, before;
    for (const auto& change : plan.directory)
        changes += to_ldif(change);
    for (const auto& entry : plan.before)
        before += to_ldif(entry);
    const ChangeNote note;
    return json::serialize(
               json::object{{"version", 1},
                            {"time", stamp()},
                            {"user", note.user},
                            {"command", note.command},
                            {"registry_before", base64_encode(plan.registry_before)},
                            {"registry", plan.registry ? json::value(base64_encode(*plan.registry))
                                                       : json::value(nullptr)},
                            {"directory", changes},
                            {"before", before}}) +
           "\n";
}

std::optional<Written> parse(const std::string& text)
{
    boost::system::error_code failure;
    const auto value = json::parse(text, failure);
    const auto* object = value.if_object();
    if (failure || object == nullptr) return {};
    const auto word = [&](std::string_view key) -> std::optional<std::string> {
        const auto* found = object->if_contains(key);
        const auto* string = found != nullptr ? found->if_string() : nullptr;
        return string != nullptr ? std::optional{std::string{*string}} : std::nullopt;
    };
    const auto octets = [&](std::string_view key) {
        const auto text_there = word(key);
        return text_there ? base64_decode(*text_there) : std::nullopt;
    };
    const auto changes = word("directory"), before = word("before");
    const auto registry_before = octets("registry_before");
    if (!changes || !before || !registry_before) return {};
    auto registry = octets("registry");
    if (!registry && word("registry")) return {};
    auto directory = parse_ldif(*changes);
    if (!directory) return {};
    Written out{
        word("time").value_or(""), word("user").value_or("?"), word("command").value_or("?"),
        *registry_before,          std::move(registry),        std::move(*directory),
        objects_of(*before)};
    return out;
}

/// What stands at an object: what the plan found there, what it makes, or neither.
enum class Stand : std::uint8_t { before, after, other };

Stand stand_of(const Change& change, const std::vector<Entry>& before, const Entry* now)
{
    if (change.kind == Change::Kind::add) return now == nullptr ? Stand::before : Stand::after;
    if (change.kind == Change::Kind::remove) return now == nullptr ? Stand::after : Stand::before;
    const auto was =
        std::ranges::find_if(before, [&](const Entry& e) { return same(e.dn, change.dn); });
    if (change.kind != Change::Kind::modify || now == nullptr || was == before.end())
        return Stand::other;
    bool all_before = true, all_after = true;
    for (const auto& part : change.changes) {
        const auto there = now->all(part.attribute);
        all_before = all_before && same_values(part.attribute, there, was->all(part.attribute));
        bool made = false;
        switch (part.kind) {
        case AttributeChange::Kind::replace:
            made = same_values(part.attribute, there, part.values);
            break;
        case AttributeChange::Kind::remove: made = there.empty(); break;
        case AttributeChange::Kind::add:
            made = std::ranges::all_of(part.values, [&](const std::string& value) {
                return std::ranges::find(there, value) != there.end();
            });
            break;
        }
        all_after = all_after && made;
    }
    if (all_after) return Stand::after;
    return all_before ? Stand::before : Stand::other;
}

class Ending {
public:
    Ending(const Paths& paths, const Written& plan, Deadline deadline)
        : paths_{paths}, plan_{plan}, deadline_{deadline}
    {}

    Interrupted run(std::shared_ptr<Directory> directory)
    {
        const auto registry = read_file(real_files(), paths_.registry());
        const auto text = registry ? *registry : std::string{};
        const bool registry_before = text == plan_.registry_before;
        const bool registry_after = !plan_.registry || text == *plan_.registry;
        if (!registry_before && !registry_after)
            return unsettled(paths_.registry() + " was changed since");
        if (!directory) {
            auto opened = open();
            if (!opened) return unknown(opened.error());
            directory = std::move(*opened);
        }
        std::vector<Change> missing;
        for (const auto& change : plan_.directory) {
            const auto found = directory->read(change.dn, deadline_);
            if (const auto* silent = std::get_if<CannotSay>(&found)) return unknown(silent->reason);
            const auto stand = stand_of(change, plan_.before, std::get_if<Entry>(&found));
            if (stand == Stand::other)
                return unsettled(change.dn.to_rfc4514() + " was changed since");
            if (stand == Stand::before) missing.push_back(change);
        }
        if (missing.size() == plan_.directory.size()) return take_back(registry_before);
        if (!registry_after)
            return unsettled("the registry is as it was, and the directory is not");
        return finish(*directory, missing);
    }

private:
    /// The one that the plan was made for.
    Result<std::shared_ptr<Directory>> open() const
    {
        const auto document =
            registry::Document::parse(plan_.registry ? *plan_.registry : plan_.registry_before);
        if (!document) return document.error();
        const auto settings = settings_of(*document);
        const auto choice = directory_choice(*settings);
        if (!choice) return choice.error();
        auto opened = open_directory(paths_, *settings, *choice);
        if (!opened) return opened.error();
        return std::shared_ptr<Directory>{std::move(*opened)};
    }

    Interrupted take_back(bool registry_before) const
    {
        // Where the plan has no part in the registry, whatever stands there is somebody else's.
        if (registry_before || !plan_.registry) return ended("nothing of it had been written");
        const auto back = registry::replace(paths_, *plan_.registry, plan_.registry_before);
        if (!back)
            return unsettled("the registry cannot be brought back: " + back.error().to_string());
        return ended("the directory had nothing of it yet, so the registry was brought back");
    }

    Interrupted finish(Directory& directory, const std::vector<Change>& missing) const
    {
        if (missing.empty()) return ended("all of it had been written");
        const auto done = apply_with_undo(paths_, directory, missing, deadline_);
        if (!done && (done.error().event() == EventId::directory_unreachable ||
                      done.error().event() == EventId::directory_half_written))
            return unknown(done.error());
        if (!done) return unsettled(done.error().to_string());
        return ended("the directory had a part of it, so the rest was written");
    }

    Interrupted ended(const std::string& how) const
    {
        return {Interrupted::State::ended, plan_.by() + ": " + how};
    }
    Interrupted unsettled(const std::string& why) const
    {
        return {Interrupted::State::unsettled, plan_.by() + ": " + why};
    }
    Interrupted unknown(const Error& why) const
    {
        return {Interrupted::State::unknown, plan_.by() + ": " + why.to_string()};
    }

    const Paths& paths_;
    const Written& plan_;
    const Deadline deadline_;
};

constexpr std::string_view aside = "plan-unsettled-";

/// So that it is said once; what is in it is still needed.
std::string put_aside(const Paths& paths)
{
    auto name = paths.backup() + "/" + std::string{aside} + stamp() + ".json";
    const auto moved = real_files().rename(file_of(paths), name);
    return moved ? name : file_of(paths);
}

/// The newest that was put aside; its name begins with the time.
std::string newest_aside(const Paths& paths)
{
    std::string out;
    if (const auto names = real_files().list(paths.backup()))
        for (const auto& name : *names)
            if (name.starts_with(aside)) out = std::max(out, name);
    return out.empty() ? out : paths.backup() + "/" + out;
}

}  // namespace

bool needs_journal(const Plan& plan)
{
    return plan.directory.size() + (plan.registry ? 1U : 0U) > 1;
}

Result<PlanLock> PlanLock::take(const Paths& paths)
{
    auto lock = lock_of(paths);
    if (!lock) return lock.error();
    if (real_files().status(file_of(paths)))
        return Error{EventId::config_moved_on,
                     "a plan was interrupted, and must come to an end first: imc config show" +
                         paths.option()};
    return PlanLock{*std::move(lock)};
}

Result<PlanJournal> PlanJournal::begin(const Paths& paths, PlanLock lock, const Plan& plan)
{
    const auto file = file_of(paths);
    if (const auto written = write_file_atomically(real_files(), file, to_json(plan)); !written)
        return Error{EventId::plan_unsettled,
                     file + ": " + written.error().message() + "; nothing was changed"};
    return PlanJournal{file, std::move(lock)};
}

void PlanJournal::end() { (void)real_files().remove(file_); }

Error Interrupted::event() const
{
    return {state == State::ended ? EventId::plan_interrupted : EventId::plan_unsettled, text};
}

Interrupted end_interrupted_plan(const Paths& paths, Deadline deadline,
                                 std::shared_ptr<Directory> directory)
{
    using State = Interrupted::State;
    const auto file = file_of(paths);
    if (!real_files().status(file)) return {};
    const auto lock = lock_of(paths);
    if (!lock)
        return {lock.error().event() == EventId::config_moved_on ? State::at_work : State::unknown,
                lock.error().to_string()};
    const auto text = read_file(real_files(), file);
    if (!text && text.error().value() == ENOENT) return {};  // it ended just now
    if (!text) return {State::unknown, file + ": " + text.error().message()};
    const auto plan = parse(*text);
    auto out = plan ? Ending{paths, *plan, deadline}.run(std::move(directory))
                    : Interrupted{State::unsettled, "its file cannot be read"};
    if (out.state == State::ended) (void)real_files().remove(file);
    if (out.state == State::unsettled) out.text += "; what it was to write: " + put_aside(paths);
    return out;
}

Assertion judge_plan(const Paths& paths)
{
    Assertion out{"config.plan-whole", EventId::plan_interrupted, Status::passed};
    out.where = file_of(paths);
    out.expected = "no plan between two of its writes";
    if (real_files().status(out.where)) {
        // Whoever looks makes no lock file: made by root, it would keep the service out.
        if (real_files().status(lock_file_of(paths))) {
            const auto lock = lock_of(paths);
            out.found = lock ? "" : lock.error().detail();
            if (!lock && lock.error().event() == EventId::config_moved_on) return out;
        }
        out.status = Status::warning;
        const auto text = read_file(real_files(), out.where);
        const auto plan = text ? parse(*text) : std::nullopt;
        if (out.found.empty())
            out.found = "a plan whose process has died" + (plan ? ", " + plan->by() : "");
        out.why = "registry and directory may hold half of it each. The next start, and the next "
                  "change by 'imc config apply' or 'rollback', brings it to an end first, and "
                  "says how (40901, 40902)";
        out.fix = "imc config diff" + paths.option();
        return out;
    }
    const auto left = newest_aside(paths);
    if (left.empty()) return out;
    out.event = EventId::plan_unsettled;
    out.status = Status::warning;
    out.where = left;
    out.found = "a plan that was interrupted, and could not be brought to an end";
    out.expected = "none, or none that nobody has looked at";
    out.why = "what it was to write may be there in part; the file holds all of it, and the "
              "registry and the objects as they were. When the configuration is what it should "
              "be, remove the file";
    out.fix = "imc config diff" + paths.option() + "; rm " + shell_word(left);
    return out;
}

}  // namespace imc::config
