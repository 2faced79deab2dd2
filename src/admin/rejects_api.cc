#include "admin/track_api.h"

#include "admin/events_api.h"
#include "admin/newest_first.h"
#include "admin/track_words.h"
#include "base/files.h"
#include "config/network.h"
#include "tracking/search.h"

namespace imc::admin {

namespace json = boost::json;

namespace {

using tracking::Rejection;

constexpr std::size_t slack = 1000;  // records that are not in the order of their times

Result<tracking::RejectFilter> filter_of(const Request& request)
{
    tracking::RejectFilter out;
    out.recipient = request.first("recipient");
    out.sender = request.first("sender");
    out.rule = request.first("rule");
    const auto since = time_asked(request, "since");
    if (!since) return since.error();
    const auto until = time_asked(request, "until");
    if (!until) return until.error();
    out.since = *since;
    out.until = *until;
    if (const auto text = request.first("code"); !text.empty()) {
        const auto code = tracking::parse_code(text);
        if (!code)
            return bad_request("code: \"" + printable(text, 40) +
                               "\" is no code; 8 letters and digits expected, such as 7K3M9QXB");
        out.code = *code;
    }
    if (const auto text = request.first("peer"); !text.empty()) {
        const auto network = config::Network::parse(text);
        if (!network) return bad_request("peer: " + network.error().detail());
        out.peer = [network = *network](const std::string& address) {
            return network.contains(address);
        };
    }
    return out;
}

Response list(const Paths& paths, const Request& request)
{
    auto filter = filter_of(request);
    if (!filter) return refused(filter.error());
    const auto page = page_asked(request);
    if (!page) return refused(page.error());
    std::optional<TimeCursor> from;
    if (!page->after.empty()) {
        from = parse_cursor(page->after);
        if (!from) return bad("after: not a cursor of this list");
        if (!filter->until || from->time < *filter->until) filter->until = from->time;
    }
    filter->also = [&request](const Rejection& r) { return is_seen(r, request.caller); };
    // Strangers fill the journal; no more of it than the page needs is in memory, which is mail's.
    filter->last = page->limit + (from ? from->given : 0) + 1 + slack;
    auto found = tracking::find_rejections(real_files(), paths.rejects(), *filter);
    if (!found) return refused(found.error());
    auto& all = found->rejections;
    const auto next = cut_page(all, from, page->limit, [](const Rejection& r) { return r.time; });
    Lines out;
    for (const auto& rejection : all)
        out.add(rejection_json(rejection));
    return out.answer(next);
}

Response show(const Paths& paths, const Request& request)
{
    const auto& text = request.parameters.at("code");
    const auto code = tracking::parse_code(text);
    const auto none = [&] {
        return Response::error(bad_request("no refusal with the code " + printable(text, 40) +
                                           " is kept; older than RejectJournalDays are gone"),
                               404);
    };
    if (!code) return none();
    tracking::RejectFilter filter;
    filter.code = *code;
    const auto found = tracking::find_rejections(real_files(), paths.rejects(), filter);
    if (!found) return refused(found.error());
    if (found->rejections.empty() || !is_seen(found->rejections.front(), request.caller))
        return none();
    const auto& rejection = found->rejections.front();
    auto out = rejection_json(rejection);
    out["status"] = nullptr;
    // "550 5.1.1 No such recipient"
    const auto words = split(rejection.reply, ' ');
    if (words.size() > 1)
        if (const auto status = find_status(words[1])) out["status"] = status_json(*status);
    return Response::json(out);
}

}  // namespace

bool is_seen(const Rejection& rejection, const Caller& caller)
{
    if (caller.sees("")) return true;
    if (rejection.sender && caller.sees(*rejection.sender)) return true;
    return std::ranges::any_of(rejection.recipients,
                               [&](const auto& address) { return caller.sees(address); });
}

void add_rejects_api(Desk& desk)
{
    const auto paths = desk.paths();
    desk.read(
        "/api/v1/rejects", [paths](const Request& r) { return list(paths, r); }, Role::help_desk);
    desk.read(
        "/api/v1/rejects/{code}", [paths](const Request& r) { return show(paths, r); },
        Role::help_desk);
}

}  // namespace imc::admin
