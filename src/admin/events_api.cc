#include "admin/events_api.h"

#include "admin/newest_first.h"
#include "event/explain.h"
#include "event/query.h"
#include "event/record_json.h"

namespace imc::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t slack = 64;  // records that are not in the order of their times

Response list(const Paths& paths, const Request& request)
{
    EventFilter filter;
    const auto [first_id, last_id] = request.query.equal_range("id");
    for (auto id = first_id; id != last_id; ++id) {
        const auto number = parse_number(id->second);
        if (!number || *number > 999'999)
            return bad("id: \"" + printable(id->second, 40) +
                       "\" found, the number of an event expected");
        filter.ids.push_back(static_cast<unsigned>(*number));
    }
    const auto [first_type, last_type] = request.query.equal_range("type");
    for (auto type = first_type; type != last_type; ++type)
        filter.types.push_back(type->second);
    filter.category = request.first("category");
    filter.text = request.first("text");
    const auto since = time_asked(request, "since");
    if (!since) return refused(since.error());
    const auto until = time_asked(request, "until");
    if (!until) return refused(until.error());
    const auto page = page_asked(request);
    if (!page) return refused(page.error());
    filter.since = *since;
    filter.until = *until;
    std::optional<TimeCursor> from;
    if (!page->after.empty()) {
        from = parse_cursor(page->after);
        if (!from) return bad("after: not a cursor of this list");
        if (!filter.until || from->time < *filter.until) filter.until = from->time;
    }
    filter.last = page->limit + (from ? from->given : 0) + 1 + slack;
    auto found = read_events(paths.events(), filter);
    const auto next =
        cut_page(found.records, from, page->limit, [](const EventRecord& r) { return r.time; });
    std::string body;
    for (const auto& record : found.records)
        body += to_json_line(record) + "\n";
    return Response::lines(std::move(body), next);
}

json::array steps(std::span<const EventStep> rows)
{
    json::array out;
    for (const auto& row : rows)
        out.push_back(
            json::object{{"text", std::string{row.text}}, {"command", std::string{row.command}}});
    return out;
}

Response explain(const Request& request)
{
    const auto& what = request.parameters.at("what");
    json::array kinds;
    json::value number;
    for (const auto* event : find_events(what)) {
        number = event->number;
        kinds.push_back(event_json(*event));
    }
    const auto status = find_status(what);
    if (kinds.empty() && !status)
        return Response::error(bad_request("nothing is known of \"" + printable(what, 80) + "\""),
                               404);
    json::object out{{"number", number}, {"kinds", std::move(kinds)}, {"status", nullptr}};
    if (status) out["status"] = status_json(*status);
    return Response::json(out);
}

}  // namespace

json::object event_json(const EventInfo& event)
{
    return {
        {"kind", std::string{to_string(event.kind)}}, {"id", event.number},
        {"symbol", std::string{event.symbol}},        {"type", std::string{to_string(event.type)}},
        {"category", std::string{event.category}},    {"template", std::string{event.text}},
        {"meaning", std::string{event.meaning}},      {"causes", steps(event.causes)},
        {"remedies", steps(event.remedies)},          {"kb", std::string{event.kb}}};
}

json::object status_json(const StatusMeaning& status)
{
    return {{"kind", "status"},          {"code", status.code},   {"class", status.kind},
            {"subject", status.subject}, {"title", status.title}, {"text", status.text},
            {"source", status.source}};
}

void add_events_api(Desk& desk)
{
    desk.read("/api/v1/events",
              [paths = desk.paths()](const Request& r) { return list(paths, r); });
    desk.read("/api/v1/events/explain/{what}", explain);
}

}  // namespace imc::admin
