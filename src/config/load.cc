#include "config/load.h"

#include "base/files.h"
#include "base/text.h"
#include "config/identity.h"
#include "config/open_directory.h"
#include "config/parse.h"

#include <algorithm>
#include <unistd.h>

namespace imc::config {
namespace {

constexpr auto refused = EventId::config_load_failed;

std::string system_host_name()
{
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return {};
    return name.data();
}

/// Reads settings into a Config; each flaw becomes an assertion.
class Loader {
public:
    Loader(const Paths& paths, Deadline deadline) : paths_{paths}, deadline_{deadline}
    {
        config_.paths = paths;
    }

    Loaded run()
    {
        reading_ = read_registry(paths_, loaded_.assertions);
        if (!reading_.settings) {
            unjudged({"registry.home-dsa", "directory.reachable", "connector.object",
                      "connector.values", "connector.administrator", "site.address",
                      "connector.delivery", "host.name", "network.values"},
                     "the registry file could not be read");
            return finish();
        }
        settings_ = reading_.settings.get();
        network();
        host_name();
        if (open()) directory();
        return finish();
    }

private:
    Loaded finish()
    {
        const auto ok = std::ranges::all_of(loaded_.assertions, [](const Assertion& a) {
            return a.status == Status::passed || a.status == Status::warning;
        });
        loaded_.listeners = config_.listeners;
        if (ok) loaded_.config = std::make_shared<const Config>(std::move(config_));
        return std::move(loaded_);
    }

    Assertion& add(std::string id, EventId event, Status status)
    {
        loaded_.assertions.push_back({std::move(id), event, status});
        return loaded_.assertions.back();
    }

    void unjudged(std::initializer_list<const char*> ids, const std::string& why)
    {
        for (const char* id : ids)
            add(id, refused, Status::not_evaluated).why = why;
    }

    std::string where(std::string_view value) const
    {
        return paths_.registry() + ", value " + std::string{value};
    }

    // A value of the registry that is flawed in meaning, not in type.
    void bad_value(const std::string& name, const Error& error, const std::string& expected,
                   const std::string& example)
    {
        auto& a = add("registry.value." + name, EventId::value_invalid, Status::failed);
        a.found = error.detail();
        a.where = where(name);
        a.expected = expected;
        a.why = "the value cannot be read, and the connector does not guess what was meant";
        a.fix = "imc reg add -v " + name + " " + example + " -f" + paths_.option();
    }

    void network()
    {
        const auto before = loaded_.assertions.size();
        for (const auto& text : settings_->list("Listeners").value_or(std::vector<std::string>{})) {
            auto listener = parse_listener(text);
            if (listener)
                config_.listeners.push_back(std::move(*listener));
            else
                bad_value("Listeners", listener.error(), "ADDRESS:PORT, one a line",
                          "-t MULTI_SZ -d 0.0.0.0:25");
        }
        networks("RelayAllowList", config_.relay.allow);
        networks("RelayDenyList", config_.relay.deny);
        networks("RelayLocalIPList", config_.relay.local);
        const auto flags = settings_->number("RelayFlags");
        // Without the flags value the lists that exist are in force (an empty list is nobody).
        config_.relay.use_deny = flags ? (*flags & 1U) != 0 : !config_.relay.deny.empty();
        config_.relay.use_allow = flags ? (*flags & 2U) != 0 : !config_.relay.allow.empty();
        config_.relay.use_local = flags && (*flags & 4U) != 0;
        config_.relay.use_authenticated = flags && (*flags & 8U) != 0;
        config_.dns_servers = settings_->list("DnsServers").value_or(std::vector<std::string>{});
        numbers();
        if (loaded_.assertions.size() == before)
            add("network.values", EventId::value_invalid, Status::passed);
    }

    void networks(const std::string& name, std::vector<Network>& into)
    {
        for (const auto& text : settings_->list(name).value_or(std::vector<std::string>{})) {
            if (trim(text).empty()) continue;
            auto network = Network::parse(trim(text));
            if (network)
                into.push_back(std::move(*network));
            else
                bad_value(name, network.error(),
                          "networks such as 192.0.2.0/24 or 192.0.2.0;255.255.255.0, one a line",
                          "-t MULTI_SZ -d 192.0.2.0/24");
        }
    }

    template <class T>
    void number(const char* name, T& into)
    {
        if (const auto value = settings_->number(name)) into = static_cast<T>(*value);
    }

