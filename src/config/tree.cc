#include "config/tree.h"

namespace imc::config {
namespace {

Change add(const Dn& dn, std::vector<std::string> classes, Attributes more = {})
{
    Change change{Change::Kind::add, dn};
    change.attributes = std::move(more);
    change.attributes["objectClass"] = std::move(classes);
    const auto& naming = dn.rdns().front().front();
    change.attributes[naming.type] = {naming.value};
    return change;
}

}  // namespace

std::string connector_name(std::string_view server)
{
    return "Internet Mail Connector (" + std::string{server} + ")";
}

TreeNames::TreeNames(const Dn& base, const std::string& o, const std::string& ou,
                     const std::string& cn)
    : organization{base.child("o", o)}, site{organization.child("ou", ou)},
      recipients{site.child("cn", "Recipients")}, configuration{site.child("cn", "Configuration")},
      addressing{configuration.child("cn", "Site Addressing")},
      servers{configuration.child("cn", "Servers")}, server{servers.child("cn", cn)},
      connections{configuration.child("cn", "Connections")},
      connector{connections.child("cn", connector_name(cn))}
{}

Change new_mailbox(const Dn& recipients, const std::string& alias, const std::string& address,
                   const std::string& display_name)
{
    return add(recipients.child("cn", alias), {"top", "imcMailbox"},
               {{"mailNickname", {alias}},
                {"mail", {address}},
                {"proxyAddresses", {"SMTP:" + address}},
                {"displayName", {display_name.empty() ? alias : display_name}}});
}

std::vector<Change> new_organization(const OrganizationPlan& plan)
{
    const TreeNames names{plan.base, plan.organization, plan.site, plan.server};
    const auto mailbox = new_mailbox(names.recipients, plan.administrator,
                                     plan.administrator + "@" + plan.domain, "Administrator");
    Attributes connector{{"imcHomeServer", {names.server.to_rfc4514()}},
                         {"imcAdministratorMailbox", {mailbox.dn.to_rfc4514()}},
                         {"imcAdministrator", {"administrator " + plan.administrator}},
                         {"imcAddressType", {"SMTP"}},
                         {"imcTransferMode", {"both"}}};
    if (!plan.smart_hosts.empty()) connector["imcSmartHost"] = plan.smart_hosts;
    return {
        add(names.organization, {"top", "organization"}),
        add(names.site, {"top", "organizationalUnit"}),
        add(names.recipients, {"top", "imcContainer"}),
        mailbox,
        add(names.configuration, {"top", "imcContainer"}),
        add(names.addressing, {"top", "imcSiteAddressing"},
            {{"imcSiteDomain", {plan.domain}}, {"imcAddressFormat", {"SMTP:%m@" + plan.domain}}}),
        add(names.servers, {"top", "imcContainer"}),
        add(names.server, {"top", "imcServer"}),
        add(names.connections, {"top", "imcContainer"}),
        add(names.connector, {"top", "imcConnector"}, std::move(connector))};
}

}  // namespace imc::config
