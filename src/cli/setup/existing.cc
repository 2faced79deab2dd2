#include "cli/setup/existing.h"

#include "base/text.h"
#include "config/identity.h"

#include <algorithm>

namespace imc::cli {
namespace {

class Judge {
public:
    Judge(Directory& directory, const SetupPlan& plan, Deadline deadline)
        : directory_{directory}, plan_{plan}, deadline_{deadline}, asked_{plan.organization},
          names_{asked_.base, asked_.organization, asked_.site, asked_.server}
    {}

    Result<Joining> run()
    {
        Joining out;
        if (auto found =
                spelled("--org", names_.organization, asked_.organization, out.organization);
            !found)
            return found.error();
        if (!out.organization)
            if (auto alone = no_other_organization(); !alone) return alone.error();
        if (auto found = spelled("--site", names_.site, asked_.site, out.site); !found)
            return found.error();
        if (out.site)
            if (auto same_domain = domain_known(); !same_domain) return same_domain.error();
        const auto server = directory_.read(names_.server, deadline_);
        if (const auto* silent = std::get_if<CannotSay>(&server)) return silent->reason;
        if (std::holds_alternative<Entry>(server))
            return Error{
                EventId::directory_object_exists,
                names_.server.to_rfc4514() +
                    "; this server is set up already. Choose another --server, or give the "
                    "existing connector other names: imc setup --reinstall"};
        if (auto based = base(out); !based) return based.error();
        for (auto& change : config::new_organization(asked_)) {
            const auto found = directory_.read(change.dn, deadline_);
            if (const auto* silent = std::get_if<CannotSay>(&found)) return silent->reason;
            if (std::holds_alternative<ProvenAbsent>(found))
                out.missing.push_back(std::move(change));
        }
        return out;
    }

private:
    /// Is `dn` there, under exactly the name that was asked for?
    Result<> spelled(const std::string& option, const Dn& dn, const std::string& name, bool& there)
    {
        const auto found = directory_.read(dn, deadline_);
        if (const auto* silent = std::get_if<CannotSay>(&found)) return silent->reason;
        const auto* entry = std::get_if<Entry>(&found);
        there = entry != nullptr;
        if (!there) return {};
        const auto& spelling = entry->dn.rdns().front().front().value;
        if (spelling == name) return {};
        return Error{EventId::directory_object_exists,
                     option + " is \"" + printable(name) + "\", the directory has \"" +
                         printable(spelling) + "\", which " + config::difference(name, spelling) +
                         "; names are compared byte for byte. To join it: " + option + " " +
                         shell_word(spelling)};
    }

    /// The embedded directory is one organization's; in an LDAP directory, others may live beside.
    Result<> no_other_organization()
    {
        const auto found = directory_.search(asked_.base, Scope::one_level,
                                             "(objectClass=organization)", deadline_, 1000);
        if (!found)
            return found.error().event() == EventId::directory_no_such_object && plan_.embedded
                       ? Result<>{}
                       : Result<>{found.error()};
        for (const auto& entry : *found) {
            if (!plan_.embedded) {
                const auto connectors = directory_.search(
                    entry.dn, Scope::subtree, "(objectClass=imcConnector)", deadline_, 1000);
                if (!connectors) return connectors.error();
                if (connectors->empty()) continue;
            }
            return Error{EventId::directory_object_exists,
                         "the directory holds the organization " + entry.dn.to_rfc4514() +
                             " already; to join it: --org " +
                             shell_word(entry.dn.rdns().front().front().value)};
        }
        return {};
    }

    Result<> domain_known()
    {
        const auto found = directory_.read(names_.addressing, deadline_);
        if (const auto* silent = std::get_if<CannotSay>(&found)) return silent->reason;
        const auto* entry = std::get_if<Entry>(&found);
        if (entry == nullptr) return {};
        std::string list;
        for (const auto& domain : entry->all("imcSiteDomain")) {
            if (same_word(domain, asked_.domain)) return {};
            list += (list.empty() ? "" : ", ") + domain;
        }
        if (list.empty()) return {};
        return Error{EventId::directory_object_exists,
                     "--domain is " + asked_.domain + ", the site's domain is " + list +
                         "; join with that one, and add another to imcSiteDomain of " +
                         names_.addressing.to_rfc4514() + " afterwards (imc dir modify)"};
    }

    /// The tree begins below the base; in an embedded directory nobody else makes it for us.
    Result<> base(Joining& out)
    {
        if (!plan_.embedded || asked_.base.is_root()) return {};
        const auto found = directory_.read(asked_.base, deadline_);
        if (const auto* silent = std::get_if<CannotSay>(&found)) return silent->reason;
        if (std::holds_alternative<Entry>(found)) return {};
        Change add{Change::Kind::add, asked_.base};
        const auto& name = asked_.base.rdns().front().front();
        add.attributes["objectClass"] = {"top", same_word(name.type, "dc") ? "domain"
                                                                           : "organizationalUnit"};
        add.attributes[name.type] = {name.value};
        out.missing.push_back(std::move(add));
        return {};
    }

    Directory& directory_;
    const SetupPlan& plan_;
    const Deadline deadline_;
    const config::OrganizationPlan& asked_;
    const config::TreeNames names_;
};

}  // namespace

Result<Joining> judge_existing(Directory& directory, const SetupPlan& plan, Deadline deadline)
{
    return Judge{directory, plan, deadline}.run();
}

}  // namespace imc::cli
