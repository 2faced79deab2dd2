#pragma once
/// @file config/provenance.h  Each setting in force, and who says so: the layers it was said in.
///
/// From the weakest to the strongest: built-in default, organization, site, site addressing,
/// server, connector, registry. A setting of the registry has no layers of the directory but where
/// both speak of one thing: InboundSizeLimit supersedes imcMaxMessageKB (Q231303), and
/// MaxOutboundConnectionsPerHost and MaxMessagesPerConnection are what imcMaxConnections and
/// imcMessagesPerConnection fall back to.
///
/// Threads: pure.
#include "config/setting_table.h"
#include "config/snapshot.h"

namespace imc::config {

struct Layer {
    std::string name;   ///< "built-in", "organization", ..., "connector", "domain *", "registry"
    std::string where;  ///< file and value, or DN; empty: built in
    std::vector<std::string> values;
    std::string flaw = {};  ///< why it does not count
};

struct Provenance {
    std::string section;
    SettingInfo info;
    std::vector<Layer> layers;  ///< the weakest first
    bool inherited = false;     ///< of a profile that does not say it itself

    const Layer* winner() const;  ///< null: nobody says anything
};

/// Every setting of the registry, the connector and the site, and of each profile, what it says
/// itself and what it inherits: from the domains above it, rows of imcDeliveryRouting among them,
/// and from the connector.
/// @param registry  the file, for people
/// @param domain  has a section even if there is no profile of it; empty: none, "*" or A-labels
std::vector<Provenance> provenance(const Snapshot& snapshot, const std::string& registry,
                                   std::string_view domain = {});

/// "30", "192.0.2.0/24, 198.51.100.7", "\"\"".
std::string to_text(const std::vector<std::string>& values);

}  // namespace imc::config
