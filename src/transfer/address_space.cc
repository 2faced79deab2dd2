#include "transfer/address_space.h"

#include "base/text.h"
#include "config/parse.h"

#include <algorithm>
#include <tuple>

namespace imc::transfer {
namespace {

using config::AddressSpace;
using config::SiteConnector;

/// '*' is any number of characters, none too.
bool glob(std::string_view pattern, std::string_view text)
{
    std::size_t p = 0, t = 0, star = pattern.npos, resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != pattern.npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

bool lies_below(std::string_view domain, std::string_view parent)
{
    return !parent.empty() && domain.size() > parent.size() && domain.ends_with(parent) &&
           domain[domain.size() - parent.size() - 1] == '.';
}

/// Of SMTP "user@com" is a part of "user@example.com" (Q229961); of other types what stands in
/// front is, up to a separator.
bool is_part(std::string_view type, std::string_view pattern, std::string_view address)
{
    if (type != "SMTP")
        return address.size() > pattern.size() && address.starts_with(pattern) &&
               (std::string_view{"/;:!@"}.find(address[pattern.size()]) != std::string_view::npos ||
                std::string_view{"/;:!@"}.find(pattern.back()) != std::string_view::npos);
    const auto at = address.rfind('@');
    const auto pattern_at = pattern.rfind('@');
    if (at == address.npos || pattern_at == pattern.npos || pattern_at == 0) return false;
    return address.substr(0, at) == pattern.substr(0, pattern_at) &&
           lies_below(address.substr(at + 1), pattern.substr(pattern_at + 1));
}

/// Do we hear of the row? Those of other sites that are not for the organization are theirs alone.
bool is_heard(const SiteConnector& connector, const AddressSpace& space)
{
    return connector.in_site || space.scope == AddressSpace::Scope::organization;
}

/// FNV-1a, mixed once more: the same on every host of the site.
std::uint64_t number_of(std::string_view address, std::string_view connector)
{
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    const auto feed = [&hash](std::string_view text) {
        for (const char c : text) {
            hash ^= static_cast<unsigned char>(c);
            hash *= 0x100000001b3ULL;
        }
    };
    feed(address);
    feed("\n");
    feed(connector);
    hash ^= hash >> 33U;
    hash *= 0xff51afd7ed558ccdULL;
    return hash ^ (hash >> 33U);
}

/// Why a connector is out whatever its rows say.
std::string withdrawn(const SiteConnector& connector, std::string_view peer)
{
    // Our own in mode none takes nothing more, and carries away what waits for it.
    if (connector.mode == config::TransferMode::inbound ||
        (connector.mode == config::TransferMode::none && !connector.is_ours))
        return "withdraws: it does not send (imcTransferMode " +
               std::string{config::to_string(connector.mode)} + ")";
    if (connector.is_ours) return {};
    if (connector.hosts.empty())
        return "withdraws: nobody says where it is reached (imcConnectorHost)";
    const auto client = peer.empty() ? std::nullopt : config::parse_octets(peer);
    if (client)
        for (const auto& host : connector.hosts)
            if (config::parse_octets(host.name) == client) return "the message comes from it";
    return {};
}

Candidate best_row(const SiteConnector& connector, std::string_view type, std::string_view address)
{
    Candidate out{&connector};
    const char* elsewhere = nullptr;
    for (const auto& space : connector.spaces) {
        const auto found = fit(space, type, address);
        if (found.match == Match::none) continue;
        if (!is_heard(connector, space)) {
            elsewhere = "its row is for its own site only";
            continue;
        }
        if (space.scope == AddressSpace::Scope::location && !connector.is_near) {
            elsewhere = "its row is for another location only";
            continue;
        }
        const bool better =
            out.space == nullptr || std::tuple{found, -static_cast<int>(space.cost)} >
                                        std::tuple{out.fit, -static_cast<int>(out.space->cost)};
        if (!better) continue;
        out.space = &space;
        out.fit = found;
    }
    if (out.space == nullptr) out.lost = elsewhere != nullptr ? elsewhere : "no row matches";
    return out;
}

unsigned cost_of(const Candidate& one)
{
    return one.space != nullptr ? one.space->cost + one.connector->way_cost : 0;
}

/// Near ones first: no two connectors then hand mail to and fro.
int distance(const SiteConnector& one)
{
    if (one.is_ours) return 0;
    return one.in_site ? 1 : 2;
}

/// "15, 5 of them for the way to site Bergen".
std::string cost_in_words(const Candidate& one)
{
    auto out = std::to_string(cost_of(one));
    if (one.connector->way_cost != 0)
        out += ", " + std::to_string(one.connector->way_cost) + " of them for the way to site " +
               one.connector->site + ",";
    return out;
}

/// Why `one` loses to `best`; empty: it is as good.
std::string why_lost(const Candidate& one, const Candidate& best)
{
    if (one.fit != best.fit)
        return "\"" + best.space->text + "\" of " + best.connector->name + " is closer (" +
               std::string{to_string(best.fit.match)} + ", " + std::to_string(best.fit.literals) +
               " literal characters)";
    if (cost_of(one) != cost_of(best))
        return "costs " + cost_in_words(one) + (one.connector->way_cost == 0 ? "," : "") + " and " +
               best.connector->name + " " + std::to_string(cost_of(best));
    if (best.connector->is_ours) return "as good, but our own connector goes first";
    if (distance(*one.connector) != distance(*best.connector))
        return "as good, but a connector of our own site goes first";
    return {};
}

}  // namespace

std::string_view to_string(Match match)
{
    switch (match) {
    case Match::none: return "none";
    case Match::empty: return "empty pattern";
    case Match::partial: return "partial";
    case Match::wildcard: return "wildcard";
    case Match::exact: return "exact";
    }
    return "?";
}

Fit fit(const AddressSpace& space, std::string_view type, std::string_view address)
{
    if (!same_word(space.type, type)) return {};
    if (space.pattern.empty()) return {Match::empty, 0};
    const bool folds = space.type != "SMTP";
    const auto pattern = folds ? lower(space.pattern) : space.pattern;
    const auto folded = folds ? lower(address) : std::string{};
    const std::string_view text = folds ? std::string_view{folded} : address;
    const auto literals =
        pattern.size() - static_cast<std::size_t>(std::ranges::count(pattern, '*'));
    if (pattern == text) return {Match::exact, literals};
    if (literals < pattern.size()) {
        if (glob(pattern, text)) return {Match::wildcard, literals};
        return {};
    }
    if (is_part(space.type, pattern, text)) return {Match::partial, literals};
    return {};
}

bool has_address_spaces(const std::vector<SiteConnector>& connectors)
{
    return std::ranges::any_of(connectors, [](const SiteConnector& one) {
        return std::ranges::any_of(one.spaces,
                                   [&](const AddressSpace& space) { return is_heard(one, space); });
    });
}

Choice choose_connector(const std::vector<SiteConnector>& connectors, std::string_view type,
                        std::string_view address, std::string_view peer)
{
    Choice out;
    for (const auto& connector : connectors) {
        auto candidate = best_row(connector, type, address);
        if (candidate.lost.empty()) candidate.lost = withdrawn(connector, peer);
        out.candidates.push_back(std::move(candidate));
    }
    const auto rank = [&](const Candidate& one) {
        const bool out_of_it = one.space == nullptr || !one.lost.empty();
        return std::tuple{out_of_it ? 1 : 0,
                          -static_cast<int>(one.fit.match),
                          -static_cast<int>(one.fit.literals),
                          cost_of(one),
                          distance(*one.connector),
                          number_of(address, one.connector->name),
                          std::string_view{one.connector->name}};
    };
    std::ranges::sort(out.candidates, {}, rank);
    if (out.candidates.empty() || !out.candidates.front().lost.empty()) return out;
    const auto& best = out.candidates.front();
    out.connectors.push_back(best.connector);
    for (auto& one : out.candidates) {
        if (&one == &best || !one.lost.empty()) continue;
        one.lost = why_lost(one, best);
        if (!one.lost.empty()) continue;
        one.lost = "as good; tried when " + best.connector->name + " does not answer";
        out.connectors.push_back(one.connector);
    }
    return out;
}

}  // namespace imc::transfer
