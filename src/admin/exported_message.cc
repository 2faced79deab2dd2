#include "admin/exported_message.h"

#include "admin/queue_words.h"
#include "base/text.h"
#include "config/parse.h"
#include "event/record_json.h"
#include "mail/address.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <span>

namespace imc::admin {

namespace json = boost::json;

namespace {

constexpr std::uint64_t format = 1;
constexpr std::size_t most_of_line = 1000;
constexpr std::size_t most_envid = 100;     // RFC 3461 4.4
constexpr std::size_t most_original = 500;  // RFC 3461 4.2

constexpr std::array<std::string_view, 14> keys{
    "imc_queue_export", "id",        "sender",     "arrived_at", "priority",
    "eight_bit",        "smtp_utf8", "envid",      "ret",        "peer",
    "account",          "octets",    "recipients", "sha256"};
constexpr std::array<std::string_view, 9> keys_of_recipient{
    "address", "original", "notify", "route", "held_until", "expires", "deleted", "by", "text"};

Error refused(const std::string& what) { return Error{EventId::admin_refused, what}; }

/// The values of one object, with what was wrong with the first that is not as it must be.
class Values {
public:
    Values(const json::object& object, std::string where)
        : object_{object}, where_{std::move(where)}
    {}

    void only(std::span<const std::string_view> known)
    {
        for (const auto& [key, value] : object_)
            if (std::ranges::find(known, std::string_view{key}) == known.end())
                wrong(key, "a key that is not known found; those of "
                           "docs/formats/queue-export.md expected");
    }
    std::string text(std::string_view key, std::size_t most = most_of_line)
    {
        const auto* const value = object_.if_contains(key);
        if (value == nullptr) return {};
        if (!value->is_string()) return wrong(key, "a text expected"), std::string{};
        std::string out{value->as_string()};
        if (out.size() > most || std::ranges::any_of(out, is_control) || !is_utf8(out))
            wrong(key, "'" + printable(out, 60) + "' found; one line of at most " +
                           std::to_string(most) + " octets expected");
        return out;
    }
    bool flag(std::string_view key)
    {
        const auto* const value = object_.if_contains(key);
        if (value == nullptr) return false;
        if (!value->is_bool()) wrong(key, "true or false expected");
        return value->is_bool() && value->as_bool();
    }
    std::uint64_t number(std::string_view key)
    {
        const auto* const value = object_.if_contains(key);
        boost::system::error_code none;
        const auto out = value == nullptr ? 0 : value->to_number<std::uint64_t>(none);
        if (value != nullptr && none) wrong(key, "a number expected");
        return none ? 0 : out;
    }
    /// {}: not given, or null. "never" where that is allowed.
    WallTime time(std::string_view key, bool never = false)
    {
        const auto* const value = object_.if_contains(key);
        if (value == nullptr || value->is_null()) return {};
        const auto said = text(key);
        if (never && said == "never") return WallTime::max();
        const auto out = parse_time(said, {});
        if (!out || *out <= WallTime{} + std::chrono::hours{24 * 365})
            wrong(key, "'" + printable(said, 60) + "' found; a time like 2026-11-24T12:00:00Z" +
                           (never ? " or never" : "") + " expected");
        return out.value_or(WallTime{});
    }
    void needs(std::string_view key)
    {
        if (!object_.contains(key)) wrong(key, "not there; it must be");
    }
    void wrong(std::string_view key, const std::string& what)
    {
        if (!error_) error_ = refused(where_ + "\"" + printable(key, 40) + "\": " + what);
    }
    const std::optional<Error>& error() const { return error_; }

private:
    const json::object& object_;
    const std::string where_;
    std::optional<Error> error_;
};

bool has_high(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) { return (c & '\x80') != 0; });
}

bool is_original(std::string_view text)
{
    const auto semicolon = text.find(';');
    return text.empty() || (semicolon != text.npos && semicolon > 0 && semicolon + 1 < text.size());
}

void check_address(Values& in, std::string_view key, const std::string& address, bool utf8)
{
    if (const auto parsed = mail::parse_address(address, utf8); !parsed)
        in.wrong(key, "'" + printable(address, 60) + "': " + parsed.error().what);
}

struct ReadRecipient {
    spool::Recipient recipient;
    queue::Terms terms;
};

Result<ReadRecipient> read_recipient(const json::value& said, std::size_t number, bool utf8,
                                     WallTime now)
{
    const auto where = "recipient " + std::to_string(number) + ": ";
    if (!said.is_object()) return refused(where + "an object expected");
    Values in{said.as_object(), where};
    in.only(keys_of_recipient);
    in.needs("address");
    ReadRecipient out;
    out.recipient.address = in.text("address");
    check_address(in, "address", out.recipient.address, utf8);
    out.recipient.original = in.text("original", most_original);
    if (!is_original(out.recipient.original))
        in.wrong("original", "'" + printable(out.recipient.original, 60) +
                                 "' found; type;address expected (RFC 3461)");
    const auto notify = in.number("notify");
    if (notify > 14 || (notify != 1 && notify % 2 != 0))
        in.wrong("notify",
                 std::to_string(notify) + " found; 0, 1, or a sum of 2, 4 and 8 expected");
    out.recipient.notify = static_cast<std::uint8_t>(notify);
    out.recipient.route = in.text("route");
    if (const auto& route = out.recipient.route; !route.empty())
        if (const auto host = config::parse_host(route, 25); !host)
            in.wrong("route", host.error().detail());
    out.terms.held_until = in.time("held_until", true);
    out.terms.expires = in.time("expires");
    out.terms.deleted = in.time("deleted");
    out.terms.by = in.text("by", 100);
    if (out.terms.by.find(' ') != std::string::npos) in.wrong("by", "one word expected");
    out.terms.text = in.text("text");
    if (out.terms.expires != WallTime{} && out.terms.expires <= now && !out.terms.is_deleted())
        in.wrong("expires", to_rfc3339(out.terms.expires) +
                                " is over, so it would be returned at once; a time to come, or no "
                                "such key, expected");
    if (in.error()) return *in.error();
    return out;
}

