#include "config/identity.h"

#include "base/text.h"

#include <algorithm>

namespace imc::config {
namespace {

constexpr auto not_loaded = EventId::config_load_failed;
constexpr auto bad_session = EventId::store_session_init_failed;

/// The first RDN's value, of "cn=X,..." the X.
std::string rdn_value(const Dn& dn)
{
    return dn.is_root() || dn.rdns().front().empty() ? std::string{}
                                                     : dn.rdns().front().front().value;
}

std::string list_of(const std::vector<Entry>& entries)
{
    std::string out;
    for (const auto& entry : entries)
        out += (out.empty() ? "" : "\n") + entry.dn.to_rfc4514();
    return out;
}

std::string without_space(std::string_view text)
{
    std::string out;
    for (const char c : text)
        if (c != ' ' && c != '\t') out += c;
    return out;
}

/// `dn` is cn=X,cn=Connections,cn=Configuration,ou=Site,o=Org,<base>: its site, or nothing.
std::optional<Dn> site_of(const Dn& connector, const Dn& base)
{
    const auto named = [](const Dn& dn, std::string_view type, std::string_view value) {
        return !dn.is_root() && same_word(dn.rdns().front().front().type, type) &&
               (value.empty() || same_word(rdn_value(dn), value));
    };
    const Dn connections = connector.parent();
    const Dn configuration = connections.parent();
    const Dn site = configuration.parent();
    const Dn organization = site.parent();
    if (!named(connections, "cn", "Connections") || !named(configuration, "cn", "Configuration") ||
        !named(site, "ou", "") || !named(organization, "o", "") ||
        !same(organization.parent(), base))
        return {};
    return site;
}

class Judge {
public:
    Judge(const IdentityFacts& facts, Directory& directory, Deadline deadline,
          std::vector<Assertion>& out)
        : facts_{facts}, directory_{directory}, deadline_{deadline}, out_{out}
    {}

    std::optional<Identity> run()
    {
        auto connectors = search("(objectClass=imcConnector)");
        if (!connectors) return {};
        auto identity = find_connector(*connectors);
        std::optional<std::string> expected;
        if (identity) {
            check_unique(*connectors, *identity);
            others_ = connector_of_site_dn(*connectors, *identity);
            expected = site_dn_text(rdn_value(identity->organization), rdn_value(identity->site),
                                    rdn_value(identity->server));
        } else if (const auto server = only_server_of_this_host()) {
            expected =
                site_dn_text(server->value_of("o"), server->value_of("ou"), rdn_value(*server));
        }
        check_site_dn(expected);
        return identity;
    }

private:
    std::optional<std::vector<Entry>> search(std::string_view filter)
    {
        auto found = directory_.search(facts_.base, Scope::subtree, filter, deadline_);
        if (found) return std::move(*found);
        add("connector.object", not_loaded, Status::not_evaluated, "", directory_.description(), "",
            "the directory could not be searched: " + found.error().to_string());
        return {};
    }

    Assertion& add(std::string id, EventId event, Status status, std::string found,
                   std::string where, std::string expected, std::string why)
    {
        Assertion a{std::move(id), event};
        a.status = status;
        a.found = std::move(found);
        a.where = std::move(where);
        a.expected = std::move(expected);
        a.why = std::move(why);
        out_.push_back(std::move(a));
        return out_.back();
    }

    std::string where(std::string_view value) const
    {
        return facts_.registry + ", value " + std::string{value};
    }

    static std::string home_server_name(const Entry& connector)
    {
        const auto dn = Dn::parse(connector.first("imcHomeServer"));
        return dn ? rdn_value(*dn) : std::string{};
    }

    void offer(Assertion& a, const std::string& name, const std::string& data) const
    {
        a.fix =
            "imc reg add -v " + name + " -t SZ -d " + shell_word(data) + " -f" + facts_.cli_option;
        a.automatic.registry = {{name, "SZ", data}};
    }

