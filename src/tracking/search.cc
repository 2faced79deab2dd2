#include "tracking/search.h"

#include "base/text.h"
#include "tracking/days.h"

#include <algorithm>
#include <map>
#include <set>

namespace imc::tracking {
namespace {

Error unreadable(const std::string& folder, const boost::system::error_code& why)
{
    return Error{EventId::tracking_read_failed, folder + ": " + why.message()};
}

std::string_view without_brackets(std::string_view text)
{
    if (text.starts_with('<')) text.remove_prefix(1);
    if (text.ends_with('>')) text.remove_suffix(1);
    return text;
}

bool within(WallTime time, const std::optional<WallTime>& since,
            const std::optional<WallTime>& until)
{
    return (!since || time >= *since) && (!until || time <= *until);
}

}  // namespace

bool address_fits(std::string_view wanted, std::string_view address)
{
    if (wanted.empty()) return true;
    if (wanted == "<>") return address.empty();
    const auto at = address.rfind('@');
    if (wanted.starts_with('@')) return at != address.npos && same_word(wanted, address.substr(at));
    if (wanted.find('@') == wanted.npos) return same_word(wanted, address.substr(0, at));
    return same_word(wanted, address);
}

bool RejectFilter::matches(const Rejection& r) const
{
    if (!within(r.time, since, until) || (!code.empty() && code != r.code)) return false;
    if (peer && !peer(r.peer)) return false;
    if (!sender.empty() && (!r.sender || !address_fits(sender, *r.sender))) return false;
    return recipient.empty() || std::ranges::any_of(r.recipients, [&](const auto& address) {
               return address_fits(recipient, address);
           });
}

Result<RejectionsFound> find_rejections(FileSystem& files, const std::string& folder,
                                        const RejectFilter& filter)
{
    RejectionsFound found;
    const auto read =
        read_days(files, folder, filter.since, filter.until, [&](std::string_view line) {
            auto rejection = parse_rejection(line);
            if (rejection && filter.matches(*rejection)) {
                found.rejections.push_back(std::move(*rejection));
                // Half too many at most are kept on the way.
                if (filter.last > 0 && found.rejections.size() >= 2 * filter.last)
                    found.rejections.erase(found.rejections.begin(),
                                           found.rejections.end() -
                                               static_cast<std::ptrdiff_t>(filter.last));
            }
            return rejection.has_value();
        });
    if (!read) return unreadable(folder, read.error());
    if (filter.last > 0 && found.rejections.size() > filter.last)
        found.rejections.erase(found.rejections.begin(),
                               found.rejections.end() - static_cast<std::ptrdiff_t>(filter.last));
    found.broken_lines = read->broken_lines;
    found.any_file = read->any_file;
    return found;
}

bool StoryFilter::matches(const Record& r) const
{
    if (!within(r.time, since, until) || (!id.empty() && !same_word(id, r.id))) return false;
    if (!message_id.empty() && without_brackets(message_id) != without_brackets(r.message_id))
        return false;
    return address_fits(sender, r.sender) && address_fits(recipient, r.recipient);
}

Result<StoriesFound> find_stories(FileSystem& files, const std::string& folder,
                                  const StoryFilter& filter)
{
    // Only some records of a story match, and not the first ones: two passes.
    std::set<std::string, std::less<>> wanted;
    StoriesFound found;
    const auto first = read_days(files, folder, filter.since, filter.until, [&](auto line) {
        const auto record = parse_record(line);
        if (record && filter.matches(*record)) wanted.insert(record->id);
        return record.has_value();
    });
    if (!first) return unreadable(folder, first.error());
    found.any_file = first->any_file;
    found.broken_lines = first->broken_lines;
    if (wanted.empty()) return found;

    std::vector<std::string> order;
    std::map<std::string, std::vector<Record>, std::less<>> stories;
    const auto second = read_days(files, folder, {}, {}, [&](auto line) {
        // Most lines are of other messages: their id tells without reading the rest.
        if (!wanted.contains(line.substr(0, line.find('\t')))) return true;
        auto record = parse_record(line);
        if (!record) return false;
        if (record->what == What::report_made && !record->report_id.empty())
            wanted.insert(record->report_id);
        auto& story = stories[record->id];
        if (story.empty()) order.push_back(record->id);
        story.push_back(std::move(*record));
        return true;
    });
    if (!second) return unreadable(folder, second.error());
    for (const auto& id : order)
        std::ranges::move(stories[id], std::back_inserter(found.records));
    return found;
}

}  // namespace imc::tracking
