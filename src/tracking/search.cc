#include "tracking/search.h"

#include "base/text.h"
#include "tracking/days.h"
#include "tracking/indexed_log.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

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
    if (!rule.empty() && lower(r.rule).find(lower(rule)) == std::string::npos) return false;
    if (!sender.empty() && (!r.sender || !address_fits(sender, *r.sender))) return false;
    if (also && !also(r)) return false;
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

namespace {

using Groups = std::vector<std::vector<Index::Key>>;

/// Words that a record which matches has; of a part of an address there are none.
Groups words_of(const StoryFilter& filter)
{
    Groups out;
    const auto add = [&out](WordKind kind, std::string_view word) {
        if (!word.empty()) out.push_back({Index::key_of(kind, word)});
    };
    add(WordKind::queue_id, filter.id);
    add(WordKind::message_id, without_brackets(filter.message_id));
    for (const std::string_view address :
         {std::string_view{filter.sender}, std::string_view{filter.recipient}}) {
        const auto at = address.find('@');
        if (at == address.npos) continue;
        if (at == 0)
            add(WordKind::domain, address.substr(1));
        else
            add(WordKind::address, address);
    }
    return out;
}

using Ids = std::set<std::string, std::less<>>;
using Stories = std::map<std::string, std::map<Place, Record>, std::less<>>;

/// What `ids` and the reports that they caused have to say. @return ids of reports found, of which
/// there may be more to read
IoResult<Ids> read_stories(IndexedLog& log, Ids ids, Stories& stories)
{
    // So many look-ups take as long as the files themselves.
    constexpr std::size_t most_look_ups = 1'000'000;
    Groups words;
    if (ids.size() * log.segments() < most_look_ups) {
        words.emplace_back();
        for (const auto& id : ids)
            words.front().push_back(Index::key_of(WordKind::queue_id, id));
    }
    Ids reports;
    const auto read = log.read({}, {}, words, [&](auto line, const Place& place) {
        // Most lines are of other messages: their id tells without reading the rest.
        if (!ids.contains(line.substr(0, line.find('\t')))) return true;
        auto record = parse_record(line);
        if (!record) return false;
        if (record->what == What::report_made && !record->report_id.empty() &&
            ids.insert(record->report_id).second)
            reports.insert(record->report_id);
        const auto id = record->id;
        stories[id].insert_or_assign(place, std::move(*record));
        return true;
    });
    if (!read) return read.error();
    // What was read from end to end had those, too.
    return words.empty() || log.segments() == 0 ? Ids{} : reports;
}

/// Ids of which the last `most` that came are kept. Half too many at most are held on the way.
class NewestIds {
public:
    explicit NewestIds(std::size_t most) : most_{most} {}

    void add(std::string&& id, const Place& place)
    {
        auto& last = ids_[std::move(id)];
        last = std::max(last, place);
        if (most_ > 0 && ids_.size() >= 2 * most_ + 1) cut();
    }
    /// True: some were left out.
    bool finish()
    {
        if (most_ > 0 && ids_.size() > most_) cut();
        return cut_;
    }
    Ids take() const
    {
        Ids out;
        for (const auto& [id, place] : ids_)
            out.insert(id);
        return out;
    }

private:
    void cut()
    {
        std::vector<Place> places;
        places.reserve(ids_.size());
        for (const auto& [id, place] : ids_)
            places.push_back(place);
        const auto oldest = places.begin() + static_cast<std::ptrdiff_t>(places.size() - most_);
        std::ranges::nth_element(places, oldest);
        std::erase_if(ids_, [&](const auto& each) { return each.second < *oldest; });
        cut_ = true;
    }

    const std::size_t most_;
    std::unordered_map<std::string, Place> ids_;
    bool cut_ = false;
};

}  // namespace

Result<StoriesFound> find_stories(FileSystem& files, const std::string& folder,
                                  const StoryFilter& filter)
{
    // Only some records of a story match, and not the first ones: first which, then the whole.
    IndexedLog log{files, folder};
    NewestIds newest{filter.most};
    StoriesFound found;
    const auto first =
        log.read(filter.since, filter.until, words_of(filter), [&](auto line, const Place& place) {
            auto record = parse_record(line);
            const bool is_record = record.has_value();
            if (is_record && filter.matches(*record)) newest.add(std::move(record->id), place);
            return is_record;
        });
    if (!first) return unreadable(folder, first.error());
    found.any_file = first->any_file;
    found.broken_lines = first->broken_lines;
    found.too_many = newest.finish();
    auto wanted = newest.take();
    Stories stories;
    while (!wanted.empty()) {
        auto more = read_stories(log, std::move(wanted), stories);
        if (!more) return unreadable(folder, more.error());
        wanted = std::move(*more);
    }
    found.index_trouble = log.trouble();
    std::map<Place, const std::map<Place, Record>*> order;
    for (const auto& [id, story] : stories)
        order[story.begin()->first] = &story;
    for (const auto& [place, story] : order)
        for (const auto& [at, record] : *story)
            found.records.push_back(record);
    return found;
}

}  // namespace imc::tracking
