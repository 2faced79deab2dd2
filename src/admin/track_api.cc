#include "admin/track_api.h"

#include "admin/newest_first.h"
#include "admin/track_words.h"
#include "base/files.h"
#include "tracking/search.h"

#include <set>

namespace imc::admin {

namespace json = boost::json;

namespace {

using tracking::Record;

struct Story {
    WallTime time{};
    std::vector<Record> records;
};

std::vector<Story> stories_of(std::vector<Record> records, const Caller& caller)
{
    std::vector<Story> out;
    for (auto& record : records) {
        if (out.empty() || out.back().records.front().id != record.id)
            out.push_back({record.time, {}});
        out.back().records.push_back(std::move(record));
    }
    for (auto& story : out)
        keep_seen(story.records, caller);
    std::erase_if(out, [](const Story& story) { return story.records.empty(); });
    return out;
}

Response search(const Paths& paths, const Request& request, std::size_t most_messages)
{
    tracking::StoryFilter filter;
    filter.id = request.first("id");
    filter.message_id = request.first("message");
    filter.sender = request.first("sender");
    filter.recipient = request.first("recipient");
    const auto since = time_asked(request, "since");
    if (!since) return refused(since.error());
    const auto until = time_asked(request, "until");
    if (!until) return refused(until.error());
    filter.since = *since;
    filter.until = *until;
    if (filter.id.empty() && filter.message_id.empty() && filter.sender.empty() &&
        filter.recipient.empty() && !filter.since)
        return bad("say which message: id, message, sender, recipient or since");
    const auto page = page_asked(request);
    if (!page) return refused(page.error());
    std::optional<TimeCursor> from;
    if (!page->after.empty()) {
        from = parse_cursor(page->after);
        if (!from) return bad("after: not a cursor of this list");
    }
    filter.most = most_messages;
    auto found = tracking::find_stories(real_files(), paths.tracking(), filter);
    if (!found) return refused(found.error());
    auto stories = stories_of(std::move(found->records), request.caller);
    const auto next =
        cut_page(stories, from, page->limit, [](const Story& story) { return story.time; });
    Lines out;
    for (const auto& story : stories)
        for (const auto& record : story.records)
            out.add(record_json(record));
    auto answer = out.answer(next);
    if (found->too_many)
        answer.headers.emplace_back("imc-note",
                                    "more than " + std::to_string(most_messages) +
                                        " messages are like that: these are of the newest " +
                                        std::to_string(most_messages) +
                                        "; for older ones say an address, or an earlier until");
    return answer;
}

using InQueue = std::function<bool(const std::string& id)>;

Response show(const Paths& paths, const InQueue& in_queue, const Request& request)
{
    const auto& id = request.parameters.at("id");
    tracking::StoryFilter filter;
    filter.id = id;
    auto found = tracking::find_stories(real_files(), paths.tracking(), filter);
    if (!found) return refused(found.error());
    // The reports that it caused have stories of their own.
    std::erase_if(found->records, [&](const Record& r) { return !same_word(r.id, id); });
    keep_seen(found->records, request.caller);
    if (found->records.empty())
        return Response::error(
            bad_request("no message " + printable(id, 80) + " stands below " + paths.tracking()),
            404);
    json::array story, decided;
    std::set<std::string> recipients;
    std::string message_id;
    for (const auto& record : found->records) {
        auto one = record_json(record);
        if (!record.recipient.empty()) recipients.insert(record.recipient);
        if (message_id.empty()) message_id = record.message_id;
        if (const auto* facts = one.if_contains("decided")) {
            json::object row = facts->as_object();
            row["recipient"] = printable(record.recipient);
            decided.push_back(std::move(row));
        }
        story.push_back(std::move(one));
    }
    json::array to;
    for (const auto& recipient : recipients)
        to.emplace_back(printable(recipient));
    const auto& first = found->records.front();
    json::value waits = nullptr;
    if (in_queue) waits = in_queue(first.id);
    return Response::json(json::object{{"message", first.id},
                                       {"message_id", printable(message_id)},
                                       {"sender", printable(first.sender)},
                                       {"octets", first.octets},
                                       {"recipients", std::move(to)},
                                       {"story", std::move(story)},
                                       {"decided", std::move(decided)},
                                       {"in_queue", waits}});
}

}  // namespace

void keep_seen(std::vector<Record>& records, const Caller& caller)
{
    if (std::ranges::any_of(records, [&](const Record& r) { return caller.sees(r.sender); }))
        return;
    std::erase_if(records, [&](const Record& r) {
        return !r.recipient.empty() && !caller.sees(r.recipient);
    });
    if (std::ranges::none_of(records, [&](const Record& r) { return caller.sees(r.recipient); }))
        records.clear();
}

void add_track_api(Desk& desk, InQueue in_queue, std::size_t most_messages)
{
    const auto paths = desk.paths();
    desk.read(
        "/api/v1/track",
        [paths, most_messages](const Request& r) { return search(paths, r, most_messages); },
        Role::help_desk);
    desk.read(
        "/api/v1/track/{id}",
        [paths, in_queue = std::move(in_queue)](const Request& r) {
            return show(paths, in_queue, r);
        },
        Role::help_desk);
}

}  // namespace imc::admin
