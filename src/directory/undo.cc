#include "directory/undo.h"

#include "base/files.h"
#include "directory/ldif.h"
#include "directory/object_mark.h"
#include "directory/reverse.h"
#include "directory/schema.h"
#include "event/change_note.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <atomic>
#include <unistd.h>

namespace imc {
namespace {

/// Unique within a second and between processes.
std::string file_name(const Paths& paths)
{
    static std::atomic<unsigned> serial{0};
    const auto now = std::chrono::system_clock::to_time_t(wall_clock().now());
    return paths.backup() + fmt::format("/directory-{:%Y%m%dT%H%M%S}Z-{}-{}.ldif", fmt::gmtime(now),
                                        ::getpid(), ++serial);
}

/// Takes the values of secrets out of what is written; a value that is only removed stays.
std::vector<std::string> without_secrets(std::vector<Change>& changes)
{
    std::vector<std::string> lost;
    const auto lose = [&](const Change& change, const std::string& attribute) {
        lost.push_back(attribute + " of " + change.dn.to_rfc4514());
    };
    for (auto& change : changes) {
        std::erase_if(change.attributes, [&](const auto& attribute) {
            if (!is_secret(attribute.first)) return false;
            lose(change, attribute.first);
            return true;
        });
        std::erase_if(change.changes, [&](const AttributeChange& part) {
            if (!is_secret(part.attribute) || part.values.empty()) return false;
            lose(change, part.attribute);
            return true;
        });
    }
    std::erase_if(changes, [](const Change& change) {
        return change.kind == Change::Kind::modify && change.changes.empty();
    });
    return lost;
}

/// What stands at the objects now, for the history of the configuration. Of many changes at once
/// people are none of it.
void note(const Paths& paths, Directory& directory, std::span<const Change> changes,
          Deadline deadline)
{
    constexpr std::size_t many = 20, most_objects = 100;
    ChangeNote note;
    for (const auto& change : changes) {
        const auto is_people = [](const Rdn& rdn) {
            return same_word(rdn.front().type, "cn") && same_word(rdn.front().value, "Recipients");
        };
        if (changes.size() > many && std::ranges::any_of(change.dn.rdns(), is_people)) continue;
        if (note.objects.size() == most_objects) break;
        const auto now = directory.read(change.dn, deadline);
        const auto* entry = std::get_if<Entry>(&now);
        note.objects[change.dn.normalized()] = entry != nullptr ? mark_of(*entry) : std::string{};
    }
    if (!note.objects.empty()) leave_note(paths, note);
}

}  // namespace

Result<Undo> keep_undo(const Paths& paths, Directory& directory, std::span<const Change> changes,
                       Deadline deadline)
{
    auto back = reverse(directory, changes, deadline);
    if (!back) return back.error();
    const auto lost = without_secrets(*back);
    if (back->empty()) return Undo{{}, lost};
    std::string text = "version: 1\n# Takes a change back: imc dir import THIS-FILE\n";
    for (const auto& secret : lost)
        text += "# Not kept: " + printable(secret, 500) + "\n";
    text += "\n";
    for (const auto& change : *back)
        text += to_ldif(change);
    const auto file = file_name(paths);
    auto& files = real_files();
    if (auto made = make_folders(files, paths.backup()); !made)
        return Error{EventId::directory_refused, paths.backup() + ": " + made.error().message()};
    if (auto written = write_file_atomically(files, file, text); !written)
        return Error{EventId::directory_refused,
                     file + ": " + written.error().message() + "; nothing was changed"};
    return Undo{file, lost};
}

Result<> apply_kept(const Paths& paths, Directory& directory, std::span<const Change> changes,
                    const Undo& undo, Deadline deadline)
{
    if (auto applied = directory.apply(changes, deadline); !applied) {
        // A server without transactions may have kept a part of it; then the way back is still
        // needed.
        if (!undo.file.empty() && !directory.is_local())
            return Error{applied.error().event(),
                         applied.error().detail() + "; to take back what stayed: imc dir import " +
                             undo.file};
        if (!undo.file.empty()) (void)real_files().remove(undo.file);
        return applied.error();
    }
    note(paths, directory, changes, deadline);
    return {};
}

Result<Undo> apply_with_undo(const Paths& paths, Directory& directory,
                             std::span<const Change> changes, Deadline deadline)
{
    auto undo = keep_undo(paths, directory, changes, deadline);
    if (!undo) return undo.error();
    if (auto applied = apply_kept(paths, directory, changes, *undo, deadline); !applied)
        return applied.error();
    return undo;
}

}  // namespace imc
