#include "event/query.h"

#include "base/files.h"
#include "base/text.h"
#include "event/record_json.h"

#include <algorithm>
#include <thread>

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

void follow_events(const std::string& path, const EventFilter& filter,
                   const std::function<bool(const EventRecord&)>& show, Deadline deadline)
{
    std::uint64_t at = 0;
    std::uint64_t inode = 0;
    if (const auto status = real_files().status(path)) {
        at = status->size;
        inode = status->inode;
    }
    while (std::chrono::steady_clock::now() < deadline) {
        const auto status = real_files().status(path);
        if (status && (status->inode != inode || status->size < at)) {
            inode = status->inode;
            at = 0;
        }
        if (status && status->size > at) {
            const auto content = read_file(real_files(), path);
            bool more = true;
            if (content && content->size() > at)
                at += each_line(std::string_view{*content}.substr(at), [&](std::string_view line) {
                    const auto record = parse_json_line(line);
                    if (more && record && filter.matches(*record)) more = show(*record);
                });
            if (!more) return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }
}

}  // namespace imc