    void numbers()
    {
        number("OutboundPort", config_.outbound_port);
        number("InboundSizeLimit", config_.message_octets);
        number("MaxRecipientsPerMessage", config_.max_recipients);
        number("MaxInboundConnections", config_.max_connections);
        number("MaxInboundConnectionsPerHost", config_.max_connections_per_host);
        number("MaxHops", config_.max_hops);
        number("MaxOutboundConnections", config_.outbound_connections);
        number("MaxOutboundConnectionsPerHost", config_.outbound_connections_per_host);
        number("MaxMessagesPerConnection", config_.messages_per_connection);
        number("DiskSpaceLowWaterMark", config_.low_water_octets);
        if (config_.message_octets == 0) config_.message_octets = std::uint64_t{1} << 40U;
    }

    void host_name()
    {
        const auto value = settings_->text("Hostname");
        config_.host_name = value.value_or("");
        if (!value) {
            auto& a = add("host.name", EventId::host_domain_name_missing, Status::failed);
            a.found = "no value";
            host_name_fix(a, system_host_name());
            return;
        }
        auto name = parse_domain(*value, 2);
        auto& a = add("host.name", EventId::host_domain_name_missing,
                      name ? Status::passed : Status::failed);
        a.found = printable(*value);
        a.where = where("Hostname");
        if (name)
            config_.host_name = *name;
        else
            host_name_fix(a, *value);
    }

    void host_name_fix(Assertion& a, const std::string& label)
    {
        a.where = where("Hostname");
        a.expected = "a host name with its domain, such as mail1.example.org";
        a.why = "we greet other mail servers with this name; without a domain many refuse us "
                "(events 4067, 4058)";
        const auto server = std::string{label.substr(0, label.find('.'))};
        host_fix_ = server;
    }

    bool open()
    {
        auto choice = directory_choice(*settings_);
        if (!choice) {
            auto& a = add("registry.home-dsa", choice.error().event(), Status::failed);
            const bool base = choice.error().event() == EventId::value_invalid;
            a.found = choice.error().detail();
            a.where = where(base ? "DirectoryBase" : "HomeDSA");
            a.expected = base ? "a distinguished name, dc=example,dc=org"
                              : "\"embedded\", or LDAP URLs such as ldap://ldap.example.org";
            a.why = "HomeDSA says where the directory is; without it nothing can be loaded";
            offer_home_dsa(a);
            unjudged({"directory.reachable", "connector.object", "connector.values",
                      "connector.administrator", "site.address", "connector.delivery"},
                     "it is not known which directory to ask");
            return false;
        }
        choice_ = std::move(*choice);
        add("registry.home-dsa", EventId::store_session_init_failed, Status::passed).where =
            where("HomeDSA");
        return reach();
    }

    /// With a directory file present, "embedded" is what was meant; with LDAP settings it is not.
    void offer_home_dsa(Assertion& a)
    {
        if (a.event == EventId::value_invalid) {
            a.fix = "imc reg add -v DirectoryBase -t SZ -d dc=example,dc=org -f" + paths_.option();
            return;
        }
        if (!real_files().status(paths_.directory())) {
            a.fix = "imc reg add -v HomeDSA -t SZ -d ldap://HOST -f" + paths_.option();
            return;
        }
        a.fix = "imc reg add -v HomeDSA -t SZ -d embedded -f" + paths_.option();
        a.automatic.registry = {{"HomeDSA", "SZ", "embedded"}};
    }

    bool reach()
    {
        auto opened = open_directory(paths_, *settings_, choice_);
        Error failure;
        if (opened) {
            loaded_.directory = std::move(*opened);
            failure = probe();
        } else {
            failure = opened.error();
        }
        const bool reached = failure.detail().empty();
        auto& a = add("directory.reachable", refused, reached ? Status::passed : Status::failed);
        a.where = loaded_.directory ? loaded_.directory->description() : paths_.directory();
        if (reached) return true;
        a.found = failure.to_string();
        a.expected = "a directory that answers";
        a.why = "the configuration could not be loaded from the directory";
        a.fix = directory_mend(failure);
        unjudged({"connector.object", "identity.site-dn", "connector.values",
                  "connector.administrator", "site.address", "connector.delivery"},
                 "the directory could not be asked");
        return false;
    }

    std::string directory_mend(const Error& failure) const
    {
        if (choice_.embedded)
            return "restore " + paths_.directory() +
                   " from a backup, or make a new one with 'imc setup'";
        switch (failure.event()) {
        case EventId::directory_no_such_object:
            return "imc reg add -v DirectoryBase -t SZ -d dc=... -f" + paths_.option() +
                   "  (the base found in the server's namingContexts)";
        default:
            return "start the directory server, or correct HomeDSA, DirectoryBindDN, "
                   "DirectoryPasswordFile or "
                   "DirectoryTLS: imc reg query" +
                   paths_.option();
        }
    }

