#pragma once
/// @file transfer/address_space.h  Which connector of the organization carries a message out?
///
/// The whole address is compared with each pattern (Q229961). The closest match decides: the same
/// text; then a wildcard, that with more literal characters first; then a part (of SMTP: the same
/// local part at a parent domain); then an empty pattern. Among equally close ones the cheaper; at
/// equal cost our own connector, since who is local goes before who is remote (Q193322), else all
/// of them: one that is chosen by the recipient, always the same, and the others when it does not
/// answer.
///
/// Of connectors of other sites, rows of scope organization count, each with the cost of the way to
/// the site beside its own; at equal cost the own site goes first. So with every hop from site to
/// site the cost of the row falls, or the site's own connector is the one: no circle.
///
/// Who cannot send withdraws: a connector that is inbound only, another that is stopped, one that
/// nobody says how to reach, one whose row is for another location, the one that the message came
/// from. The historic connector did not withdraw, and mail for it waited for ever (Q238719,
/// Q295749).
///
/// Threads: pure.
#include "config/config.h"

#include <string_view>
#include <vector>

namespace imc::transfer {

/// In order of preference, the last first.
enum class Match : std::uint8_t { none, empty, partial, wildcard, exact };
std::string_view to_string(Match match);

struct Fit {
    Match match = Match::none;
    std::size_t literals = 0;  ///< characters of the pattern that are not '*'
    friend auto operator<=>(const Fit&, const Fit&) = default;
};

/// @param address  whole; of SMTP in lower case, the domain as A-labels
Fit fit(const config::AddressSpace& space, std::string_view type, std::string_view address);

/// One connector, by the best of its rows.
struct Candidate {
    const config::SiteConnector* connector;
    const config::AddressSpace* space = nullptr;  ///< null: none of its rows matches
    Fit fit = {};
    std::string lost = {};  ///< why it is not the one; empty: it is
};

struct Choice {
    std::vector<Candidate> candidates;  ///< every connector, the best first
    /// The one that is chosen, then those that are as good. Empty: nobody.
    std::vector<const config::SiteConnector*> connectors;
};

/// Whether address spaces are asked at all: without a row on any of them, each host sends for
/// itself.
bool has_address_spaces(const std::vector<config::SiteConnector>& connectors);

/// @param peer  address of the client that brought it; empty: not known. A connector is recognized
///              by it when its imcConnectorHost is an address.
Choice choose_connector(const std::vector<config::SiteConnector>& connectors, std::string_view type,
                        std::string_view address, std::string_view peer);

}  // namespace imc::transfer