    std::optional<Identity> find_connector(const std::vector<Entry>& all)
    {
        std::vector<Entry> named;
        if (facts_.common_name)
            std::ranges::copy_if(all, std::back_inserter(named), [&](const Entry& e) {
                return same_word(rdn_value(e.dn), *facts_.common_name);
            });
        if (named.size() > 1) {
            add("connector.object", not_loaded, Status::failed, list_of(named), where("CommonName"),
                "one connector object",
                "more than one connector object bears the name CommonName gives, so which one this "
                "host "
                "runs cannot be known; rename or delete all but one with 'imc dir rename' or 'imc "
                "dir "
                "delete'");
            return {};
        }
        if (named.empty()) {
            no_connector(all);
            return {};
        }
        add("connector.object", bad_session, Status::passed, named.front().dn.to_rfc4514(),
            where("CommonName"), "", "");
        return placed(named.front());
    }

    /// SiteDN is whole, and of another server with a connector of its own: then CommonName may be
    /// what is wrong, as in a registry that was copied from host to host.
    std::optional<std::string> connector_of_site_dn(const std::vector<Entry>& all,
                                                    const Identity& identity) const
    {
        const auto said = facts_.site_dn ? Dn::parse(*facts_.site_dn) : Result<Dn>{Dn{}};
        if (!said || said->is_root()) return {};
        for (const auto& entry : all) {
            const auto site = site_of(entry.dn, facts_.base);
            if (!site || same(entry.dn, identity.connector.dn)) continue;
            const auto its = Dn::parse(
                site_dn_text(rdn_value(site->parent()), rdn_value(*site), home_server_name(entry)));
            if (its && same(*its, *said)) return rdn_value(entry.dn);
        }
        return {};
    }

    void no_connector(const std::vector<Entry>& all)
    {
        auto& a =
            add("connector.object", bad_session, Status::failed,
                facts_.common_name ? *facts_.common_name : "no value", where("CommonName"), "", "");
        a.why = !facts_.common_name
                    ? "CommonName names the connector object that this host runs, and it is missing"
                    : "the directory has no connector object of this name";
        if (all.empty()) {
            a.expected =
                "the name of a connector object; the directory has none below " +
                (facts_.base.is_root() ? std::string{"its root"} : facts_.base.to_rfc4514());
            a.fix = "imc dir import " +
                    std::string{"LDIF-OF-THE-CONNECTOR  (a backup of it: imc reg backup --list "
                                "names the folder), or "
                                "imc setup --reinstall"} +
                    facts_.cli_option;
            return;
        }
        std::vector<Entry> ours;
        const auto site_dn = facts_.site_dn ? Dn::parse(*facts_.site_dn) : Result<Dn>{Dn{}};
        const std::string server =
            site_dn && !site_dn->is_root() ? rdn_value(*site_dn) : host_label();
        std::ranges::copy_if(all, std::back_inserter(ours), [&](const Entry& e) {
            return same_word(home_server_name(e), server);
        });
        const auto& candidates = ours.empty() ? all : ours;
        a.expected = list_of(candidates);
        if (ours.size() == 1)
            offer(a, "CommonName", rdn_value(ours.front().dn));
        else
            a.why += "; the candidates are listed, and which is meant cannot be known";
    }

    std::optional<Identity> placed(const Entry& connector)
    {
        const auto site = site_of(connector.dn, facts_.base);
        const std::string place = "cn=...,cn=Connections,cn=Configuration,ou=SITE,o=ORGANIZATION" +
                                  (facts_.base.is_root() ? "" : "," + facts_.base.to_rfc4514());
        if (!site) {
            add("connector.place", not_loaded, Status::failed, connector.dn.to_rfc4514(),
                directory_.description(), place,
                "the connector object does not stand where organization and site can be read from "
                "its "
                "name; move it with 'imc dir rename'");
            return {};
        }
        return with_server(connector, *site);
    }

