#include "registry/store.h"

#include "base/text.h"
#include "base/time.h"
#include "event/change_note.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <set>
#include <unistd.h>

namespace imc::registry {
namespace {

constexpr std::size_t kept_backups = 200;

Error unreadable(const std::string& path, const boost::system::error_code& why)
{
    std::string text = path + ": " + why.message();
    if (const auto status = real_files().status(path)) {
        text += "; it belongs to uid " + std::to_string(status->owner) + ", mode " +
                octal(status->mode) + ", and we are uid " + std::to_string(::geteuid());
    }
    return Error{EventId::registry_unreadable, text, static_cast<unsigned>(why.value())};
}

Error unwritable(const std::string& path, const boost::system::error_code& why)
{
    return Error{EventId::registry_unwritable,
                 path + ": " + why.message() + "; nothing was changed",
                 static_cast<unsigned>(why.value())};
}

/// What the change left that this copy was made before: an undo must not take away more than that.
std::string left_of(const Paths& paths, const std::string& copy)
{
    return paths.backup() + "/" + copy + ".left";
}

/// "registry-20261124T120000.123Z-1.reg": sorts by time; the number tells changes of one
/// millisecond apart.
std::string backup_name(const std::string& folder)
{
    const auto now = wall_clock().now();
    const auto seconds =
        std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(now));
    const auto millis = static_cast<int>(now.time_since_epoch().count() % 1000);
    std::tm broken{};
    ::gmtime_r(&seconds, &broken);
    char stamp[40];
    std::strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%S", &broken);
    char text[80];
    for (int serial = 1;; ++serial) {
        std::snprintf(text, sizeof text, "registry-%s.%03dZ-%04d.reg", stamp, millis, serial);
        if (!real_files().status(folder + "/" + text)) return text;
    }
}

/// @param left  what will stand there instead
Result<std::string> back_up(const Paths& paths, const std::string& content, std::string_view left)
{
    auto& files = real_files();
    if (auto made = make_folders(files, paths.backup()); !made)
        return unwritable(paths.backup(), made.error());
    const auto name = backup_name(paths.backup());
    if (auto written = write_file_atomically(files, paths.backup() + "/" + name, content); !written)
        return unwritable(paths.backup() + "/" + name, written.error());
    if (auto written = write_file_atomically(files, left_of(paths, name), left); !written)
        return unwritable(left_of(paths, name), written.error());
    auto names = list_backups(paths);
    while (names.size() > kept_backups) {
        (void)files.remove(paths.backup() + "/" + names.front());
        (void)files.remove(left_of(paths, names.front()));
        names.erase(names.begin());
    }
    return name;
}

Result<> write_keeping_owner(const std::string& path, const std::string& text)
{
    auto& files = real_files();
    const auto before = files.status(path);
    if (auto written = write_file_atomically(files, path, text, before ? before->mode : 0600);
        !written)
        return unwritable(path, written.error());
    // root editing the service's file must not take it away from the service.
    if (before && before->owner != ::geteuid() && ::geteuid() == 0 &&
        ::chown(path.c_str(), before->owner, static_cast<gid_t>(-1)) != 0)
        return unwritable(path, {errno, boost::system::system_category()});
    return {};
}

/// For the history of the configuration.
void note(const Paths& paths, std::string_view text)
{
    ChangeNote note;
    note.registry = mark_of(text);
    leave_note(paths, note);
}

Result<FileLock> locked(const Paths& paths, std::chrono::milliseconds patience = usual_patience)
{
    const std::string path = paths.registry() + ".lock";
    const auto deadline = after(patience);
    for (;;) {
        auto lock = FileLock::try_lock(path);
        if (lock) return std::move(*lock);
        if (lock.error().value() != EWOULDBLOCK) return unwritable(path, lock.error());
        if (std::chrono::steady_clock::now() > deadline)
            return Error{EventId::registry_locked,
                         paths.registry() + ": process " + std::to_string(FileLock::holder(path)) +
                             " has been changing it for " + std::to_string(patience.count()) +
                             " ms; nothing was changed"};
        ::usleep(20'000);
    }
}

/// Under the lock. What is there may be broken: that is why somebody restores.
Result<Changed> put_back(const Paths& paths, const std::string& content,
                         const BeforeWrite& before_write = nullptr)
{
    Changed out;
    const auto before = read_file(real_files(), paths.registry());
    if (before) {
        auto saved = back_up(paths, *before, content);
        if (!saved) return saved.error();
        out.backup = *saved;
        out.undo = "imc reg restore " + *saved + paths.option();
    } else {
        out.undo = "rm " + paths.registry();
    }
    if (before_write)
        if (auto may = before_write(before ? *before : std::string{}, content, out); !may)
            return may.error();
    if (auto written = write_keeping_owner(paths.registry(), content); !written)
        return written.error();
    note(paths, content);
    return out;
}

/// The names of what differs; what it holds is nobody's business here.
std::string lost_words(const std::string& left, const std::string& now)
{
    const auto before = Document::parse(left), after = Document::parse(now);
    if (!before || !after) return "the file cannot be read as a registry";
    constexpr std::size_t most_told = 10;
    std::set<std::string> names;
    const auto compare = [&names](const Document& a, const Document& b) {
        for (const auto& key : a.keys())
            for (const auto& found : a.values(key)) {
                const auto* other = b.find(key, found.name);
                if (other != nullptr && other->value == found.value) continue;
                names.insert(same_word(key, parameters_key) ? found.name : key + "\\" + found.name);
            }
    };
    compare(*before, *after);
    compare(*after, *before);
    if (names.empty()) return "order or comments only";
    std::string out;
    std::size_t told = 0;
    for (const auto& name : names) {
        if (told == most_told) return out + " and " + std::to_string(names.size() - told) + " more";
        out += (told++ == 0 ? "" : ", ") + printable(name, 120);
    }
    return out;
}

}  // namespace

Result<Document> load(const std::string& path)
{
    const auto content = read_file(real_files(), path);
    if (!content) return unreadable(path, content.error());
    auto document = Document::parse(*content);
    if (!document) return Error{document.error().event(), path + ", " + document.error().detail()};
    return document;
}

Result<Changed> update(const Paths& paths, const std::function<Result<>(Document&)>& change,
                       std::chrono::milliseconds patience, const BeforeWrite& before_write)
{
    const auto lock = locked(paths, patience);
    if (!lock) return lock.error();
    const auto path = paths.registry();
    const auto before = read_file(real_files(), path);
    if (!before && before.error().value() != ENOENT) return unreadable(path, before.error());
    auto document = before ? Document::parse(*before) : Result<Document>{Document::empty()};
    if (!document) return Error{document.error().event(), path + ", " + document.error().detail()};
    if (auto changed = change(*document); !changed) return changed.error();
    const auto text = document->to_text();
    Changed out;
    if (before) {
        auto name = back_up(paths, *before, text);
        if (!name) return name.error();
        out.backup = *name;
        out.undo = "imc reg restore " + *name + paths.option();
    }
    if (before_write)
        if (auto may = before_write(before ? *before : std::string{}, text, out); !may)
            return may.error();
    if (auto written = write_keeping_owner(path, text); !written) return written.error();
    if (!before || text != *before) note(paths, text);
    return out;
}

Result<Changed> replace(const Paths& paths, std::string_view before, std::string_view text)
{
    const auto lock = locked(paths);
    if (!lock) return lock.error();
    const auto path = paths.registry();
    const auto now = read_file(real_files(), path);
    if (!now && now.error().value() != ENOENT) return unreadable(path, now.error());
    if ((now ? *now : std::string{}) != before)
        return Error{EventId::config_moved_on, path + " is not what it was when the plan was made"};
    Changed out{{}, "rm " + shell_word(path)};
    if (now) {
        auto name = back_up(paths, *now, text);
        if (!name) return name.error();
        out = {*name, "imc reg restore " + *name + paths.option()};
    }
    if (auto written = write_keeping_owner(path, std::string{text}); !written)
        return written.error();
    note(paths, text);
    return out;
}

Result<std::string> set_values(const Paths& paths, const std::vector<Edit>& edits)
{
    const auto changed = update(paths, [&](Document& document) -> Result<> {
        for (const auto& edit : edits) {
            if (edit.type.empty()) {
                document.erase(parameters_key, edit.name);
                continue;
            }
            const auto type = parse_type(edit.type);
            if (!type)
                return Error{EventId::registry_value_invalid, edit.name + ": type " + edit.type};
            auto value = value_from_text(*type, edit.data);
            if (!value)
                return Error{EventId::registry_value_invalid,
                             edit.name + ": " + value.error().detail()};
            document.set(parameters_key, edit.name, std::move(*value));
        }
        return {};
    });
    if (!changed) return changed.error();
    return changed->undo;
}

std::vector<std::string> list_backups(const Paths& paths)
{
    auto names = real_files().list(paths.backup());
    if (!names) return {};
    std::erase_if(*names, [](const std::string& n) {
        return !n.starts_with("registry-") || !n.ends_with(".reg");
    });
    return std::move(*names);
}

std::string latest_backup(const Paths& paths)
{
    auto names = list_backups(paths);
    while (!names.empty() && !load(paths.backup() + "/" + names.back()))
        names.pop_back();
    return names.empty() ? std::string{} : names.back();
}

Result<Changed> restore(const Paths& paths, const std::string& name,
                        const BeforeWrite& before_write)
{
    const bool foreign = name.find('/') != std::string::npos;
    std::string path = foreign ? name : paths.backup() + "/" + name;
    if (name == "latest") {
        const auto sound = latest_backup(paths);
        if (sound.empty())
            return Error{EventId::registry_unreadable,
                         paths.backup() + " holds no sound copy of the registry"};
        path = paths.backup() + "/" + sound;
    }
    const auto content = read_file(real_files(), path);
    if (!content) return unreadable(path, content.error());
    // A copy of ours is what once was there, sound or not: an undo brings back just that.
    const auto parsed = Document::parse(*content);
    if (!parsed && foreign)
        return Error{parsed.error().event(), path + ", " + parsed.error().detail()};
    const auto lock = locked(paths);
    if (!lock) return lock.error();
    return put_back(paths, *content, before_write);
}

Result<Changed> restore_text(const Paths& paths, const std::string& text,
                             const BeforeWrite& before_write)
{
    const auto parsed = Document::parse(text);
    if (!parsed) return parsed.error();
    const auto lock = locked(paths);
    if (!lock) return lock.error();
    return put_back(paths, text, before_write);
}

Result<> nothing_came_after(const Paths& paths, const std::string& name)
{
    const auto now = read_file(real_files(), paths.registry());
    if (!now && now.error().value() != ENOENT) return unreadable(paths.registry(), now.error());
    const auto path = paths.backup() + "/" + name;
    const auto copy = read_file(real_files(), path);
    if (!copy) return unreadable(path, copy.error());
    if (now && *now == *copy) return {};
    const auto left = read_file(real_files(), left_of(paths, name));
    if (!left)
        return Error{EventId::config_moved_on,
                     paths.registry() + ": what the change after copy " + name +
                         " left is not known, so what was changed since would be lost unseen"};
    if (now && *now == *left) return {};
    return Error{EventId::config_moved_on, paths.registry() + " was changed again since; copy " +
                                               name + " would take that away, too: " +
                                               lost_words(*left, now ? *now : std::string{})};
}

Result<Changed> take_back(const Paths& paths, const std::string& name)
{
    const auto lock = locked(paths);
    if (!lock) return lock.error();
    if (const auto alone = nothing_came_after(paths, name); !alone) return alone.error();
    const auto path = paths.backup() + "/" + name;
    const auto content = read_file(real_files(), path);
    if (!content) return unreadable(path, content.error());
    return put_back(paths, *content);
}

}  // namespace imc::registry