void read_envelope(Values& in, spool::Envelope& e)
{
    e.sender = in.text("sender");
    e.smtp_utf8 = in.flag("smtp_utf8");
    e.eight_bit = in.flag("eight_bit");
    if (!e.sender.empty()) check_address(in, "sender", e.sender, e.smtp_utf8);
    e.arrived_at = in.time("arrived_at");
    if (e.arrived_at == WallTime{}) in.wrong("arrived_at", "a time expected");
    const auto priority = in.text("priority");
    for (const auto each :
         {spool::Priority::urgent, spool::Priority::normal, spool::Priority::non_urgent})
        if (priority == priority_name(each)) e.priority = each;
    if (!priority.empty() && priority != priority_name(e.priority))
        in.wrong("priority",
                 "'" + printable(priority, 40) + "' found; urgent, normal or non-urgent expected");
    e.envid = in.text("envid", most_envid);
    if (has_high(e.envid)) in.wrong("envid", "printable ASCII expected (RFC 3461)");
    e.ret = in.text("ret");
    if (!e.ret.empty() && e.ret != "FULL" && e.ret != "HDRS")
        in.wrong("ret", "'" + printable(e.ret, 40) + "' found; FULL, HDRS or nothing expected");
    e.peer = in.text("peer");
    e.account = in.text("account");
}

}  // namespace

json::object write_exported(const Exported& message)
{
    const auto& e = message.envelope;
    json::array recipients;
    for (std::size_t i = 0; i < e.recipients.size(); ++i) {
        const auto& r = e.recipients[i];
        json::object one{{"address", r.address},
                         {"original", r.original},
                         {"notify", r.notify},
                         {"route", r.route}};
        const auto& terms = message.terms[i];
        for (const auto& [key, time] :
             {std::pair{"held_until", terms.held_until}, std::pair{"expires", terms.expires},
              std::pair{"deleted", terms.deleted}})
            if (time != WallTime{}) one[key] = to_json(time);
        if (!terms.by.empty()) one["by"] = terms.by;
        if (!terms.text.empty()) one["text"] = terms.text;
        recipients.push_back(std::move(one));
    }
    json::object out{{"imc_queue_export", format},
                     {"id", message.id.to_string()},
                     {"sender", e.sender},
                     {"arrived_at", to_json(e.arrived_at)},
                     {"priority", priority_name(e.priority)},
                     {"eight_bit", e.eight_bit},
                     {"smtp_utf8", e.smtp_utf8},
                     {"envid", e.envid},
                     {"ret", e.ret},
                     {"peer", e.peer},
                     {"account", e.account},
                     {"octets", message.octets},
                     {"recipients", std::move(recipients)}};
    if (!message.sha256.empty()) out["sha256"] = message.sha256;
    return out;
}

Result<Exported> read_exported(const json::object& said, WallTime now)
{
    Values in{said, ""};
    for (const auto* key :
         {"imc_queue_export", "id", "sender", "arrived_at", "octets", "recipients"})
        in.needs(key);
    if (const auto version = in.number("imc_queue_export"); !in.error() && version != format)
        in.wrong("imc_queue_export", "version " + std::to_string(version) + " found; " +
                                         std::to_string(format) + " expected");
    in.only(keys);
    Exported out;
    const auto id = in.text("id");
    if (const auto parsed = spool::MessageId::parse(id))
        out.id = *parsed;
    else
        in.wrong("id", parsed.error().detail());
    read_envelope(in, out.envelope);
    out.octets = in.number("octets");
    out.sha256 = in.text("sha256");
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (said.contains("sha256") &&
        (out.sha256.size() != 64 || !std::ranges::all_of(out.sha256, is_hex)))
        in.wrong("sha256", "64 digits 0 to 9 and a to f expected");
    const auto* const recipients = said.if_contains("recipients");
    if (recipients != nullptr && !recipients->is_array())
        in.wrong("recipients", "an array expected");
    if (in.error()) return *in.error();
    std::size_t number = 0;
    for (const auto& each : recipients->as_array()) {
        auto read = read_recipient(each, ++number, out.envelope.smtp_utf8, now);
        if (!read) return read.error();
        if (read->terms.is_deleted()) {
            ++out.deleted;
            continue;
        }
        out.envelope.recipients.push_back(std::move(read->recipient));
        out.terms.push_back(std::move(read->terms));
    }
    if (out.envelope.recipients.empty())
        return refused(out.deleted > 0 ? "all of its recipients had been deleted when it was "
                                         "exported; one without \"deleted\" expected"
                                       : "no recipient found; one at least expected");
    return out;
}

}  // namespace imc::admin