    std::optional<Identity> with_server(const Entry& connector, const Dn& site)
    {
        const Dn servers = site.child("cn", "Configuration").child("cn", "Servers");
        const auto name = home_server_name(connector);
        const auto object = name.empty() ? Answer<Entry>{ProvenAbsent{}}
                                         : directory_.read(servers.child("cn", name), deadline_);
        if (const auto* server = std::get_if<Entry>(&object)) {
            add("connector.home-server", not_loaded, Status::passed, server->dn.to_rfc4514(),
                connector.dn.to_rfc4514(), "", "");
            return Identity{connector, site.parent(), site, server->dn};
        }
        const auto* silent = std::get_if<CannotSay>(&object);
        auto& a = add("connector.home-server", not_loaded,
                      silent != nullptr ? Status::not_evaluated : Status::failed,
                      std::string{connector.first("imcHomeServer")},
                      connector.dn.to_rfc4514() + ", attribute imcHomeServer",
                      "the DN of a server object below " + servers.to_rfc4514(),
                      silent != nullptr
                          ? silent->reason.to_string()
                          : "the connector belongs to a server that its site does not have");
        if (silent == nullptr) offer_home_server(a, connector, servers);
        return {};
    }

    void offer_home_server(Assertion& a, const Entry& connector, const Dn& servers)
    {
        const auto candidates =
            directory_.search(servers, Scope::one_level, "(objectClass=imcServer)", deadline_);
        if (!candidates || candidates->size() != 1) return;
        const auto dn = candidates->front().dn.to_rfc4514();
        a.fix = "imc dir modify " + shell_word(connector.dn.to_rfc4514()) + " --replace " +
                shell_word("imcHomeServer=" + dn) + facts_.cli_option;
        a.automatic.directory = {
            Change{Change::Kind::modify,
                   connector.dn,
                   {},
                   {AttributeChange{AttributeChange::Kind::replace, "imcHomeServer", {dn}}},
                   {},
                   true,
                   {}}};
    }

    void check_unique(const std::vector<Entry>& all, const Identity& identity)
    {
        std::vector<Entry> claiming;
        std::ranges::copy_if(all, std::back_inserter(claiming), [&](const Entry& e) {
            const auto site = site_of(e.dn, facts_.base);
            return site && same(*site, identity.site) &&
                   same_word(home_server_name(e), rdn_value(identity.server));
        });
        if (claiming.size() <= 1) {
            add("connector.unique", not_loaded, Status::passed, "one connector object",
                identity.server.to_rfc4514(), "", "");
            return;
        }
        add("connector.unique", not_loaded, Status::failed, list_of(claiming),
            "attribute imcHomeServer of these objects", "one connector object per server",
            "two connector objects claim the server cn=" + rdn_value(identity.server) +
                "; give one of them its own server with 'imc dir modify', or delete it with 'imc "
                "dir "
                "delete'. Which is right cannot be known");
    }

    std::string host_label() const
    {
        return facts_.host_name.substr(0, facts_.host_name.find('.'));
    }

    std::optional<Dn> only_server_of_this_host()
    {
        const auto servers =
            directory_.search(facts_.base, Scope::subtree, "(objectClass=imcServer)", deadline_);
        if (!servers) return {};
        std::optional<Dn> only;
        for (const auto& server : *servers) {
            if (!same_word(rdn_value(server.dn), host_label())) continue;
            if (only) return {};
            only = server.dn;
        }
        return only;
    }

