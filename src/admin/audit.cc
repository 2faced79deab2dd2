#include "admin/audit.h"

#include "admin/readable.h"
#include "base/text.h"
#include "event/record_json.h"
#include "tracking/days.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <map>
#include <optional>
#include <unistd.h>

namespace imc::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t reserve_octets = 64 << 10;
constexpr std::size_t longest_detail = 2000;

std::optional<json::object> line_of(std::string_view text)
{
    boost::system::error_code failure;
    auto value = json::parse(text, failure);
    if (failure || !value.is_object()) return {};
    const auto* number = value.as_object().if_contains("number");
    if (number == nullptr || !number->is_int64()) return {};
    return std::move(value.as_object());
}

std::uint64_t number_of(const json::object& line)
{
    return static_cast<std::uint64_t>(line.at("number").as_int64());
}

/// What root makes for the service must be the service's.
IoResult<> give_to_owner_of(FileSystem& files, const std::string& path, const std::string& of)
{
    if (::geteuid() != 0) return {};
    const auto owner = files.status(of);
    if (!owner) return owner.error();
    if (::chown(path.c_str(), owner->owner, owner->group) != 0)
        return boost::system::error_code{errno, boost::system::system_category()};
    return {};
}

/// Numbers and octets are nobody else's meanwhile. Whoever was stopped while it writes must not
/// stop the others for good.
/// @return nothing where the disk knows no such lock (NFS): that is no reason to refuse changes
IoResult<std::optional<FileLock>> alone_in(const std::string& folder)
{
    const auto deadline = after(std::chrono::seconds{10});
    for (;;) {
        auto lock = FileLock::try_folder(folder);
        if (lock) return std::optional{std::move(*lock)};
        const auto why = lock.error().value();
        if (why == EBADF || why == ENOLCK || why == EOPNOTSUPP) return std::nullopt;
        if (why != EWOULDBLOCK || std::chrono::steady_clock::now() > deadline) return lock.error();
        ::usleep(10'000);
    }
}

json::object said_of(const Caller& who)
{
    return {{"who", who.account}, {"from", who.from}, {"role", name_of(who.role)}};
}

/// A line that is deeper could not be read again.
json::value not_too_deep(const json::value& value, unsigned depth = 0)
{
    constexpr unsigned deepest_value = 16;
    if (value.is_structured() && depth == deepest_value) return "(deeper)";
    if (const auto* object = value.if_object()) {
        json::object out;
        for (const auto& [key, inner] : *object)
            out[key] = not_too_deep(inner, depth + 1);
        return out;
    }
    if (const auto* array = value.if_array()) {
        json::array out;
        for (const auto& inner : *array)
            out.push_back(not_too_deep(inner, depth + 1));
        return out;
    }
    return value;
}

void add_change(json::object& line, const Change& change)
{
    line["action"] = printable(change.action, longest_detail);
    line["object"] = printable(change.object, longest_detail);
    line["before"] = not_too_deep(change.before);
    line["after"] = not_too_deep(change.after);
    line["undo"] = change.undo.empty() ? json::value{} : json::value(change.undo);
}

const json::string* text_in(const json::object& line, const char* name)
{
    const auto* found = line.if_contains(name);
    return found == nullptr ? nullptr : found->if_string();
}

bool has_part(const json::object& line, const char* name, const std::string& part)
{
    if (part.empty()) return true;
    const auto* text = text_in(line, name);
    return text != nullptr && lower(std::string{*text}).find(lower(part)) != std::string::npos;
}

bool is_meant(const json::object& line, const AuditFilter& filter)
{
    const bool by_whom = has_part(line, "who", filter.who) || has_part(line, "from", filter.who);
    if (!by_whom || !has_part(line, "object", filter.object) ||
        !has_part(line, "action", filter.action))
        return false;
    if (!filter.since) return true;
    const auto* text = text_in(line, "time");
    const auto time = text == nullptr ? std::nullopt : parse_time(std::string{*text}, {});
    return time && *time >= *filter.since;
}

}  // namespace

