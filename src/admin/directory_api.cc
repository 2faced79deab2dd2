#include "admin/directory_api.h"

#include "admin/directory_change.h"
#include "base/text.h"
#include "config/open_people.h"
#include "directory/filter.h"
#include "directory/ldif.h"
#include "directory/schema.h"
#include "directory/search.h"

#include <algorithm>
#include <set>

namespace imc::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t most_children = 200'000;
constexpr std::size_t most_found = 10'000;
constexpr std::size_t most_exported = 1'000'000;

bool of_people(const Request& request) { return request.first("people") == "true"; }

/// Asked of what may have something below it; of people nobody asks.
bool may_have_children(std::string_view kind)
{
    return kind != "mailbox" && kind != "contact" && kind != "list" && kind != "domain-profile";
}

json::value has_children(const Place& place, const Entry& entry, Deadline deadline)
{
    if (!may_have_children(kind_of(entry))) return false;
    const auto below =
        place.directory->search(entry.dn, Scope::one_level, "(objectClass=*)", deadline, 1);
    return below ? !below->empty() : is_more_than_asked(below.error());
}

std::string display_of(const Entry& entry)
{
    const auto name = entry.first("displayName");
    if (!name.empty()) return std::string{name};
    return entry.dn.is_root() ? std::string{} : entry.dn.rdns().front().front().value;
}

/// Offsets into a list that is sorted anew each time.
std::string cut(std::vector<Entry>& all, const PageAsked& page, std::size_t from)
{
    std::vector<std::pair<std::string, std::size_t>> order;
    for (const auto& entry : all)
        order.emplace_back(lower(display_of(entry)) + '\0' + entry.dn.normalized(), order.size());
    const auto last =
        from < order.size() ? from + std::min(page.limit, order.size() - from) : std::size_t{0};
    std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(last));
    std::vector<Entry> some;
    for (std::size_t i = from; i < order.size() && some.size() < page.limit; ++i)
        some.push_back(std::move(all[order[i].second]));
    const auto next = from + some.size();
    const bool more = next < order.size();
    all = std::move(some);
    return more ? std::to_string(next) : std::string{};
}

Response tree(const Paths& paths, const Request& request)
{
    const auto deadline = after(desk_patience);
    const auto page = page_asked(request);
    if (!page) return refused(page.error());
    const auto from = page->after.empty() ? 0 : parse_number(page->after);
    if (!from) return bad("after: not a cursor of this list");
    const auto place = open_place(paths, of_people(request), deadline);
    if (!place) return refused(place.error());
    const auto dn = name_in(*place, request.first("dn"), deadline);
    if (!dn) return refused(dn.error());
    auto found =
        place->directory->search(*dn, Scope::one_level, "(objectClass=*)", deadline, most_children);
    if (!found) return refused(found.error());
    const auto next = cut(*found, *page, *from);
    json::array children;
    for (const auto& entry : *found) {
        auto one = summary_json(entry);
        one["has_children"] = has_children(*place, entry, deadline);
        children.push_back(std::move(one));
    }
    auto out = Response::json(json::object{{"dn", dn->to_rfc4514()},
                                           {"base", place->base.to_rfc4514()},
                                           {"children", std::move(children)}});
    if (!next.empty()) out.headers.emplace_back("imc-next", next);
    return out;
}

const char* syntax_name(Syntax syntax)
{
    switch (syntax) {
    case Syntax::text: return "text";
    case Syntax::exact: return "exact";
    case Syntax::dn: return "dn";
    case Syntax::integer: return "integer";
    case Syntax::boolean: return "boolean";
    case Syntax::octets: return "octets";
    }
    return "text";
}

json::object attribute_json(std::string_view name, std::span<const std::string> values)
{
    const auto* rule = find_attribute(name);
    return {{"name", name},
            {"values", values_json(name, values)},
            {"text", rule != nullptr ? rule->text : std::string_view{}},
            {"type", rule != nullptr ? syntax_name(rule->syntax) : "text"},
            {"single", rule != nullptr && rule->single},
            {"secret", is_secret(name)},
            {"set", !values.empty()}};
}

json::array attributes_json(const Entry& entry)
{
    json::array out;
    for (const auto& [name, values] : entry.attributes)
        out.push_back(attribute_json(name, values));
    std::set<std::string, LessWord> unset;
    for (const auto& name : entry.all("objectClass"))
        if (const auto* rule = find_class(name))
            for (const auto list : {rule->must, rule->may})
                for (const auto word : split(list, ' '))
                    if (!word.empty() && entry.all(word).empty()) unset.emplace(word);
    for (const auto& name : unset)
        out.push_back(attribute_json(name, {}));
    return out;
}

