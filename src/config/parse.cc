#include "config/parse.h"

#include "base/text.h"
#include "config/parse_parts.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cmath>
#include <cstring>

namespace imc::config {
namespace {

bool bit(const std::array<std::uint8_t, 16>& octets, unsigned index)
{
    return ((octets[index / 8] >> (7 - index % 8)) & 1U) != 0;
}

}  // namespace

Result<Network> Network::parse(std::string_view text)
{
    Network network;
    network.text = std::string{text};
    const auto separator = text.find_first_of("/;");
    bool v4 = false;
    const auto octets = address_octets(trim(text.substr(0, separator)), &v4);
    if (!octets)
        return bad(in_quotes(text) + " is no network; 192.0.2.0/24, 192.0.2.0;255.255.255.0, "
                                     "192.0.2.7 or 2001:db8::/32 expected");
    network.address = *octets;
    if (separator == text.npos) return network;

    const auto mask = trim(text.substr(separator + 1));
    if (text[separator] == '/') {
        const auto bits = parse_number(mask);
        const unsigned most = v4 ? 32 : 128;
        if (!bits || *bits > most)
            return bad(in_quotes(text) + ": prefix length " + in_quotes(mask) + " found, 0 to " +
                       std::to_string(most) + " expected");
        network.bits = static_cast<unsigned>(*bits) + (v4 ? 96 : 0);
    } else {
        bool mask_v4 = false;
        const auto mask_octets = address_octets(mask, &mask_v4);
        if (!mask_octets || !v4 || !mask_v4)
            return bad(in_quotes(text) + ": mask " + in_quotes(mask) +
                       " found, such as 255.255.255.0 expected");
        unsigned bits = 96;
        while (bits < 128 && bit(*mask_octets, bits))
            ++bits;
        for (unsigned i = bits; i < 128; ++i)
            if (bit(*mask_octets, i))
                return bad(in_quotes(text) + ": mask " + in_quotes(mask) +
                           " has a hole; ones first, then zeros");
        network.bits = bits;
    }
    // Q258140: a host address with a network mask can never match by (ip AND mask) = net.
    for (unsigned i = network.bits; i < 128; ++i)
        if (bit(network.address, i))
            return bad(in_quotes(text) +
                       ": bits are set behind the mask, so no client would ever match (Q258140); "
                       "write the network's first address, or the host without a mask");
    return network;
}

bool is_v4(const AddressOctets& address)
{
    return address[10] == 0xff && address[11] == 0xff &&
           std::all_of(address.begin(), address.begin() + 10,
                       [](auto octet) { return octet == 0; });
}

std::optional<AddressOctets> parse_octets(std::string_view text)
{
    return address_octets(text.substr(0, text.find('%')), nullptr);
}

bool Network::contains(std::string_view peer) const
{
    const auto octets = parse_octets(peer);
    if (!octets || (config::is_v4(*octets) && !is_v4())) return false;
    for (unsigned i = 0; i < bits; ++i)
        if (bit(*octets, i) != bit(address, i)) return false;
    return true;
}

Result<std::string> parse_domain(std::string_view text, std::size_t labels)
{
    const auto name = lower(text);
    if (name.empty()) return bad("an empty text found, a domain name expected");
    if (name.size() > 253) return bad(in_quotes(text) + " has more than 253 octets");
    const auto parts = split(name, '.');
    for (const auto label : parts) {
        const bool letters = std::ranges::all_of(label, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        });
        if (label.empty() || label.size() > 63 || !letters || label.front() == '-' ||
            label.back() == '-')
            return bad(in_quotes(text) + ": " + in_quotes(label) +
                       " is no label of a domain name (1 to 63 letters, digits and hyphens)");
    }
    if (parts.size() < labels)
        return bad(in_quotes(text) + " has " + std::to_string(parts.size()) +
                   " label(s), at least " + std::to_string(labels) +
                   " expected, as in mail.example.org");
    return name;
}

