#include "admin/request.h"

#include "base/text.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    const char l = to_lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool is_yes(std::string_view word) { return word == "true" || word == "1"; }
bool is_no(std::string_view word) { return word == "false" || word == "0"; }

std::string first_of(const std::multimap<std::string, std::string>& in, const std::string& name)
{
    const auto found = in.find(name);
    return found == in.end() ? std::string{} : found->second;
}

std::string answered_text(const json::object& object, const char* name)
{
    const auto* found = object.if_contains(name);
    const auto* text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string{} : std::string{*text};
}

/// Of an answer that names its way back. Nothing: it has none, or is no such answer.
std::optional<Change> outcome_of(const Change& change, const std::string& answer)
{
    boost::system::error_code flaw;
    const auto value = json::parse(answer, flaw);
    const auto* object = flaw ? nullptr : value.if_object();
    if (object == nullptr) return {};
    const auto undo = answered_text(*object, "undo");
    if (undo.empty()) return {};
    return Change{change.action, change.object, nullptr,
                  json::value(answered_text(*object, "done")), undo};
}

}  // namespace

std::string Request::first(const std::string& name) const { return first_of(query, name); }
std::string Request::header(const std::string& name) const { return first_of(headers, name); }

bool Request::dry_run() const
{
    const auto [begin, end] = query.equal_range("dry_run");
    if (std::any_of(begin, end, [](const auto& said) { return is_yes(said.second); })) return true;
    const auto* object = body.if_object();
    const auto* flag = object == nullptr ? nullptr : object->if_contains("dry_run");
    return flag != nullptr && flag->is_bool() && flag->as_bool();
}

Result<> Request::dry_run_is_clear() const
{
    const auto [begin, end] = query.equal_range("dry_run");
    for (auto said = begin; said != end; ++said)
        if (!is_yes(said->second) && !is_no(said->second))
            return Error{EventId::admin_refused, "dry_run: \"" + printable(said->second, 40) +
                                                     "\" found, true or false expected"};
    const auto* object = body.if_object();
    const auto* flag = object == nullptr ? nullptr : object->if_contains("dry_run");
    if (flag == nullptr || flag->is_bool() || flag->is_null()) return {};
    return Error{EventId::admin_refused, "\"dry_run\": true or false expected"};
}

std::string Request::by() const
{
    if (caller.by == Caller::By::nobody || caller.by == Caller::By::socket)
        return "uid=" + std::to_string(uid);
    // One word, as the spool keeps it: of "root (uid 0)", who signed in by a link, the name.
    return (caller.by == Caller::By::token ? "token=" : "account=") +
           caller.account.substr(0, caller.account.find(' '));
}

net::awaitable<Result<std::uint64_t>> Request::note(Change change) const
{
    if (auditor == nullptr) co_return std::uint64_t{0};
    auto who = caller;
    auto noted = co_await auditor->note(std::move(who), std::move(change));
    co_return noted;
}

net::awaitable<void> Request::came_to_nothing(std::uint64_t number, std::string why) const
{
    if (auditor == nullptr || number == 0) co_return;
    auto who = caller;
    co_await auditor->came_to_nothing(number, std::move(who), std::move(why));
}

net::awaitable<void> Request::ended(std::uint64_t number, const Change& change,
                                    const Response& response) const
{
    if (auditor == nullptr || number == 0) co_return;
    if (response.status >= 400) {
        std::string why = std::to_string(response.status) + " " + printable(response.body, 300);
        co_await came_to_nothing(number, std::move(why));
        co_return;
    }
    auto outcome = response.came_of;
    if (!outcome && change.undo.empty()) outcome = outcome_of(change, response.body);
    if (!outcome) co_return;
    auto who = caller;
    co_await auditor->came_of(number, std::move(who), std::move(*outcome));
}

Response Response::json(const json::value& value, unsigned status)
{
    return {status, json::serialize(value) + "\n"};
}

Response Response::error(const Error& error, unsigned status)
{
    return json(json::object{{"error", json::object{{"event", static_cast<unsigned>(error.event())},
                                                    {"detail", error.to_string()}}}},
                status);
}

Response Response::lines(std::string body, const std::string& next)
{
    Response out{200, std::move(body), "application/x-ndjson"};
    if (!next.empty()) out.headers.emplace_back("imc-next", next);
    return out;
}

Response Response::events(Streaming stream)
{
    Response out{200, {}, "text/event-stream"};
    out.stream = std::move(stream);
    return out;
}

std::string url_decode(std::string_view text, bool plus_is_space)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 &&
            hex(text[i + 2]) >= 0) {
            out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else {
            out += text[i] == '+' && plus_is_space ? ' ' : text[i];
        }
    }
    return out;
}

std::string url_encode(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view{"-._~"}.find(c) != std::string_view::npos;
        const auto octet = static_cast<unsigned char>(c);
        if (plain)
            out += c;
        else
            out += {'%', digits[octet >> 4U], digits[octet & 15U]};
    }
    return out;
}

}  // namespace imc::admin
