#include "admin/router.h"

#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace imc::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_body = 8 * 1024;  // in the audit log
constexpr unsigned deepest_body = 16;           // a line of more than 32 could not be read back

std::vector<std::string> parts_of(std::string_view path)
{
    std::vector<std::string> out;
    for (const auto part : split(path, '/'))
        if (!part.empty()) out.emplace_back(part);
    return out;
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& path)
{
    return std::ranges::equal(
        pattern, path, [](const auto& p, const auto& q) { return p.starts_with('{') || p == q; });
}

bool begins(std::string_view pattern, std::string_view with)
{
    return pattern.starts_with(with) &&
           (pattern.size() == with.size() || pattern[with.size()] == '/' ||
            pattern[with.size()] == '-');
}

template <std::size_t N>
bool begins_with_any(std::string_view pattern, const std::array<std::string_view, N>& these)
{
    return std::ranges::any_of(these, [&](auto one) { return begins(pattern, one); });
}

bool is_secret(std::string_view key)
{
    const auto small = lower(key);
    constexpr std::array<std::string_view, 4> words{"password", "secret", "token", "passphrase"};
    return std::ranges::any_of(words, [&](auto w) { return small.find(w) != small.npos; });
}

/// {"attribute":"userPassword","values":[...]}: it is the neighbour that says what it is.
bool names_a_secret(const json::object& object)
{
    return std::ranges::any_of(object, [](const auto& member) {
        return (member.key() == "attribute" || member.key() == "name") &&
               member.value().is_string() && is_secret(member.value().as_string());
    });
}

bool holds_what_was_named(std::string_view key)
{
    return key == "value" || key == "values" || key == "data";
}

json::value without_secrets(const json::value& value, unsigned depth = 0)
{
    if (value.is_structured() && depth == deepest_body) return "(deeper)";
    // 1e999 is infinite, and JSON has no word for that.
    if (const auto* number = value.if_double(); number != nullptr && !std::isfinite(*number))
        return "(too large)";
    if (const auto* object = value.if_object()) {
        json::object out;
        const bool named = names_a_secret(*object);
        for (const auto& [key, inner] : *object) {
            const bool hidden = is_secret(key) || (named && holds_what_was_named(key));
            out[key] = hidden ? json::value("(hidden)") : without_secrets(inner, depth + 1);
        }
        return out;
    }
    if (const auto* array = value.if_array()) {
        json::array out;
        for (const auto& inner : *array)
            out.push_back(without_secrets(inner, depth + 1));
        return out;
    }
    return value;
}

}  // namespace

Access usual_access(std::string_view method, std::string_view pattern)
{
    constexpr std::array<std::string_view, 5> of_operators{"/api/v1/queue", "/api/v1/link",
                                                           "/api/v1/quarantine", "/api/v1/badmail",
                                                           "/api/v1/tls-hosts"};
    constexpr std::array<std::string_view, 3> of_help_desk{"/api/v1/track", "/api/v1/rejects",
                                                           "/api/v1/explain"};
    if (method == "GET") {
        const bool is_mail = pattern.ends_with("/text") || pattern.ends_with("/raw") ||
                             pattern.ends_with("/headers");
        if (is_mail) return {Role::operates, Audited::never};
        const bool finds_mail = begins_with_any(pattern, of_help_desk);
        return {finds_mail ? Role::help_desk : Role::view, Audited::never};
    }
    // Its pieces change nothing; what stores it is noted.
    const bool imports = begins(pattern, "/api/v1/queue-imports");
    const bool piece = imports && !pattern.ends_with("/store");
    // What is imported is mail of any sender, past every rule.
    const bool operates = begins_with_any(pattern, of_operators) && !imports;
    const auto role = operates ? Role::operates : Role::administrator;
    return {role, piece ? Audited::never : Audited::by_router};
}

bool is_for_one_domain(std::string_view pattern)
{
    constexpr std::array<std::string_view, 10> these{
        "/api/v1/track",    "/api/v1/rejects", "/api/v1/explain", "/api/v1/events/explain",
        "/api/v1/session",  "/api/v1/state",   "/api/v1/stat",    "/api/v1/rates",
        "/api/v1/overview", "/metrics"};
    return begins_with_any(pattern, these);
}

std::vector<std::string_view> resources_of(const Caller& caller)
{
    constexpr std::array<std::string_view, 15> all{
        "audit", "badmail",  "check", "config",     "directory", "events",  "explain", "live",
        "queue", "overview", "stat",  "quarantine", "registry",  "rejects", "track"};
    std::vector<std::string_view> out;
    for (const auto name : all) {
        const auto pattern = "/api/v1/" + std::string{name};
        if (!caller.may(usual_access("GET", pattern).role)) continue;
        if (!caller.is_of_one_domain() || is_for_one_domain(pattern)) out.push_back(name);
    }
    return out;
}

void Router::add(std::string method, std::string pattern, Handler handler, Access access)
{
    auto parts = parts_of(pattern);
    routes_.push_back(
        {std::move(method), std::move(pattern), std::move(parts), std::move(handler), access});
}

const Route* Router::find(Request& in) const
{
    const auto parts = parts_of(in.path);
    const std::string_view method = in.method == "HEAD" ? "GET" : std::string_view{in.method};
    for (const auto& route : routes_) {
        if (route.method != method || !fits(route.parts, parts)) continue;
        std::map<std::string, std::string> found;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto& pattern = route.parts[i];
            if (pattern.starts_with('{'))
                found[pattern.substr(1, pattern.size() - 2)] = url_decode(parts[i], false);
        }
        in.parameters = std::move(found);
        return &route;
    }
    return nullptr;
}

std::string Router::methods_at(const Request& in) const
{
    const auto parts = parts_of(in.path);
    std::set<std::string> methods;
    for (const auto& route : routes_) {
        if (!fits(route.parts, parts)) continue;
        methods.insert(route.method);
        if (route.method == "GET") methods.insert("HEAD");
    }
    std::string out;
    for (const auto& method : methods)
        out += (out.empty() ? "" : ", ") + method;
    return out;
}

void take_target(std::string_view target, Request& into)
{
    const auto mark = target.find('?');
    into.path = std::string{target.substr(0, mark)};
    if (mark == target.npos) return;
    for (const auto pair : split(target.substr(mark + 1), '&')) {
        const auto equals = pair.find('=');
        if (pair.empty()) continue;
        into.query.emplace(url_decode(pair.substr(0, equals), true),
                           equals == pair.npos ? std::string{}
                                               : url_decode(pair.substr(equals + 1), true));
    }
}

Change change_of(const Request& in, const std::string& pattern)
{
    Change out;
    out.action = in.method + " " + pattern;
    out.object = printable(in.path, 4 * in.path.size());
    if (!in.octets.empty()) {
        out.after = json::object{{"octets", in.octets.size()}};
    } else if (!in.body.is_null()) {
        auto body = without_secrets(in.body);
        const auto size = json::serialize(body).size();
        out.after = size <= longest_body ? std::move(body) : json::object{{"octets", size}};
    }
    if (!in.query.empty()) {
        std::string query;
        for (const auto& [name, value] : in.query)
            query += (query.empty() ? "?" : "&") + url_encode(name) + "=" +
                     (is_secret(name) ? "(hidden)" : url_encode(value));
        out.object += query;
    }
    return out;
}

}  // namespace imc::admin