Result<Host> parse_host(std::string_view text, std::uint16_t port)
{
    const auto parts = split_port(trim(text));
    if (!parts) return parts.error();
    Host host{std::string{parts->host}, port};
    if (parts->port) {
        const auto number = parse_port(*parts->port, text);
        if (!number) return number.error();
        host.port = *number;
    }
    if (address_octets(host.name, nullptr)) return host;
    // Q153655 1.9.16: a trailing dot once made every host unreachable; it only says "absolute".
    std::string_view name = host.name;
    if (name.ends_with('.')) name.remove_suffix(1);
    auto domain = parse_domain(name);
    if (!domain) return domain.error();
    host.name = std::move(*domain);
    return host;
}

Result<DeliveryRow> parse_delivery_row(std::string_view text, std::size_t row)
{
    const auto at = [&](std::size_t column, const std::string& what) {
        return Error{EventId::delivery_route_unparsable,
                     "row " + std::to_string(row) + ", column " + std::to_string(column) + ": " +
                         what + "; the row is " + in_quotes(text) +
                         ", DOMAIN;HOST[:PORT][,HOST...];host or DOMAIN;;dns expected"};
    };
    const auto columns = split(text, ';');
    if (columns.size() != 3)
        return at(std::min<std::size_t>(columns.size(), 4),
                  std::to_string(columns.size()) + " columns found, 3 expected");
    DeliveryRow out;
    out.text = std::string{text};
    auto domain = trim(columns[0]);
    if (domain.starts_with('#')) {
        out.exact = true;
        domain.remove_prefix(1);
    }
    if (domain == "*") {
        out.domain = "*";
    } else {
        if (domain.ends_with('.')) domain.remove_suffix(1);  // likewise
        auto name = parse_domain(domain);
        if (!name) return at(1, name.error().detail());
        out.domain = std::move(*name);
    }
    const auto flag = lower(trim(columns[2]));
    const auto hosts = trim(columns[1]);
    if (flag == "dns") {
        if (!hosts.empty())
            return at(2, in_quotes(hosts) + " found, nothing expected with flag dns");
        return out;
    }
    if (flag != "host")
        return at(3, "flag " + in_quotes(flag) + " found, \"host\" or \"dns\" expected");
    for (const auto piece : split(hosts, ',')) {
        auto host = parse_host(piece, 25);
        if (!host) return at(2, host.error().detail());
        out.hosts.push_back(std::move(*host));
    }
    return out;
}

Result<std::vector<std::chrono::seconds>> parse_retry_hours(std::string_view text)
{
    std::vector<std::chrono::seconds> out;
    for (const auto piece : split(text, ',')) {
        const auto number = trim(piece);
        double hours = -1;
        const auto [stop, failure] =
            std::from_chars(number.data(), number.data() + number.size(), hours);
        // Q146669, Q151780: values over 100 or garbage silently became zero.
        if (number.empty() || failure != std::errc{} || stop != number.data() + number.size() ||
            !(hours >= 0) || hours > 100)
            return bad(in_quotes(text) + ": " + in_quotes(number) +
                       " found, hours from 0 to 100 expected, as in 0.25,0.5,1,4");
        out.emplace_back(std::lround(hours * 3600));
    }
    if (out.size() > 50) return bad("more than 50 retry intervals");
    if (out.size() == 1 && out.front().count() == 0) return std::vector<std::chrono::seconds>{};
    if (std::ranges::find(out, std::chrono::seconds{0}) != out.end())
        return bad(in_quotes(text) + ": 0 stands alone (no retries) or not at all");
    return out;
}

std::string_view to_string(TransferMode mode)
{
    switch (mode) {
    case TransferMode::both: return "both";
    case TransferMode::inbound: return "inbound";
    case TransferMode::outbound: return "outbound";
    case TransferMode::none: return "none";
    }
    return "?";
}

Result<TransferMode> parse_transfer_mode(std::string_view text)
{
    for (const auto mode :
         {TransferMode::both, TransferMode::inbound, TransferMode::outbound, TransferMode::none})
        if (same_word(text, to_string(mode))) return mode;
    return bad(in_quotes(text) + " found, both, inbound, outbound or none expected");
}

}  // namespace imc::config
