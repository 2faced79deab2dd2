#include "admin/set_aside_api.h"

#include "admin/shown_message.h"
#include "base/files.h"
#include "base/text.h"
#include "registry/store.h"
#include "store/quarantine.h"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace imc::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t most_of_a_text = 64 << 10;
constexpr std::size_t most_of_a_field = 2000;

store::Quarantine quarantine(const Paths& paths)
{
    return store::Quarantine{real_files(), quarantine_folder(paths)};
}

spool::Badmail badmail(const Paths& paths) { return {real_files(), paths.badmail()}; }

void add_text(json::object& out, const std::string& text)
{
    out["headers"] = shown_headers(text, most_of_a_field);
    out["text"] = shown_lines(std::string_view{text}.substr(0, most_of_a_text));
    out["cut"] = text.size() > most_of_a_text;
}

template <class Message>
Result<std::string> cut(std::vector<Message>& all, const Request& request)
{
    const auto page = page_asked(request);
    if (!page) return page.error();
    const auto from = page->after.empty() ? 0 : parse_number(page->after);
    if (!from) return bad_request("after: not a cursor of this list");
    std::ranges::reverse(all);
    const auto begin = std::min<std::size_t>(*from, all.size());
    const auto end = std::min(begin + page->limit, all.size());
    const bool more = end < all.size();
    std::vector<Message> some(std::make_move_iterator(all.begin() + static_cast<long>(begin)),
                              std::make_move_iterator(all.begin() + static_cast<long>(end)));
    all = std::move(some);
    return more ? std::to_string(end) : std::string{};
}

json::object record_json(const store::Quarantined& message)
{
    boost::system::error_code failure;
    auto value = json::parse(store::to_json_line(message), failure);
    return failure || !value.is_object() ? json::object{{"id", message.id}} : value.get_object();
}

Response list_quarantine(const Paths& paths, const Request& request)
{
    auto all = quarantine(paths).list();
    const auto next = cut(all, request);
    if (!next) return refused(next.error());
    Lines out;
    for (const auto& message : all)
        out.add(record_json(message));
    return out.answer(*next);
}

Response show_quarantine(const Paths& paths, const Request& request)
{
    const auto folder = quarantine(paths);
    const auto& id = request.parameters.at("id");
    const auto found = folder.find(id);
    if (!found) return refused(found.error());
    auto out = record_json(*found);
    const auto text = folder.text(id);
    if (!text) return refused(text.error());
    add_text(out, *text);
    return Response::json(out);
}

Prepared delete_quarantine(const Paths& paths, const Request& request)
{
    const auto id = request.parameters.at("id");
    const auto found = quarantine(paths).find(id);
    if (!found) return {refused(found.error())};
    if (request.dry_run()) return {Response::json(dry_answer("would be deleted: " + id))};
    Prepared out;
    out.note = {"quarantine.delete", id, json::value(record_json(*found)), nullptr, ""};
    out.carry_out = [paths, id] {
        const auto gone = quarantine(paths).remove(id);
        if (!gone) return refused(gone.error());
        return Response::json(change_answer(id + " deleted", "", paths));
    };
    return out;
}

Response list_badmail(const Paths& paths, const Request& request)
{
    auto all = badmail(paths).list();
    const auto next = cut(all, request);
    if (!next) return refused(next.error());
    Lines out;
    for (const auto& message : all)
        out.add(bad_message_json(message));
    return out.answer(*next);
}

Response show_badmail(const Paths& paths, const Request& request)
{
    const auto folder = badmail(paths);
    const auto& id = request.parameters.at("id");
    const auto found = folder.find(id);
    if (!found) return refused(found.error());
    auto out = bad_message_json(*found);
    const auto text = folder.text(id);
    if (!text) return refused(text.error());
    add_text(out, *text);
    return Response::json(out);
}

Prepared delete_badmail(const Paths& paths, const Request& request)
{
    const auto id = request.parameters.at("id");
    const auto found = badmail(paths).find(id);
    if (!found) return {refused(found.error())};
    if (request.dry_run()) return {Response::json(dry_answer("would be deleted: " + id))};
    Prepared out;
    out.note = {"badmail.delete", id, json::value(bad_message_json(*found)), nullptr, ""};
    out.carry_out = [paths, id] {
        const auto gone = badmail(paths).remove(id);
        if (!gone) return refused(gone.error());
        return Response::json(change_answer(id + " deleted", "", paths));
    };
    return out;
}

}  // namespace

json::object bad_message_json(const spool::BadMessage& m)
{
    json::array recipients;
    for (std::size_t i = 0; i < m.states.size(); ++i)
        recipients.push_back(
            json::object{{"address", printable(m.envelope.recipients[i].address, 1000)},
                         {"waits", m.states[i].outcome == spool::Outcome::waiting},
                         {"attempts", m.states[i].attempts},
                         {"last_status", printable(m.states[i].last_status, 100)},
                         {"last_reply", printable(m.states[i].last_reply, 2000)}});
    return {{"id", m.id.to_string()},
            {"set_aside_at", printable(m.set_aside_at, 100)},
            {"octets", m.octets},
            {"sender", printable(m.envelope.sender, 1000)},
            {"recipients", std::move(recipients)},
            {"why", printable(m.why, 1000)}};
}

std::string quarantine_folder(const Paths& paths)
{
    if (const auto document = registry::load(paths.registry()))
        if (const auto* found = document->find(registry::parameters_key, "TurfDir"))
            if (const auto text = found->value.as_text(); text && text->starts_with('/'))
                return *text;
    return paths.quarantine();
}

void add_set_aside_api(Desk& desk)
{
    const auto paths = desk.paths();
    desk.read("/api/v1/quarantine",
              [paths](const Request& r) { return list_quarantine(paths, r); });
    // The text of mail is not for who only looks.
    desk.read(
        "/api/v1/quarantine/{id}", [paths](const Request& r) { return show_quarantine(paths, r); },
        Role::operates);
    desk.change(
        "DELETE", "/api/v1/quarantine/{id}",
        [paths](const Request& r) { return delete_quarantine(paths, r); }, Role::operates);
    desk.read("/api/v1/badmail", [paths](const Request& r) { return list_badmail(paths, r); });
    desk.read(
        "/api/v1/badmail/{id}", [paths](const Request& r) { return show_badmail(paths, r); },
        Role::operates);
    desk.change(
        "DELETE", "/api/v1/badmail/{id}",
        [paths](const Request& r) { return delete_badmail(paths, r); }, Role::operates);
}

}  // namespace imc::admin
