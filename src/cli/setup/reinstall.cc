#include "cli/setup/install.h"

#include "admin/registry_change.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/audited.h"
#include "config/identity.h"
#include "config/open_directory.h"
#include "directory/ldif.h"
#include "directory/schema.h"
#include "directory/undo.h"
#include "registry/store.h"
#include "registry/values.h"

#include <ostream>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;

/// One rename, when the names differ byte for byte.
void rename(std::vector<Change>& out, const Dn& from, const std::string& to)
{
    const auto& name = from.rdns().front().front();
    if (name.value == to) return;
    Change change{Change::Kind::rename, from};
    change.new_rdn = {Ava{name.type, to}};
    out.push_back(std::move(change));
}

class Reinstaller {
public:
    Reinstaller(const Paths& paths, const SetupPlan& plan, std::ostream& out, AuditLine& line)
        : paths_{paths}, plan_{plan}, out_{out}, line_{line}, names_{plan.organization}
    {}

    Result<> run()
    {
        auto directory = config::open_directory(paths_, after(patience));
        if (!directory) return directory.error();
        const auto base = config::directory_base(paths_);
        if (!base) return base.error();
        const auto found = only_connector(**directory, *base);
        if (!found) return found.error();
        const Dn server = *Dn::parse_rfc4514(found->first("imcHomeServer"));
        const Dn site = found->dn.parent().parent().parent();
        auto changes = renames(found->dn, server, site);
        const config::TreeNames target{*base, names_.organization, names_.site, names_.server};
        if (auto referring =
                references(**directory, *base, site, server, found->dn, target, changes);
            !referring)
            return referring;
        return take(**directory, changes);
    }

private:
    Result<Entry> only_connector(Directory& directory, const Dn& base)
    {
        auto all =
            directory.search(base, Scope::subtree, "(objectClass=imcConnector)", after(patience));
        if (!all) return all.error();
        if (all->size() == 1) return std::move(all->front());
        std::string list;
        for (const auto& entry : *all)
            list += "\n  " + entry.dn.to_rfc4514();
        return Error{EventId::config_load_failed,
                     std::to_string(all->size()) +
                         " connector objects found, one expected; which one is to be renamed "
                         "cannot be known:" +
                         list};
    }

    std::vector<Change> renames(const Dn& connector, const Dn& server, const Dn& site) const
    {
        std::vector<Change> out;
        rename(out, connector, config::connector_name(names_.server));
        rename(out, server, names_.server);
        rename(out, site, names_.site);
        rename(out, site.parent(), names_.organization);
        return out;
    }

    /// Values that name renamed objects follow them: home server, administrator, members of lists.
    Result<> references(Directory& directory, const Dn& base, const Dn& site, const Dn& server,
                        const Dn& connector, const config::TreeNames& target,
                        std::vector<Change>& changes)
    {
        const auto all =
            directory.search(base, Scope::subtree, "(objectClass=*)", after(patience), 2'000'000);
        if (!all) return all.error();
        const auto place = [&](const Dn& dn) {
            if (dn.is_within(connector)) return dn.moved(connector, target.connector);
            if (dn.is_within(server)) return dn.moved(server, target.server);
            if (dn.is_within(site)) return dn.moved(site, target.site);
            if (dn.is_within(site.parent())) return dn.moved(site.parent(), target.organization);
            return dn;
        };
        for (const auto& entry : *all) {
            Change change{Change::Kind::modify, place(entry.dn)};
            for (const auto& [name, values] : entry.attributes) {
                const auto* rule = find_attribute(name);
                if (rule == nullptr || rule->syntax != Syntax::dn) continue;
                std::vector<std::string> after_values;
                for (const auto& value : values) {
                    const auto dn = Dn::parse_rfc4514(value);
                    after_values.push_back(dn ? place(*dn).to_rfc4514() : value);
                }
                if (after_values != values)
                    change.changes.push_back(
                        {AttributeChange::Kind::replace, name, std::move(after_values)});
            }
            if (!change.changes.empty()) changes.push_back(std::move(change));
        }
        return {};
    }

