#include "config/parse_parts.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <cstring>

namespace imc::config {

Error bad(std::string text) { return Error{EventId::value_invalid, std::move(text)}; }

std::string in_quotes(std::string_view text) { return "\"" + printable(text, 200) + "\""; }

std::optional<std::array<std::uint8_t, 16>> address_octets(std::string_view text, bool* is_v4)
{
    if (text.find('\0') != text.npos) return {};  // inet_pton would stop there
    const std::string plain{text};
    std::array<std::uint8_t, 16> octets{};
    in_addr v4{};
    if (::inet_pton(AF_INET, plain.c_str(), &v4) == 1) {
        octets[10] = octets[11] = 0xff;
        std::memcpy(octets.data() + 12, &v4, 4);
        if (is_v4 != nullptr) *is_v4 = true;
        return octets;
    }
    if (::inet_pton(AF_INET6, plain.c_str(), octets.data()) == 1) {
        if (is_v4 != nullptr) *is_v4 = false;
        return octets;
    }
    return {};
}

Result<std::uint16_t> parse_port(std::string_view text, std::string_view whole)
{
    const auto number = parse_number(text);
    if (!number || *number == 0 || *number > 65535)
        return bad(in_quotes(whole) + ": port " + in_quotes(text) + " found, 1 to 65535 expected");
    return static_cast<std::uint16_t>(*number);
}

Result<Split> split_port(std::string_view text)
{
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos) return bad(in_quotes(text) + ": '[' without ']'");
        const auto rest = text.substr(end + 1);
        Split split{text.substr(1, end - 1), {}};
        if (rest.empty()) return split;
        if (!rest.starts_with(':'))
            return bad(in_quotes(text) + ": " + in_quotes(rest) + " after ']', \":PORT\" expected");
        split.port = rest.substr(1);
        return split;
    }
    const auto colon = text.find(':');
    if (colon == text.npos) return Split{text, {}};
    if (text.find(':', colon + 1) != text.npos)
        return bad(in_quotes(text) + ": an IPv6 address is written in brackets, [2001:db8::1]:25");
    return Split{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace imc::config
