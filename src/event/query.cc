#include "event/query.h"

#include "base/files.h"
#include "base/text.h"
#include "event/record_json.h"

#include <algorithm>

namespace imc {
namespace {

bool contains_word(std::string_view text, std::string_view part)
{
    return lower(text).find(lower(part)) != std::string::npos;
}

/// Complete lines of `content`; what follows the last LF is not there yet.
template <class Take>
std::size_t each_line(std::string_view content, Take take)
{
    std::size_t used = 0;
    for (;;) {
        const auto end = content.find('\n', used);
        if (end == content.npos) return used;
        take(content.substr(used, end - used));
        used = end + 1;
    }
}

}  // namespace

bool EventFilter::matches(const EventRecord& record) const
{
    const auto number = static_cast<unsigned>(record.id);
    if (!ids.empty() && std::ranges::find(ids, number) == ids.end()) return false;
    if (!types.empty() && std::ranges::none_of(types, [&](const auto& t) {
            return same_word(t, to_string(record.type));
        }))
        return false;
    if (!category.empty() && !same_word(category, record.category)) return false;
    if (since && record.time < *since) return false;
    if (until && record.time > *until) return false;
    if (text.empty() || contains_word(record.description, text)) return true;
    return std::ranges::any_of(record.fields,
                               [&](const auto& f) { return contains_word(f.second, text); });
}

EventsFound read_events(const std::string& path, const EventFilter& filter)
{
    EventsFound found;
    std::vector<std::string> files{path};
    for (unsigned n = 1; n <= 100 && real_files().status(path + "." + std::to_string(n)); ++n)
        files.push_back(path + "." + std::to_string(n));
    std::ranges::reverse(files);
    for (const auto& file : files) {
        const auto content = read_file(real_files(), file);
        if (!content) continue;
        found.any_file = true;
        each_line(*content, [&](std::string_view line) {
            auto record = parse_json_line(line);
            if (!record)
                ++found.broken_lines;
            else if (filter.matches(*record))
                found.records.push_back(std::move(*record));
        });
    }
    if (filter.last > 0 && found.records.size() > filter.last)
        found.records.erase(found.records.begin(),
                            found.records.end() - static_cast<std::ptrdiff_t>(filter.last));
    return found;
}

bool EventFollower::open(const std::string& path)
{
    // The name may be given to another file between the two calls.
    for (int attempt = 0; attempt < 10; ++attempt) {
        const auto before = real_files().status(path);
        if (!before) return false;
        auto file = real_files().open(path, OpenMode::read);
        const auto after = real_files().status(path);
        if (!file || !after || before->inode != after->inode) continue;
        file_ = std::move(*file);
        inode_ = after->inode;
        at_ = 0;
        partial_.clear();
        return true;
    }
    return false;
}

/// The file that follows ours, once ours is no longer the newest.
bool EventFollower::open_next()
{
    const auto name = [&](unsigned n) { return n == 0 ? path_ : path_ + "." + std::to_string(n); };
    if (!file_) {
        unsigned oldest = 0;
        while (oldest < 100 && real_files().status(name(oldest + 1)))
            ++oldest;
        return open(name(oldest));
    }
    for (unsigned n = 1; n <= 100; ++n) {
        const auto status = real_files().status(name(n));
        if (!status) break;
        if (status->inode == inode_) return open(name(n - 1));
    }
    return open(path_);  // ours was removed
}

void EventFollower::drain(const EventFilter& filter, std::vector<EventRecord>& into)
{
    const auto size = file_->size();
    if (!size) return;
    if (*size < at_) {
        at_ = 0;
        partial_.clear();
    }
    while (at_ < *size) {
        std::string piece(std::min<std::uint64_t>(*size - at_, 1 << 20), '\0');
        const auto got = file_->read_at(at_, piece);
        if (!got || *got == 0) return;
        at_ += *got;
        partial_.append(piece, 0, *got);
        const auto used = each_line(partial_, [&](std::string_view line) {
            auto record = parse_json_line(line);
            if (record && filter.matches(*record)) into.push_back(std::move(*record));
        });
        partial_.erase(0, used);
    }
}

std::vector<EventRecord> EventFollower::more(const EventFilter& filter)
{
    std::vector<EventRecord> found;
    if (!file_ && !open_next()) return found;
    for (;;) {
        drain(filter, found);
        const auto newest = real_files().status(path_);
        if (newest && newest->inode == inode_) return found;
        // Whoever wrote into ours has left it by now: the rest is all there is.
        drain(filter, found);
        if (!newest || !open_next()) return found;
    }
}

}  // namespace imc
