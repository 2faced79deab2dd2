#include "admin/events_api.h"

#include "event/backwards.h"
#include "event/explain.h"
#include "event/record_json.h"

namespace imc::admin {

namespace json = boost::json;

namespace {

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
    std::optional<EventPlace> from;
    if (!page->after.empty()) {
        from = parse_event_place(page->after);
        if (!from)
            return bad("after: \"" + printable(page->after, 80) +
                       "\" found, imc-next of the page before expected; ask again without after");
    }
    const auto found = read_events_back(paths.events(), filter, page->limit, from);
    if (found.lost)
        return bad("after: what it leads to is no longer in the log, which was rotated or removed "
                   "meanwhile; ask again without after");
    std::string body;
    for (const auto& record : found.records)
        body += to_json_line(record) + "\n";
    return Response::lines(std::move(body), found.next ? to_text(*found.next) : std::string{});
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