    /// An empty Error when all is well.
    Error probe()
    {
        if (choice_.base.is_root()) {
            const auto found = loaded_.directory->search(choice_.base, Scope::one_level,
                                                         "(objectClass=*)", deadline_, 1000);
            return found ? Error{} : found.error();
        }
        const auto found = loaded_.directory->read(choice_.base, deadline_);
        if (std::holds_alternative<Entry>(found)) return {};
        if (const auto* silent = std::get_if<CannotSay>(&found)) return silent->reason;
        return Error{EventId::directory_no_such_object, "the directory has no object " +
                                                            choice_.base.to_rfc4514() +
                                                            " (DirectoryBase)"};
    }

    void directory()
    {
        const IdentityFacts facts{settings_->text("SiteDN"),
                                  settings_->text("CommonName"),
                                  settings_->text("Hostname").value_or(system_host_name()),
                                  choice_.base,
                                  paths_.registry(),
                                  paths_.option()};
        const auto identity =
            judge_identity(facts, *loaded_.directory, deadline_, loaded_.assertions);
        config_.base = choice_.base;
        if (!identity) {
            unjudged({"connector.values", "connector.administrator", "site.address",
                      "connector.delivery"},
                     "the connector object was not found");
            return;
        }
        config_.organization = identity->organization;
        config_.site = identity->site;
        config_.server = identity->server;
        config_.connector = identity->connector.dn;
        config_.connector_name = identity->connector.dn.rdns().front().front().value;
        site_address(*identity);
        connector_values(identity->connector);
        administrator(identity->connector);
        delivery(identity->connector);
        finish_host_name();
    }

    void finish_host_name()
    {
        for (auto& a : loaded_.assertions) {
            if (a.id != "host.name" || a.status != Status::failed || config_.local_domains.empty())
                continue;
            const auto label =
                host_fix_.empty() ? lower(config_.server.rdns().front().front().value) : host_fix_;
            const auto name = parse_domain(label + "." + config_.local_domains.front(), 2);
            if (!name) continue;
            a.fix =
                "imc reg add -v Hostname -t SZ -d " + shell_word(*name) + " -f" + paths_.option();
            a.automatic.registry = {{"Hostname", "SZ", *name}};
        }
    }

    void site_address(const Identity& identity)
    {
        const auto dn = identity.site.child("cn", "Configuration").child("cn", "Site Addressing");
        const auto object = loaded_.directory->read(dn, deadline_);
        auto& a = add("site.address", EventId::routing_table_unreadable, Status::passed);
        a.where = dn.to_rfc4514() + ", attribute imcSiteDomain";
        a.expected = "the domain(s) of this site, such as contoso.example";
        if (const auto* silent = std::get_if<CannotSay>(&object)) {
            a.status = Status::not_evaluated;
            a.why = silent->reason.to_string();
            return;
        }
        std::string flaw = "no value";
        if (const auto* entry = std::get_if<Entry>(&object)) {
            for (const auto& text : entry->all("imcSiteDomain")) {
                auto domain = parse_domain(text);
                if (domain)
                    config_.local_domains.push_back(std::move(*domain));
                else
                    flaw = domain.error().detail();
            }
            if (config_.local_domains.size() == entry->all("imcSiteDomain").size() &&
                !config_.local_domains.empty()) {
                a.found = config_.local_domains.front();
                return;
            }
        } else {
            flaw = "no such object";
        }
        a.status = Status::failed;
        a.found = flaw;
        a.why = "without a site address of type SMTP the connector does not know which mail is its "
                "own (Q156229)";
        offer_site_domain(a, dn, std::holds_alternative<Entry>(object), identity);
    }

    /// The administrator mailbox's own address tells the domain, when it has one.
    void offer_site_domain(Assertion& a, const Dn& dn, bool exists, const Identity& identity)
    {
        const auto mailbox = Dn::parse(identity.connector.first("imcAdministratorMailbox"));
        if (!mailbox || !exists) return;
        const auto object = loaded_.directory->read(*mailbox, deadline_);
        const auto* entry = std::get_if<Entry>(&object);
        if (entry == nullptr) return;
        const auto address = primary_address(*entry);
        const auto at = address.rfind('@');
        if (at == std::string::npos) return;
        const auto domain = address.substr(at + 1);
        a.fix = "imc dir modify " + shell_word(dn.to_rfc4514()) +
                " --replace imcSiteDomain=" + domain + paths_.option();
        a.automatic.directory = {replace(dn, "imcSiteDomain", {domain})};
    }