Response show(const Paths& paths, const Request& request)
{
    const auto deadline = after(desk_patience);
    const bool people = of_people(request);
    const auto place = open_place(paths, people, deadline);
    if (!place) return refused(place.error());
    const auto dn = name_in(*place, request.first("dn"), deadline);
    if (!dn) return refused(dn.error());
    const auto answer = place->directory->read(*dn, deadline);
    if (const auto* silent = std::get_if<CannotSay>(&answer)) return refused(silent->reason);
    const auto* entry = std::get_if<Entry>(&answer);
    if (entry == nullptr)
        return refused(Error{EventId::directory_no_such_object,
                             dn->is_root() ? "the top of the directory is no object; dn= expected"
                                           : dn->to_rfc4514()});
    auto out = summary_json(*entry);
    out["x500"] = entry->dn.to_x500();
    out["directory_name"] =
        entry->dn.is_root() ? std::string{} : entry->dn.rdns().front().front().value;
    out["display_name"] = entry->first("displayName");
    out["attributes"] = attributes_json(*entry);
    out["ldif"] = to_ldif(*entry);
    out["writable"] = !people;
    return Response::json(out);
}

/// Of the class that objects of a kind have; empty: not one class.
std::string class_filter(std::string_view kind)
{
    constexpr std::pair<std::string_view, std::string_view> classes[] = {
        {"organization", "(objectClass=organization)"},
        {"site", "(objectClass=organizationalUnit)"},
        {"container", "(objectClass=imcContainer)"},
        {"server", "(objectClass=imcServer)"},
        {"connector", "(objectClass=imcConnector)"},
        {"site-addressing", "(objectClass=imcSiteAddressing)"},
        {"mailbox", "(objectClass=imcMailbox)"},
        {"contact", "(objectClass=imcContact)"},
        {"list", "(objectClass=imcList)"},
        {"domain-profile", "(objectClass=imcDomainProfile)"}};
    for (const auto& [name, filter] : classes)
        if (name == kind) return std::string{filter};
    return {};
}

bool asks_for_a_secret(const Filter& filter)
{
    return is_secret(filter.attribute) || std::ranges::any_of(filter.parts, asks_for_a_secret);
}

/// Who is found by a secret has told it.
Result<std::string> filter_said(const std::string& text)
{
    const auto filter = Filter::parse(text);
    if (!filter) return filter.error();
    if (asks_for_a_secret(*filter))
        return bad_request("filter: it names a secret attribute, by which nobody is found here");
    return filter->to_string();
}

Result<std::string> filter_of(const Request& request)
{
    const auto kind = request.first("kind");
    const auto classes = kind.empty() ? std::string{"(objectClass=*)"} : class_filter(kind);
    if (classes.empty()) return bad_request("kind: no such kind: " + printable(kind, 40));
    if (const auto filter = request.first("filter"); !filter.empty())
        return filter_said("(&" + classes +
                           (filter.starts_with('(') ? filter : "(" + filter + ")") + ")");
    const auto text = request.first("text");
    if (text.empty()) return "(&" + classes + "(objectClass=*))";
    const auto value = "*" + escape_filter_value(text) + "*";
    std::string any;
    for (const char* name : {"cn", "o", "ou", "displayName", "mailNickname", "givenName", "sn",
                             "mail", "proxyAddresses"})
        any += std::string{"("} + name + "=" + value + ")";
    return "(&" + classes + "(|" + any + "))";
}

Response search(const Paths& paths, const Request& request)
{
    const auto deadline = after(desk_patience);
    const auto page = page_asked(request);
    if (!page) return refused(page.error());
    const auto from = page->after.empty() ? 0 : parse_number(page->after);
    if (!from) return bad("after: not a cursor of this list");
    const auto filter = filter_of(request);
    if (!filter) return refused(filter.error());
    const auto place = open_place(paths, of_people(request), deadline);
    if (!place) return refused(place.error());
    const auto base = name_in(*place, request.first("base"), deadline);
    if (!base) return refused(base.error());
    auto found = place->directory->search(*base, Scope::subtree, *filter, deadline, most_found);
    if (!found) return refused(found.error());
    const auto next = cut(*found, *page, *from);
    Lines out;
    for (const auto& entry : *found) {
        auto one = summary_json(entry);
        one["mail"] = entry.first("mail");
        out.add(one);
    }
    return out.answer(next);
}

