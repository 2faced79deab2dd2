#include "queue/terms.h"

#include "base/text.h"

#include <limits>

namespace imc::queue {
namespace {

constexpr std::string_view key_begins = "terms.";

void put(std::string& out, std::string_view name, WallTime time)
{
    if (time == WallTime{}) return;
    out.append(name).append("=").append(std::to_string(time.time_since_epoch().count())) += ' ';
}

}  // namespace

std::string evidence_key(std::uint32_t recipient)
{
    return std::string{key_begins} + std::to_string(recipient);
}

std::optional<std::uint32_t> recipient_of_key(std::string_view key)
{
    if (!key.starts_with(key_begins)) return {};
    const auto number = parse_number(key.substr(key_begins.size()));
    if (!number || *number > std::numeric_limits<std::uint32_t>::max()) return {};
    return static_cast<std::uint32_t>(*number);
}

std::string to_evidence(const Terms& terms)
{
    std::string out;
    put(out, "held", terms.held_until);
    if (terms.released) out += "released=1 ";
    put(out, "expires", terms.expires);
    put(out, "deleted", terms.deleted);
    if (terms.action != 0) out += "action=" + std::to_string(terms.action) + " ";
    if (!terms.by.empty()) out += "by=" + terms.by + " ";
    return out + "text=" + terms.text;
}

std::optional<Terms> parse_evidence(std::string_view text)
{
    constexpr std::string_view last = "text=";
    Terms out;
    while (!text.starts_with(last)) {
        const auto end = text.find(' ');
        const auto equals = text.find('=');
        if (end == text.npos || equals >= end) return {};
        const auto name = text.substr(0, equals);
        const auto value = text.substr(equals + 1, end - equals - 1);
        text.remove_prefix(end + 1);
        if (name == "by") {
            out.by = value;
            continue;
        }
        const auto number = parse_number(value);
        if (!number || *number > std::numeric_limits<std::int64_t>::max()) return {};
        const WallTime time{std::chrono::milliseconds{static_cast<std::int64_t>(*number)}};
        if (name == "held") out.held_until = time;
        if (name == "released") out.released = *number != 0;
        if (name == "expires") out.expires = time;
        if (name == "deleted") out.deleted = time;
        if (name == "action") out.action = *number;
    }
    out.text = text.substr(last.size());
    return out;
}

WallTime ends(WallTime arrived, std::chrono::milliseconds timeout, const Terms* terms)
{
    const auto usual = arrived + timeout;
    if (terms == nullptr) return usual;
    if (terms->expires != WallTime{}) return terms->expires;
    if (terms->held_until == WallTime::max()) return WallTime::max();
    return terms->held_until > usual ? terms->held_until + timeout : usual;
}

}  // namespace imc::queue
