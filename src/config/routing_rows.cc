#include "config/routing.h"

#include "base/text.h"
#include "config/config.h"
#include "config/parse.h"
#include "mail/address.h"

#include <algorithm>
#include <utility>

namespace imc::config {
namespace {

std::string shown(std::string_view text) { return "\"" + printable(text, 200) + "\""; }

Error bad_space(std::string_view row, const std::string& what)
{
    return {EventId::address_space_unreadable,
            "row " + shown(row) + ": " + what +
                "; TYPE:PATTERN;COST;SCOPE expected, as in SMTP:*@example.org;1;organization"};
}

Error bad_row(std::string_view row, std::size_t column, const std::string& what)
{
    return {EventId::routing_row_unreadable,
            "row " + shown(row) + ", column " + std::to_string(column) + ": " + what +
                "; [#]DOMAIN;inbound[;accept], DOMAIN;rewrite;DOMAIN, "
                "DOMAIN;relay;HOST[:PORT][,HOST...], DOMAIN;shared;HOST[:PORT][,HOST...][;accept], "
                "DOMAIN;dns or DOMAIN;reject;TEXT expected"};
}

bool is_type(std::string_view text)
{
    const auto fits = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    };
    return !text.empty() && text.size() <= 16 && std::ranges::all_of(text, fits);
}

/// A name in a row; one trailing dot only says that it is absolute (Q153655).
Result<std::string> name_in_row(std::string_view text)
{
    if (text.ends_with('.')) text.remove_suffix(1);
    return parse_domain(text);
}

/// Takes "always" or "never" off the end of the columns.
RowRelay take_relay(std::vector<std::string_view>& columns, std::size_t at)
{
    if (columns.size() != at + 1) return RowRelay::inherit;
    const auto word = trim(columns.back());
    const auto relay = same_word(word, "always")  ? RowRelay::always
                       : same_word(word, "never") ? RowRelay::never
                                                  : RowRelay::inherit;
    if (relay != RowRelay::inherit) columns.pop_back();
    return relay;
}

/// Takes "defer" or "accept" off the end of the columns.
WhenSilent take_when_silent(std::vector<std::string_view>& columns, std::size_t at)
{
    if (columns.size() <= at) return WhenSilent::defer;
    const auto word = trim(columns.back());
    const bool accept = same_word(word, "accept");
    if (accept || same_word(word, "defer")) columns.pop_back();
    return accept ? WhenSilent::accept : WhenSilent::defer;
}

Result<std::vector<Host>> hosts_in_row(std::string_view row, std::string_view text)
{
    std::vector<Host> out;
    for (const auto piece : split(text, ',')) {
        auto host = parse_host(piece, 25);
        if (!host) return bad_row(row, 3, host.error().detail());
        out.push_back(std::move(*host));
    }
    return out;
}

/// With the letters of a domain as they are compared: A-labels. Empty: a label that is none.
std::string smtp_pattern(std::string_view pattern)
{
    auto out = lower(pattern);
    if (std::ranges::all_of(out, [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
        return out;
    const auto at = out.rfind('@');
    const auto begin = at == out.npos ? 0 : at + 1;
    std::string domain;
    bool first = true;
    for (const auto label : split(std::string_view{out}.substr(begin), '.')) {
        if (!std::exchange(first, false)) domain += '.';
        const bool plain =
            std::ranges::all_of(label, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
        // Which A-labels "b*er" would be nobody can say: they are another spelling.
        const auto ascii = plain ? std::string{label} : mail::canonical_domain(label);
        if (ascii.empty() && !label.empty()) return {};
        if (!plain && label.find('*') != label.npos) return {};
        domain += ascii;
    }
    return out.substr(0, begin) + domain;
}

}  // namespace

std::string_view to_string(AddressSpace::Scope scope)
{
    switch (scope) {
    case AddressSpace::Scope::organization: return "organization";
    case AddressSpace::Scope::site: return "site";
    case AddressSpace::Scope::location: return "location";
    }
    return "?";
}

std::string_view to_string(RoutingRow::Action action)
{
    using enum RoutingRow::Action;
    switch (action) {
    case inbound: return "inbound";
    case rewrite: return "rewrite";
    case relay: return "relay";
    case dns: return "dns";
    case shared: return "shared";
    case reject: return "reject";
    }
    return "?";
}

Result<AddressSpace> parse_address_space(std::string_view text)
{
    AddressSpace out;
    out.text = std::string{text};
    if (text.size() > 1024) return bad_space(text, "more than 1024 octets");
    if (std::ranges::any_of(text, is_control)) return bad_space(text, "a control character");
    const auto last = text.rfind(';');
    const auto before = last == text.npos || last == 0 ? text.npos : text.rfind(';', last - 1);
    if (before == text.npos) return bad_space(text, "cost and scope are missing");
    const auto scope = trim(text.substr(last + 1));
    if (same_word(scope, "organization"))
        out.scope = AddressSpace::Scope::organization;
    else if (same_word(scope, "site"))
        out.scope = AddressSpace::Scope::site;
    else if (same_word(scope, "location"))
        out.scope = AddressSpace::Scope::location;
    else
        return bad_space(text, "scope " + shown(scope) +
                                   " found, organization, site or location expected");
    const auto cost = trim(text.substr(before + 1, last - before - 1));
    const auto number = parse_number(cost);
    if (!number || *number < 1 || *number > 100)
        return bad_space(text, "cost " + shown(cost) + " found, 1 to 100 expected");
    out.cost = static_cast<unsigned>(*number);
    const auto address = text.substr(0, before);
    const auto colon = address.find(':');
    const auto type = trim(address.substr(0, std::min(colon, address.size())));
    if (colon == address.npos || !is_type(type))
        return bad_space(text, "type " + shown(type) + " found, such as SMTP: or X400: expected");
    out.type = upper(type);
    const auto pattern = trim(address.substr(colon + 1));
    out.pattern = out.type == "SMTP" ? smtp_pattern(pattern) : std::string{pattern};
    if (out.pattern.empty() && !pattern.empty())
        return bad_space(text,
                         "pattern " + shown(pattern) +
                             " has a domain without a form in ASCII, or a '*' in a label with "
                             "other letters");
    return out;
}

std::string address_space_doubt(const AddressSpace& space)
{
    const auto& pattern = space.pattern;
    if (space.type != "SMTP" || pattern.empty() || pattern.find('*') != pattern.npos) return {};
    const auto at = pattern.rfind('@');
    if (at == pattern.npos || at == 0)
        return "the whole address is compared with the pattern, so this one matches nobody "
               "(Q229961)";
    return {};
}

Result<RoutingRow> parse_routing_row(std::string_view text)
{
    using enum RoutingRow::Action;
    if (text.size() > 2048) return bad_row(text, 1, "more than 2048 octets");
    if (std::ranges::any_of(text, is_control)) return bad_row(text, 1, "a control character");
    auto columns = split(text, ';');
    RoutingRow out;
    out.text = std::string{text};
    auto domain = trim(columns[0]);
    if (domain.starts_with('#')) {
        out.exact = true;
        domain.remove_prefix(1);
    }
    auto name = name_in_row(domain);
    if (!name) return bad_row(text, 1, name.error().detail());
    out.domain = std::move(*name);
    if (columns.size() < 2) return bad_row(text, 2, "one column found");
    const auto action = trim(columns[1]);
    if (same_word(action, "reject")) {
        out.action = reject;
        if (columns.size() > 2) {  // what the client reads may hold ';'
            const auto from = static_cast<std::size_t>(columns[2].data() - text.data());
            out.reason = std::string{trim(text.substr(from))};
        }
        if (out.reason.size() > 400) return bad_row(text, 3, "a text of more than 400 octets");
        return out;
    }
    const bool inbound_row = same_word(action, "inbound") || same_word(action, "<inbound>");
    const bool with_argument =
        same_word(action, "rewrite") || same_word(action, "relay") || same_word(action, "shared");
    if (!inbound_row && !with_argument && !same_word(action, "dns"))
        return bad_row(text, 2, "action " + shown(action) + " found");
    const std::size_t expected = with_argument ? 3 : 2;
    if (inbound_row || same_word(action, "shared"))
        out.when_silent = take_when_silent(columns, expected);
    if (!inbound_row) out.relay = take_relay(columns, expected);
    if (columns.size() != expected)
        return bad_row(text, std::min(columns.size(), expected + 1),
                       std::to_string(columns.size()) + " columns found, " +
                           std::to_string(expected) + " expected with " + std::string{action});
    if (!with_argument) {
        out.action = inbound_row ? inbound : dns;
        return out;
    }
    const auto argument = trim(columns[2]);
    if (same_word(action, "rewrite")) {
        out.action = rewrite;
        auto target = name_in_row(argument.starts_with('@') ? argument.substr(1) : argument);
        if (!target) return bad_row(text, 3, target.error().detail());
        out.target = std::move(*target);
        return out;
    }
    out.action = same_word(action, "relay") ? relay : shared;
    auto hosts = hosts_in_row(text, argument);
    if (!hosts) return hosts.error();
    out.hosts = std::move(*hosts);
    return out;
}

bool is_own_listener(const Config& config, const Host& host)
{
    const auto is_own = [&config](const std::string& name) {
        return std::ranges::find(config.own_addresses, name) != config.own_addresses.end();
    };
    const bool by_name = same_word(host.name, config.host_name);
    return std::ranges::any_of(config.listeners, [&](const ListenerSetting& listener) {
        if (listener.port != host.port) return false;
        const bool any = listener.address == "0.0.0.0" || listener.address == "::";
        return by_name || listener.address == host.name || (any && is_own(host.name));
    });
}

std::string rewriting_circle(const RoutingTable& rows, const RoutingRow& from,
                             std::unordered_set<const RoutingRow*>* ending)
{
    std::unordered_set<const RoutingRow*> seen;
    std::string path = from.domain;
    const RoutingRow* row = &from;
    while (row != nullptr && row->action == RoutingRow::Action::rewrite) {
        if (ending != nullptr && ending->contains(row)) break;
        if (!seen.insert(row).second) return path;
        path += ", " + row->target;
        row = find_routing_row(rows, row->target);
    }
    if (ending != nullptr) ending->merge(seen);
    return {};
}

}  // namespace imc::config