    static Change replace(const Dn& dn, std::string attribute, std::vector<std::string> values)
    {
        Change change{Change::Kind::modify, dn};
        change.changes.push_back(
            {AttributeChange::Kind::replace, std::move(attribute), std::move(values)});
        return change;
    }

    static std::string primary_address(const Entry& entry)
    {
        for (const auto& proxy : entry.all("proxyAddresses"))
            if (proxy.starts_with("SMTP:")) return proxy.substr(5);
        return {};
    }

    void connector_values(const Entry& connector)
    {
        const auto before = loaded_.assertions.size();
        const auto bad = [&](const char* attribute, const Error& error, const std::string& expected,
                             const std::string& value) {
            auto& a = add(std::string{"connector.value."} + attribute, refused, Status::failed);
            a.found = error.detail();
            a.where = connector.dn.to_rfc4514() + ", attribute " + attribute;
            a.expected = expected;
            a.why =
                "the attribute's value is unknown, and the connector does not guess what was meant";
            if (value.empty()) return;
            a.fix = "imc dir modify " + shell_word(connector.dn.to_rfc4514()) + " --replace " +
                    attribute + "=" + value + paths_.option();
            a.automatic.directory = {replace(connector.dn, attribute, {value})};
        };
        if (const auto text = connector.first("imcTransferMode"); !text.empty()) {
            const auto mode = parse_transfer_mode(text);
            if (mode)
                config_.mode = *mode;
            else
                bad("imcTransferMode", mode.error(), "both, inbound, outbound or none", "both");
        }
        if (const auto type = connector.first("imcAddressType");
            !type.empty() && !same_word(type, "SMTP"))
            bad("imcAddressType", Error{refused, "\"" + printable(type) + "\""}, "SMTP", "SMTP");
        for (const auto& text : connector.all("imcSmartHost")) {
            auto host = parse_host(text, 25);
            if (host)
                config_.smart_hosts.push_back(std::move(*host));
            else
                bad("imcSmartHost", host.error(), "HOST or HOST:PORT", "");
        }
        if (const auto text = connector.first("imcRetryHours"); !text.empty()) {
            auto hours = parse_retry_hours(text);
            if (hours)
                config_.retry_after = std::move(*hours);
            else
                bad("imcRetryHours", hours.error(), "hours, as in 0.25,0.5,1,4", "0.25,0.5,1,4");
        } else {
            config_.retry_after = *parse_retry_hours("0.25,0.5,1,4");
        }
        if (const auto text = connector.first("imcMessageTimeoutHours"); !text.empty()) {
            const auto hours = parse_number(text);
            if (hours && *hours >= 1 && *hours <= 1000)
                config_.message_timeout = std::chrono::hours{*hours};
            else
                bad("imcMessageTimeoutHours", Error{refused, "\"" + printable(text) + "\""},
                    "whole hours, 1 to 1000", "48");
        }
        if (const auto text = connector.first("imcMaxMessageKB"); !text.empty()) {
            const auto kib = parse_number(text);
            if (kib && *kib <= 2'097'151)
                config_.message_octets = *kib == 0 ? config_.message_octets : *kib * 1024;
            else
                bad("imcMaxMessageKB", Error{refused, "\"" + printable(text) + "\""},
                    "KiB, 1 to 2097151, or 0 for no limit here", "65536");
        }
        config_.notify_administrator = same_word(connector.first("imcNotifyAdministrator"), "TRUE");
        if (loaded_.assertions.size() == before) add("connector.values", refused, Status::passed);
    }

