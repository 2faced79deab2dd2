#pragma once
/// @file config/routing.h  Which connector of the organization carries what, and what becomes of
/// mail that comes in: the rows of imcAddressSpace and imcRoutingRow. transfer/ decides by them.
///
/// Grammar: docs/formats/address-spaces.md, docs/formats/routing-table.md
/// KB:      Q229961, Q152471, Q262952, Q279404 (address spaces); Q169683, Q195969 (routing table)
/// Errors:  40800, 40801 with what was found and what was expected.
/// Threads: pure.
#include "base/error.h"
#include "config/domain_profile.h"
#include "config/domain_table.h"
#include "directory/dn.h"

#include <unordered_set>

namespace imc::config {

enum class TransferMode : std::uint8_t { both, inbound, outbound, none };

/// A row of imcAddressSpace: "SMTP:*@example.org;1;organization".
struct AddressSpace {
    enum class Scope : std::uint8_t { organization, site, location };

    std::string type;     ///< upper case
    std::string pattern;  ///< of SMTP in lower case; may be empty: every address of the type
    unsigned cost = 1;    ///< 1 to 100; 1 is preferred
    Scope scope = Scope::organization;
    std::string text;  ///< the row as written
    friend bool operator==(const AddressSpace&, const AddressSpace&) = default;
};
std::string_view to_string(AddressSpace::Scope scope);

/// A connector object below cn=Connections, as another connector of the organization sees it.
struct SiteConnector {
    Dn dn;
    std::string name;       ///< its RDN value
    std::string server;     ///< RDN value of its server
    std::string location;   ///< of its server; empty: the site's
    std::string site;       ///< RDN value of its site
    bool in_site = true;    ///< ours; else only its rows of scope organization count here
    unsigned way_cost = 0;  ///< of the way to its site, beside that of each row
    std::string way = {};   ///< the site connector that says so; empty: none
    bool is_ours = false;
    bool is_near = true;  ///< its server is at the location of ours
    TransferMode mode = TransferMode::both;
    std::vector<Host> hosts;  ///< where we reach it; of ours, and if nobody says: empty
    std::vector<AddressSpace> spaces;
};

/// Whether relay rules are asked for what a row matches (Q195969).
enum class RowRelay : std::uint8_t { inherit, always, never };

/// What a client hears while the directory cannot say who a recipient is.
enum class WhenSilent : std::uint8_t {
    defer,   ///< 451: its own queue holds the message
    accept,  ///< 250: ours does, and the recipient is looked up there
};

/// A row of imcRoutingRow: "#example.org;inbound", "example.org;rewrite;example.net;always".
struct RoutingRow {
    enum class Action : std::uint8_t {
        inbound,  ///< ours: the directory knows who it is
        rewrite,  ///< to `target`, which is then looked at anew
        relay,    ///< to `hosts`
        dns,      ///< as mail for other domains goes; for its RowRelay
        shared,   ///< ours if the directory knows the address, else to `hosts` (Q258203)
        reject,   ///< with `reason`
    };

    std::string domain;  ///< lower-case A-labels
    bool exact = false;  ///< written "#domain": no subdomains
    Action action = Action::inbound;
    std::string target = {};
    std::vector<Host> hosts = {};
    std::string reason = {};
    RowRelay relay = RowRelay::inherit;
    WhenSilent when_silent = WhenSilent::defer;  ///< of inbound and shared
    std::string text = {};                       ///< the row as written
};
inline bool includes_subdomains(const RoutingRow& row) { return !row.exact; }
using RoutingTable = DomainTable<RoutingRow>;
std::string_view to_string(RoutingRow::Action action);

/// "TYPE:PATTERN;COST;SCOPE". X.400 patterns hold ';', so cost and scope are the last two columns,
/// and neither may be left out.
Result<AddressSpace> parse_address_space(std::string_view text);

/// What a row means that can be read, and that nobody can have meant: "SMTP:example.org" is the
/// name of a domain and matches no address (Q229961). @return  empty: nothing
std::string address_space_doubt(const AddressSpace& space);

/// "[#]DOMAIN;ACTION[;ARGUMENT][;always|never][;defer|accept]".
Result<RoutingRow> parse_routing_row(std::string_view text);

/// The row for a domain: the one for exactly this name, else the longest that it lies below, label
/// by label. Does not depend on the order of rows. Null: none.
/// @param domain  lower-case A-labels
inline const RoutingRow* find_routing_row(const RoutingTable& rows, std::string_view domain)
{
    return rows.find(domain);
}

/// A host of a row that is one of our own listeners: mail for it would come back to us.
bool is_own_listener(const Config& config, const Host& host);

/// Rewriting that comes back to where it was. @return  "a.example, b.example, a.example", or empty
/// @param ending  rows that are known to lead to none; gets those that are found
std::string rewriting_circle(const RoutingTable& rows, const RoutingRow& from,
                             std::unordered_set<const RoutingRow*>* ending = nullptr);

}  // namespace imc::config
