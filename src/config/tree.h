#pragma once
/// @file config/tree.h  The names of the organization's tree, and the objects a new one begins
/// with.
///
///     o=Org / ou=Site / cn=Recipients
///                     / cn=Configuration / cn=Site Addressing
///                                        / cn=Servers / cn=SERVER
///                                        / cn=Connections / cn=Internet Mail Connector (SERVER)
#include "directory/directory.h"

#include <string>
#include <vector>

namespace imc::config {

struct OrganizationPlan {
    Dn base;  ///< exists already, or is the root
    std::string organization;
    std::string site;
    std::string server;
    std::string domain;                         ///< site domain, "contoso.example"
    std::string administrator;                  ///< alias of the administrator's mailbox
    std::vector<std::string> smart_hosts = {};  ///< "host[:port]"
};

struct TreeNames {
    TreeNames(const Dn& base, const std::string& organization, const std::string& site,
              const std::string& server);
    Dn organization, site, recipients, configuration, addressing, servers, server, connections,
        connector;
};

std::string connector_name(std::string_view server);  ///< "Internet Mail Connector (SERVER)"

/// Every object, parents first, each as an add.
std::vector<Change> new_organization(const OrganizationPlan& plan);

/// cn=ALIAS below `recipients`, with `SMTP:ADDRESS` as its primary proxy address.
Change new_mailbox(const Dn& recipients, const std::string& alias, const std::string& address,
                   const std::string& display_name);

}  // namespace imc::config