    void check_site_dn(const std::optional<std::string>& expected)
    {
        const auto failed = [&](std::string found, std::string why) {
            auto& a = add(
                "identity.site-dn", not_loaded, Status::failed, std::move(found), where("SiteDN"),
                expected.value_or("/o=ORGANIZATION/ou=SITE/cn=Configuration/cn=Servers/cn=SERVER"),
                std::move(why));
            if (expected)
                offer(a, "SiteDN", *expected);
            else
                a.why +=
                    "; no fix is offered, since which names are right cannot be known before the "
                    "connector object is found";
            for (const char* part : {"identity.organization", "identity.site", "identity.server"})
                add(part, not_loaded, Status::not_evaluated, "", where("SiteDN"), "",
                    "SiteDN cannot be read");
        };
        if (!facts_.site_dn)
            return failed("no value", "SiteDN tells who this host is, and it is missing");
        if (trim(*facts_.site_dn).empty()) return failed("an empty text", "SiteDN is empty");
        const auto dn = Dn::parse(*facts_.site_dn);
        if (!dn)
            return failed(printable(*facts_.site_dn),
                          "SiteDN is no distinguished name: " + dn.error().detail());
        const Dn servers = dn->parent();
        if (dn->rdns().size() < 3 || !same_word(rdn_value(servers), "Servers") ||
            !same_word(rdn_value(servers.parent()), "Configuration"))
            return failed(
                printable(*facts_.site_dn),
                "SiteDN has no server part; it ends in /cn=Configuration/cn=Servers/cn=SERVER");
        add("identity.site-dn", not_loaded, Status::passed, *facts_.site_dn, where("SiteDN"), "",
            "");
        compare(*dn, expected);
    }

    void compare(const Dn& found, const std::optional<std::string>& expected)
    {
        const auto wanted = expected ? Dn::parse(*expected) : Result<Dn>{Dn{}};
        const auto judge = [&](const char* id, const char* what, const std::string& have,
                               const std::string& want) {
            if (!expected || !wanted) {
                add(id, not_loaded, Status::not_evaluated, what + std::string{"="} + have,
                    where("SiteDN"), "",
                    "the connector object was not found, so the directory's names are not known");
                return;
            }
            const auto differs = difference(have, want);
            auto& a = add(id, not_loaded, differs.empty() ? Status::passed : Status::failed,
                          what + std::string{"="} + have, where("SiteDN"),
                          what + std::string{"="} + want, "");
            if (differs.empty()) return;
            a.why = "SiteDN's " + std::string{what} + "= " + differs +
                    " from the name in the directory (" + directory_.description() +
                    "). Every name must be equal, byte for byte";
            if (!others_) return offer(a, "SiteDN", *expected);
            // Two hosts that run one connector would be worse than one that does not start.
            offer(a, "CommonName", *others_);
            a.automatic = {};
            a.why += ". SiteDN is of a server whose connector is \"" + *others_ +
                     "\", CommonName of another server's: which of the two values is this host's "
                     "cannot be known. The fix shown is for a host that is SiteDN's";
        };
        judge("identity.organization", "o", std::string{found.value_of("o")},
              wanted ? std::string{wanted->value_of("o")} : "");
        judge("identity.site", "ou", std::string{found.value_of("ou")},
              wanted ? std::string{wanted->value_of("ou")} : "");
        judge("identity.server", "cn", rdn_value(found), wanted ? rdn_value(*wanted) : "");
    }

    const IdentityFacts& facts_;
    Directory& directory_;
    Deadline deadline_;
    std::vector<Assertion>& out_;
    std::optional<std::string> others_;  ///< name of the connector of the server in SiteDN
};

}  // namespace

std::string difference(std::string_view found, std::string_view expected)
{
    if (found == expected) return {};
    if (same_word(found, expected)) return "differs only in letter case";
    if (without_space(found) == without_space(expected)) return "differs only in white space";
    if (same_word(without_space(found), without_space(expected)))
        return "differs only in letter case and white space";
    return "differs";
}

std::string site_dn_text(std::string_view organization, std::string_view site,
                         std::string_view server)
{
    return Dn{}
        .child("o", std::string{organization})
        .child("ou", std::string{site})
        .child("cn", "Configuration")
        .child("cn", "Servers")
        .child("cn", std::string{server})
        .to_x500();
}

std::optional<Identity> judge_identity(const IdentityFacts& facts, Directory& directory,
                                       Deadline deadline, std::vector<Assertion>& out)
{
    return Judge{facts, directory, deadline, out}.run();
}

}  // namespace imc::config