Audit::Audit(std::string folder, EventLog& events, FileSystem& files, const WallClock& clock)
    : folder_{std::move(folder)}, events_{events}, files_{files}, clock_{clock}
{}

Result<std::uint64_t> Audit::write(const Caller& who, const Change& change)
{
    auto line = said_of(who);
    add_change(line, change);
    return append(std::move(line));
}

Result<std::uint64_t> Audit::write_outcome(std::uint64_t number, const Caller& who,
                                           const Change& outcome)
{
    auto line = said_of(who);
    add_change(line, outcome);
    line["of"] = number;
    return append(std::move(line));
}

Result<std::uint64_t> Audit::write_failure(std::uint64_t number, const Caller& who,
                                           const std::string& why)
{
    auto line = said_of(who);
    line["action"] = "came-to-nothing";
    line["object"] = std::to_string(number);
    line["of"] = number;
    line["failed"] = printable(why, longest_detail);
    return append(std::move(line));
}

Result<std::uint64_t> Audit::append(json::object line)
{
    const std::lock_guard lock{mutex_};
    auto done = put(line);
    if (!done && done.error().value() == ENOSPC && files_.remove(folder_ + "/reserve"))
        done = put(line);
    if (!done) {
        file_.reset();
        const auto why = folder_ + ": " +
                         (done.error().value() == EWOULDBLOCK
                              ? std::string{"another process has been writing there for 10 s"}
                              : done.error().message());
        if (refused_++ == 0) events_.raise(EventId::audit_not_written, {{"detail", why}});
        return Error{EventId::audit_not_written, why, static_cast<unsigned>(done.error().value())};
    }
    if (refused_ != 0)
        events_.raise(EventId::audit_written_again, {{"refused", std::to_string(refused_)}});
    refused_ = 0;
    return last_;
}

IoResult<> Audit::put(json::object& line)
{
    if (auto made = make_folder(); !made) return made.error();
    const auto lock = alone_in(folder_);
    if (!lock) return lock.error();
    // Now, not before: who waited has the later time, and perhaps the later day.
    const auto now = clock_.now();
    const auto path = folder_ + "/" + tracking::file_of(tracking::day_of(now));
    if (auto there = open(path); !there) return there.error();
    json::object out{{"number", last_ + 1}, {"time", to_rfc3339(now)}};
    for (const auto& [key, value] : line)
        out[key] = value;
    // A line that is no JSON would be no line to read().
    const auto text = readable(json::serialize(out), true) + "\n";
    auto done = file_->write_at(size_, text);
    if (done) done = file_->sync_data();
    if (!done) {
        (void)file_->truncate(size_);
        return done;
    }
    size_ += text.size();
    ++last_;
    return {};
}

IoResult<> Audit::make_folder()
{
    if (files_.status(folder_)) return {};
    if (auto made = make_folders(files_, folder_); !made) return made;
    return give_to_owner_of(files_, folder_, folder_.substr(0, folder_.rfind('/')));
}

/// Under the lock.
IoResult<> Audit::open(const std::string& path)
{
    // Others write here, too: then its end is not where we left it.
    if (file_ && path == path_) {
        const auto size = file_->size();
        if (size && *size == size_ && files_.status(path)) return {};
    }
    file_.reset();
    const auto last = last_line();
    if (!last) return last.error();
    auto file = files_.open(path, OpenMode::create, 0600);
    if (!file) return file.error();
    if (auto given = give_to_owner_of(files_, path, folder_); !given) return given;
    const auto size = (*file)->size();
    if (!size) return size.error();
    size_ = *size;
    // A line that a crash tore stays, and is no line.
    if (size_ != 0) {
        char end = 0;
        const auto read = (*file)->read_at(size_ - 1, std::span{&end, 1});
        if (!read) return read.error();
        if (end != '\n') {
            if (auto done = (*file)->write_at(size_, "\n"); !done) return done;
            ++size_;
        }
    } else if (auto done = files_.sync_folder(folder_); !done) {
        return done;
    }
    file_ = std::move(*file);
    path_ = path;
    last_ = last->number;
    keep_reserve();
    return {};
}