    void administrator(const Entry& connector)
    {
        auto& a = add("connector.administrator", EventId::not_configured, Status::failed);
        a.where = connector.dn.to_rfc4514() + ", attribute imcAdministratorMailbox";
        a.expected = "the DN of a mailbox with an SMTP address";
        const auto text = connector.first("imcAdministratorMailbox");
        if (text.empty()) {
            a.found = "no value";
            a.why = "the connector counts as not configured until it knows who gets postmaster's "
                    "mail (Q183178)";
            return offer_administrator(a, connector, {});
        }
        a.found = printable(text);
        const auto dn = Dn::parse(text);
        if (!dn) {
            a.why = "the value is no distinguished name: " + dn.error().detail();
            return offer_administrator(a, connector, {});
        }
        const auto object = loaded_.directory->read(*dn, deadline_);
        if (const auto* silent = std::get_if<CannotSay>(&object)) {
            a.status = Status::not_evaluated;
            a.why = silent->reason.to_string();
            return;
        }
        const auto* entry = std::get_if<Entry>(&object);
        if (entry == nullptr) {
            a.why = "the mailbox does not exist (any more)";
            return offer_administrator(a, connector, *dn);
        }
        const auto address = primary_address(*entry);
        if (address.find('@') == std::string::npos) {
            a.why = "the mailbox has no primary SMTP address, so nothing can be delivered to it";
            a.where = entry->dn.to_rfc4514() + ", attribute proxyAddresses";
            a.found = "no value that begins with SMTP:";
            return offer_address(a, *entry);
        }
        a.status = Status::passed;
        config_.administrator = {*dn, address};
    }

    void offer_address(Assertion& a, const Entry& mailbox)
    {
        const auto alias = std::string{mailbox.first("mailNickname")};
        if (alias.empty() || config_.local_domains.empty()) return;
        const auto value = "SMTP:" + alias + "@" + config_.local_domains.front();
        a.fix = "imc dir modify " + shell_word(mailbox.dn.to_rfc4514()) + " --add " +
                shell_word("proxyAddresses=" + value) + paths_.option();
        Change change{Change::Kind::modify, mailbox.dn};
        change.changes.push_back({AttributeChange::Kind::add, "proxyAddresses", {value}});
        a.automatic.directory = {std::move(change)};
    }

    /// The only mailbox with the alias "administrator" or "postmaster" is offered; else none.
    void offer_administrator(Assertion& a, const Entry& connector, const Dn& gone)
    {
        const auto found = loaded_.directory->search(
            config_.site, Scope::subtree,
            "(&(objectClass=imcMailbox)(|(mailNickname=administrator)(mailNickname=postmaster)))",
            deadline_);
        std::vector<Entry> fit;
        if (found)
            std::ranges::copy_if(*found, std::back_inserter(fit), [&](const Entry& e) {
                return !same(e.dn, gone) && primary_address(e).find('@') != std::string::npos;
            });
        if (fit.size() != 1) {
            a.fix = "imc dir modify " + shell_word(connector.dn.to_rfc4514()) +
                    " --replace imcAdministratorMailbox=DN-OF-A-MAILBOX" + paths_.option();
            return;
        }
        const auto dn = fit.front().dn.to_rfc4514();
        a.fix = "imc dir modify " + shell_word(connector.dn.to_rfc4514()) + " --replace " +
                shell_word("imcAdministratorMailbox=" + dn) + paths_.option();
        a.automatic.directory = {replace(connector.dn, "imcAdministratorMailbox", {dn})};
    }

    void delivery(const Entry& connector)
    {
        const auto rows = connector.all("imcDeliveryRouting");
        const auto where = connector.dn.to_rfc4514() + ", attribute imcDeliveryRouting";
        bool sound = true;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            auto row = parse_delivery_row(rows[i], i + 1);
            if (row) {
                config_.delivery.push_back(std::move(*row));
                continue;
            }
            sound = false;
            auto& a = add("connector.delivery", EventId::delivery_route_unparsable, Status::failed);
            a.where = where;
            a.found = row.error().detail();
            a.expected = "DOMAIN;HOST[:PORT][,HOST...];host or DOMAIN;;dns";
            a.why = "a row that cannot be read could send mail to the wrong host, which is worse "
                    "than not starting (Q182522)";
            a.fix = "imc dir modify " + shell_word(connector.dn.to_rfc4514()) + " --remove " +
                    shell_word("imcDeliveryRouting=" + rows[i]) + paths_.option();
            Change change{Change::Kind::modify, connector.dn};
            change.changes.push_back(
                {AttributeChange::Kind::remove, "imcDeliveryRouting", {rows[i]}});
            a.automatic.directory = {std::move(change)};
        }
        if (sound)
            add("connector.delivery", EventId::delivery_route_unparsable, Status::passed).where =
                where;
    }

    const Paths& paths_;
    Deadline deadline_;
    Loaded loaded_;
    Config config_;
    RegistryReading reading_;
    const SettingsView* settings_ = nullptr;
    DirectoryChoice choice_;
    std::string host_fix_;
};

}  // namespace

Loaded load(const Paths& paths, Deadline deadline) { return Loader{paths, deadline}.run(); }

}  // namespace imc::config
