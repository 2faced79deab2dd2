#include "config/plan.h"

#include "base/files.h"
#include "config/open_directory.h"
#include "config/plan_journal.h"
#include "config/setting_table.h"
#include "directory/object_mark.h"
#include "directory/schema.h"
#include "directory/undo.h"
#include "registry/store.h"

#include <algorithm>
#include <cerrno>

namespace imc::config {
namespace {

/// Of the objects above only what connectors inherit is ours to write.
bool is_ours(std::string_view section, std::string_view attribute)
{
    if (same_word(attribute, "imcGeneration") || same_word(attribute, "objectClass") ||
        is_secret(attribute))
        return false;
    return class_of_section(section) != "imcDefaults" ||
           find_setting(section, attribute).has_value();
}

Change modification(std::string_view section, const Entry& now, const Entry& target, Entry& result)
{
    Change change{Change::Kind::modify, now.dn};
    const auto& name = now.dn.rdns().front().front();
    const auto is_name = [&](std::string_view attribute) {
        return same_word(attribute, name.type);
    };
    if (target.has_class("imcDefaults") && !now.has_class("imcDefaults")) {
        change.changes.push_back({AttributeChange::Kind::add, "objectClass", {"imcDefaults"}});
        result.attributes["objectClass"].emplace_back("imcDefaults");
    }
    for (const auto& [attribute, values] : target.attributes) {
        if (!is_ours(section, attribute) || is_name(attribute) ||
            same_values(attribute, now.all(attribute), values))
            continue;
        change.changes.push_back({AttributeChange::Kind::replace, attribute, values});
        result.attributes[attribute] = values;
    }
    for (const auto& [attribute, values] : now.attributes) {
        if (!is_ours(section, attribute) || is_name(attribute) || !target.all(attribute).empty())
            continue;
        change.changes.push_back({AttributeChange::Kind::remove, attribute, {}});
        result.attributes.erase(attribute);
    }
    return change;
}

Change addition(const Entry& target)
{
    Change change{Change::Kind::add, target.dn, target.attributes};
    change.attributes.erase("imcGeneration");
    std::erase_if(change.attributes, [](const auto& a) { return is_secret(a.first); });
    return change;
}

std::optional<std::string> directory_words(const registry::Document& document)
{
    std::string out;
    for (const char* name : {"HomeDSA", "DirectoryBase"}) {
        const auto* found = document.find(registry::parameters_key, name);
        out += (found != nullptr ? found->value.to_display() : "") + "\n";
    }
    return out;
}

/// The registry first: it can be brought back without asking anybody.
/// @param half  becomes true when a part stays though it failed, or may
Result<CarriedOut> write_all(const Paths& paths, const Plan& plan, Directory& directory,
                             Deadline deadline, bool& half)
{
    CarriedOut out;
    std::string copy;
    if (plan.registry) {
        const auto written = registry::replace(paths, plan.registry_before, *plan.registry);
        if (!written) return written.error();
        out.undo = written->undo;
        copy = written->backup;
    }
    if (plan.directory.empty()) return out;
    const auto saved = apply_with_undo(paths, directory, plan.directory, deadline);
    if (!saved) {
        half = saved.error().event() == EventId::directory_half_written;
        // What the directory has got is finished, not taken back, and this is the first part of it.
        if (!plan.registry || half) return saved.error();
        const auto back = copy.empty() ? registry::replace(paths, *plan.registry, "")
                                       : registry::restore(paths, copy);
        if (back) return saved.error();
        half = true;
        return Error{saved.error().event(),
                     saved.error().detail() +
                         "; the registry was written before, and could not be "
                         "brought back (" +
                         back.error().to_string() + "): " + out.undo};
    }
    out.lost = saved->lost;
    if (!saved->file.empty())
        out.undo = "imc dir import " + shell_word(saved->file) + paths.option() +
                   (out.undo.empty() ? "" : " && " + out.undo);
    return out;
}

/// Whether the objects are still what the plan was made of.
Result<> check_before(const Plan& plan, Directory& directory, Deadline deadline)
{
    for (const auto& was : plan.before) {
        const auto now = directory.read(was.dn, deadline);
        if (const auto* silent = std::get_if<CannotSay>(&now)) return silent->reason;
        const auto* entry = std::get_if<Entry>(&now);
        if (entry == nullptr || mark_of(*entry) != mark_of(was))
            return Error{EventId::config_moved_on,
                         was.dn.to_rfc4514() + " is not what it was when the plan was made"};
    }
    return {};
}

}  // namespace

Plan make_plan(const Snapshot& now, const Snapshot& target)
{
    Plan plan;
    plan.rows = differences(now, target);
    plan.registry_before = now.registry_text;
    if (now.registry_text != target.registry_text) plan.registry = target.registry_text;
    plan.other_directory = directory_words(now.registry) != directory_words(target.registry);
    // Parents stand before what is below them.
    for (const auto& object : target.objects) {
        const auto* there = now.find(object.section);
        if (there == nullptr) {
            plan.directory.push_back(addition(object.entry));
            const auto& added = plan.directory.back();
            plan.planned.there.push_back({added.dn, added.attributes});
            continue;
        }
        Entry result = *there;
        auto change = modification(object.section, *there, object.entry, result);
        if (change.changes.empty()) continue;
        plan.before.push_back(*there);
        plan.directory.push_back(std::move(change));
        plan.planned.there.push_back(std::move(result));
    }
    for (const auto& object : now.objects)
        if (object.section.starts_with("domain ") && target.find(object.section) == nullptr) {
            plan.before.push_back(object.entry);
            plan.directory.push_back({Change::Kind::remove, object.entry.dn});
            plan.planned.gone.push_back(object.entry.dn);
        }
    return plan;
}

Instead instead_of(const Plan& plan)
{
    Instead out;
    if (plan.registry)
        if (auto document = registry::Document::parse(*plan.registry))
            out.registry = std::make_shared<const registry::Document>(std::move(*document));
    if (!plan.planned.empty())
        out.through = [planned = plan.planned](std::shared_ptr<Directory> asked) {
            return std::shared_ptr<Directory>{planned_directory(std::move(asked), planned)};
        };
    return out;
}

Result<CarriedOut> carry_out(const Paths& paths, const Plan& plan, Directory& directory,
                             Deadline deadline)
{
    // Before anybody looks: another plan might end between the look and the writes.
    auto lock = PlanLock::take(paths);
    if (!lock) return lock.error();
    if (const auto as_seen = check_before(plan, directory, deadline); !as_seen)
        return as_seen.error();
    if (!needs_journal(plan)) {
        bool unused = false;
        return write_all(paths, plan, directory, deadline, unused);
    }
    auto journal = PlanJournal::begin(paths, *std::move(lock), plan);
    if (!journal) return journal.error();
    bool half = false;
    auto done = write_all(paths, plan, directory, deadline, half);
    if (half)
        return Error{done.error().event(),
                     done.error().detail() + "; the plan is kept (" + journal->file() +
                         "), and the next start, 'imc config apply' or 'rollback' brings it to an "
                         "end",
                     done.error().os_code()};
    journal->end();
    return done;
}

Result<Snapshot> snapshot_at(const Snapshot& target, std::string registry_text,
                             Directory& directory, Deadline deadline)
{
    Snapshot out;
    if (auto document = registry::Document::parse(registry_text))
        out.registry = std::move(*document);
    out.registry_text = std::move(registry_text);
    out.connector = target.connector;
    for (const auto& object : target.objects) {
        auto there = directory.read(object.entry.dn, deadline);
        if (const auto* silent = std::get_if<CannotSay>(&there)) return silent->reason;
        if (auto* entry = std::get_if<Entry>(&there))
            out.objects.push_back({object.section, std::move(*entry)});
    }
    const auto found = directory.search(out.profiles(), Scope::one_level,
                                        "(objectClass=imcDomainProfile)", deadline);
    if (!found && found.error().event() != EventId::directory_no_such_object) return found.error();
    if (!found) return out;
    for (const auto& entry : *found) {
        auto section = "domain " + lower(entry.dn.rdns().front().front().value);
        if (out.find(section) == nullptr) out.objects.push_back({std::move(section), entry});
    }
    return out;
}

Result<Present> present_for(const Paths& paths, const Snapshot& target, Deadline deadline)
{
    const auto text = read_file(real_files(), paths.registry());
    if (!text && text.error().value() != ENOENT) return registry::load(paths.registry()).error();
    const auto settings = settings_of(target.registry);
    const auto choice = directory_choice(*settings);
    if (!choice) return choice.error();
    auto directory = open_directory(paths, *settings, *choice);
    if (!directory) return directory.error();
    Present out{{}, std::move(*directory)};
    auto snapshot = snapshot_at(target, text ? *text : std::string{}, *out.directory, deadline);
    if (!snapshot) return snapshot.error();
    out.snapshot = std::move(*snapshot);
    return out;
}

std::vector<std::string> restart_needed(const std::vector<Difference>& rows)
{
    std::vector<std::string> out;
    for (const auto& row : rows) {
        const auto info = find_setting(row.section, row.name);
        if (info && info->effect == needs_restart) out.emplace_back(info->name);
    }
    return out;
}

}  // namespace imc::config