/// Not kept: then a full disk refuses at once, which is said.
void Audit::keep_reserve()
{
    const auto path = folder_ + "/reserve";
    if (files_.status(path)) return;
    auto file = files_.open(path, OpenMode::create_new, 0600);
    if (!file) return;
    const std::string zeros(reserve_octets, '\0');
    auto done = (*file)->write_at(0, zeros);
    if (done) done = (*file)->sync();
    if (done) done = give_to_owner_of(files_, path, folder_);
    if (!done) (void)files_.remove(path);
}

IoResult<std::vector<std::string>> Audit::days()
{
    auto names = files_.list(folder_);
    if (!names) return names.error();
    std::vector<std::string> out;
    for (auto& name : *names)
        if (tracking::day_of_file(name)) out.push_back(std::move(name));
    return out;
}

IoResult<Audit::Last> Audit::last_line()
{
    const auto names = days();
    if (!names) return names.error();
    for (auto name = names->rbegin(); name != names->rend(); ++name) {
        const auto content = read_file(files_, folder_ + "/" + *name);
        if (!content) return content.error();
        const auto lines = split(*content, '\n');
        for (auto line = lines.rbegin(); line != lines.rend(); ++line)
            if (const auto found = line_of(*line)) return Last{*name, number_of(*found)};
    }
    return Last{};
}

void Audit::prune(std::chrono::days kept)
{
    if (kept.count() == 0) return;
    const std::lock_guard lock{mutex_};
    const auto names = days();
    const auto last = names ? last_line() : names.error();
    // No folder yet, or one that cannot be read: write() tells of that.
    if (!last) return;
    const auto oldest = tracking::file_of(tracking::day_of(clock_.now()) - kept);
    const auto days_text = std::to_string(kept.count());
    std::size_t removed = 0;
    std::string newest;
    for (const auto& name : *names) {
        // Names of days sort as the days do.
        if (name >= oldest || name >= last->name) continue;
        const auto path = folder_ + "/" + name;
        if (const auto gone = files_.remove(path); !gone) {
            events_.raise(EventId::audit_days_not_removed,
                          {{"days", days_text}, {"detail", path + ": " + gone.error().message()}});
            break;
        }
        ++removed;
        newest = name.substr(0, name.find('.'));
    }
    if (removed > 0)
        events_.raise(EventId::audit_days_removed, {{"files", std::to_string(removed)},
                                                    {"folder", folder_},
                                                    {"day", newest},
                                                    {"days", days_text}});
}

Result<std::vector<json::object>> Audit::read(std::uint64_t before, std::size_t most,
                                              const AuditFilter& filter)
{
    std::vector<json::object> out;
    std::map<std::uint64_t, json::string> in_vain;
    const auto first_day =
        filter.since ? tracking::file_of(tracking::day_of(*filter.since)) : std::string{};
    const auto names = days();
    if (!names) {
        if (names.error().value() == ENOENT) return out;
        return Error{EventId::audit_not_written, folder_ + ": " + names.error().message()};
    }
    for (auto name = names->rbegin(); name != names->rend() && out.size() < most; ++name) {
        if (*name < first_day) break;
        const auto content = read_file(files_, folder_ + "/" + *name);
        if (!content)
            return Error{EventId::audit_not_written,
                         folder_ + "/" + *name + ": " + content.error().message()};
        const auto lines = split(*content, '\n');
        for (auto line = lines.rbegin(); line != lines.rend() && out.size() < most; ++line) {
            auto found = line_of(*line);
            if (!found) continue;
            if (const auto* why = text_in(*found, "failed"))
                if (const auto* of = found->if_contains("of"); of != nullptr && of->is_int64())
                    in_vain[static_cast<std::uint64_t>(of->get_int64())] = *why;
            if ((before != 0 && number_of(*found) >= before) || !is_meant(*found, filter)) continue;
            if (const auto vain = in_vain.find(number_of(*found)); vain != in_vain.end())
                (*found)["came_to_nothing"] = vain->second;
            out.push_back(std::move(*found));
        }
    }
    return out;
}

}  // namespace imc::admin