    Result<> take(Directory& directory, const std::vector<Change>& changes)
    {
        const auto site_dn = config::site_dn_text(names_.organization, names_.site, names_.server);
        out_ << (plan_.request.yes
                     ? "Rewriting the identity:\n"
                     : "This would rewrite the identity (nothing was changed yet; add --yes):\n");
        for (const auto& change : changes)
            out_ << "  "
                 << (change.kind == Change::Kind::rename ? "rename  " + change.dn.to_rfc4514() +
                                                               " -> " + change.new_rdn.front().value
                                                         : "modify  " + change.dn.to_rfc4514())
                 << '\n';
        out_ << "  registry SiteDN = " << site_dn
             << "\n  registry CommonName = " << config::connector_name(names_.server)
             << "\nSpool, mail and recipients stay as they are.\n";
        if (!plan_.request.yes) return {};

        const auto saved = keep_undo(paths_, directory, changes, after(patience));
        if (!saved) return saved.error();
        const auto undo = rewrite_registry(site_dn, *saved);
        if (!undo) {
            if (!saved->file.empty()) (void)real_files().remove(saved->file);
            return undo.error();
        }
        if (const auto applied = apply_kept(paths_, directory, changes, *saved, after(patience));
            !applied) {
            (void)registry::restore(paths_, "latest");
            line_.came_to_nothing(applied.error());
            return applied.error();
        }
        out_ << "Undo: " << *undo << '\n';
        return {};
    }

    /// With the line of the audit log for all of it. @return the undo of all
    Result<std::string> rewrite_registry(const std::string& site_dn, const Undo& of_directory)
    {
        std::string undo;
        const auto set = [&](registry::Document& document) -> Result<> {
            for (const auto& [name, text] :
                 {std::pair{"SiteDN", site_dn},
                  std::pair{"CommonName", config::connector_name(names_.server)}}) {
                auto value = registry::value_from_text(registry::Type::sz, text);
                if (!value) return value.error();
                document.set(std::string{registry::parameters_key}, name, std::move(*value));
            }
            return {};
        };
        const auto announce = [&](std::string_view before, std::string_view then,
                                  const registry::Changed& saved) -> Result<> {
            undo = saved.undo;
            if (!of_directory.file.empty())
                undo += " && imc dir import " + shell_word(of_directory.file) + paths_.option();
            return line_.announce(
                admin::registry_change("setup.reinstall", site_dn, before, then, undo));
        };
        const auto written = registry::update(paths_, set, registry::usual_patience, announce);
        if (!written) return written.error();
        return undo;
    }

    const Paths& paths_;
    const SetupPlan& plan_;
    std::ostream& out_;
    AuditLine& line_;
    const config::OrganizationPlan& names_;
};

}  // namespace

Result<SetupRequest> with_present_names(const Paths& paths, SetupRequest request)
{
    auto directory = config::open_directory(paths, after(patience));
    if (!directory) return directory.error();
    const auto base = config::directory_base(paths);
    if (!base) return base.error();
    const auto found =
        (*directory)->search(*base, Scope::subtree, "(objectClass=imcConnector)", after(patience));
    if (!found) return found.error();
    if (found->size() != 1) return request;
    const Dn site = found->front().dn.parent().parent().parent();
    const auto name = [](const Dn& dn) { return dn.rdns().front().front().value; };
    if (request.organization.empty()) request.organization = name(site.parent());
    if (request.site.empty()) request.site = name(site);
    if (request.server.empty())
        if (const auto server = Dn::parse_rfc4514(found->front().first("imcHomeServer")))
            request.server = name(*server);
    if (!request.domain.empty()) return request;
    const auto addressing =
        (*directory)
            ->read(site.child("cn", "Configuration").child("cn", "Site Addressing"),
                   after(patience));
    if (const auto* entry = std::get_if<Entry>(&addressing))
        request.domain = entry->first("imcSiteDomain");
    return request;
}

Result<> reinstall(const Paths& paths, const SetupPlan& plan, std::ostream& out, AuditLine& line)
{
    return Reinstaller{paths, plan, out, line}.run();
}

}  // namespace imc::cli