Response export_all(const Paths& paths, const Request& request)
{
    const auto deadline = after(desk_patience);
    const auto place = open_place(paths, false, deadline);
    if (!place) return refused(place.error());
    const auto base = name_in(*place, request.first("dn"), deadline);
    if (!base) return refused(base.error());
    auto found =
        place->directory->search(*base, Scope::subtree, "(objectClass=*)", deadline, most_exported);
    if (!found) return refused(found.error());
    Response out;
    out.content_type = "text/plain; charset=utf-8";
    out.headers.emplace_back("content-disposition", "attachment; filename=\"directory.ldif\"");
    out.body = "version: 1\n\n";
    for (auto& entry : *found) {
        // The service's own note; elsewhere it would be the number of another's generation.
        entry.attributes.erase("imcGeneration");
        out.body += to_ldif(entry);
    }
    return out;
}

}  // namespace

Result<Place> open_place(const Paths& paths, bool people, Deadline deadline)
{
    if (people) {
        auto opened = config::open_people(paths);
        if (!opened) return opened.error();
        return Place{std::move(opened->ours), std::move(opened->base)};
    }
    auto opened = config::open_directory(paths, deadline);
    if (!opened) return opened.error();
    const auto base = config::directory_base(paths);
    if (!base) return base.error();
    return Place{std::move(*opened), *base};
}

Result<Dn> name_in(const Place& place, const std::string& text, Deadline deadline)
{
    if (text.empty()) return place.base;
    if (text.find('=') != std::string::npos) {
        auto dn = Dn::parse(text);
        if (!dn) return dn.error();
        // "/o=..." is completed with the suffix below which o= stands.
        if (text.starts_with('/') && !place.base.is_root() && !dn->is_within(place.base))
            return dn->below(place.base);
        return dn;
    }
    const auto value = escape_filter_value(text);
    const auto found = place.directory->search(
        place.base, Scope::subtree,
        "(|(mailNickname=" + value + ")(proxyAddresses=smtp:" + value + "))", deadline, 20);
    if (!found) return found.error();
    if (found->size() == 1) return found->front().dn;
    const auto said = "\"" + printable(text, 320) + "\"";
    if (found->empty())
        return Error{EventId::directory_no_such_object,
                     "no recipient has the alias or address " + said};
    std::string list;
    for (const auto& entry : *found)
        list += (list.empty() ? "" : "; ") + entry.dn.to_rfc4514();
    return bad_request("more than one object has the alias or address " + said +
                       "; say its DN: " + list);
}

std::string_view kind_of(const Entry& entry)
{
    constexpr std::pair<std::string_view, std::string_view> kinds[] = {
        {"imcMailbox", "mailbox"},
        {"imcContact", "contact"},
        {"imcList", "list"},
        {"imcConnector", "connector"},
        {"imcServer", "server"},
        {"imcSiteAddressing", "site-addressing"},
        {"imcDomainProfile", "domain-profile"},
        {"imcContainer", "container"},
        {"organizationalUnit", "site"},
        {"organization", "organization"},
        {"groupOfNames", "list"},
        {"groupOfUniqueNames", "list"}};
    for (const auto& [object_class, kind] : kinds)
        if (entry.has_class(object_class)) return kind;
    return "other";
}

json::object summary_json(const Entry& entry)
{
    const auto classes = entry.all("objectClass");
    const auto whole = entry.dn.to_rfc4514();
    const auto parent = entry.dn.parent().to_rfc4514();
    const auto rdn = parent.empty() ? whole : whole.substr(0, whole.size() - parent.size() - 1);
    return {{"dn", whole},
            {"rdn", rdn},
            {"display", display_of(entry)},
            {"kind", kind_of(entry)},
            {"classes", to_array(classes)}};
}

void add_directory_api(Desk& desk)
{
    const auto paths = desk.paths();
    desk.read("/api/v1/directory/tree", [paths](const Request& r) { return tree(paths, r); });
    desk.read("/api/v1/directory/entry", [paths](const Request& r) { return show(paths, r); });
    desk.read("/api/v1/directory/search", [paths](const Request& r) { return search(paths, r); });
    // All people at once is more than looking something up.
    desk.read(
        "/api/v1/directory/export", [paths](const Request& r) { return export_all(paths, r); },
        Role::administrator);
    add_directory_changes_api(desk);
}

}  // namespace imc::admin
