#include "base/text.h"
#include "config/load_parts.h"
#include "config/parse.h"
#include "config/parse_parts.h"
#include "config/policy_rows.h"
#include "event/diagnostics.h"

#include <algorithm>
#include <array>
#include <unistd.h>

// What this host's registry says: addresses, limits, and the name we greet with.

namespace imc::config {

std::string system_host_name()
{
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return {};
    return name.data();
}

void Loader::bad_value(const std::string& name, const Error& error, const std::string& expected,
                       const std::string& mend)
{
    auto& a = add("registry.value." + name, EventId::value_invalid, Status::failed);
    a.found = error.detail();
    a.where = where(name);
    a.expected = expected;
    a.why = "the value cannot be read, and the connector does not guess what was meant";
    a.fix = "imc reg add -v " + name + " " + mend + " -f" + paths_.option();
}

void Loader::flawed_rows(const std::string& name, const Rows& rows, const std::string& expected,
                         const std::string& instead)
{
    if (rows.flaws.empty()) return;
    auto& a = add("registry.value." + name, EventId::value_invalid, Status::failed);
    a.found = rows.flaws.front();
    if (rows.flaws.size() > 1)
        a.found += " (and " + std::to_string(rows.flaws.size() - 1) + " rows more)";
    a.where = where(name);
    a.expected = expected;
    a.why = "the value cannot be read, and the connector does not guess what was meant";
    if (rows.kept.empty() && !instead.empty())
        a.fix = "imc reg add -v " + name + " -t MULTI_SZ -d " + instead + " -f" + paths_.option();
    else
        offer_rows(a, paths_, name, rows.kept);
}

void Loader::network()
{
    const auto before = loaded_.assertions.size();
    listeners();
    own_addresses();
    certificates();
    config_.relay = read_relay(*settings_, paths_, loaded_.assertions);
    dns_servers();
    numbers();
    protocol_log();
    session();
    auth();
    admin();
    if (loaded_.assertions.size() == before)
        add("network.values", EventId::value_invalid, Status::passed);
    config_.policy = read_policy(*settings_, paths_, loaded_.assertions);
}

namespace {

/// "192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:53", and with '@' for the last
/// ':', as unbound writes it.
bool is_dns_server(std::string_view text)
{
    if (address_octets(text, nullptr)) return true;
    std::string usual{text};
    if (const auto at = usual.find('@'); at != usual.npos) {
        usual[at] = ':';
        if (!usual.starts_with('[') && usual.find(':') < at)
            usual = "[" + usual.substr(0, at) + "]" + usual.substr(at);
    }
    const auto split = split_port(usual);
    return split && address_octets(split->host, nullptr) &&
           (!split->port || parse_port(*split->port, text));
}

}  // namespace

/// A start with servers that nobody can ask would be refused later, with less to say (40300).
void Loader::dns_servers()
{
    Rows rows;
    for (const auto& text : settings_->list("DnsServers").value_or(std::vector<std::string>{})) {
        const auto server = trim(text);
        if (server.empty()) continue;
        if (same_word(server, "root") || is_dns_server(server)) {
            rows.kept.push_back(text);
            config_.dns_servers.emplace_back(server);
        } else {
            rows.flaws.push_back("\"" + printable(server, 80) + "\"");
        }
    }
    if (config_.dns_servers.size() > 1 &&
        std::ranges::any_of(config_.dns_servers, [](auto& s) { return same_word(s, "root"); }))
        rows.flaws.emplace_back("root beside other servers");
    flawed_rows("DnsServers", rows,
                "ADDRESS or ADDRESS:PORT of a resolver, one a line; or root alone");
}

void Loader::auth()
{
    std::vector<std::string> unknown;
    config_.auth = read_auth_settings(*settings_, unknown);
    Rows rows;
    for (const auto& word :
         settings_->list("AuthMechanisms").value_or(std::vector<std::string>{})) {
        const bool known = std::ranges::find(unknown, word) == unknown.end();
        if (known)
            rows.kept.push_back(word);
        else
            rows.flaws.push_back("\"" + printable(word, 60) + "\"");
    }
    flawed_rows("AuthMechanisms", rows,
                "SCRAM-SHA-256-PLUS, SCRAM-SHA-256, EXTERNAL, PLAIN or LOGIN, one a line");
}

void Loader::networks(const std::string& name, std::vector<Network>& into)
{
    Rows rows;
    for (const auto& text : settings_->list(name).value_or(std::vector<std::string>{})) {
        if (trim(text).empty()) continue;
        auto network = Network::parse(trim(text));
        if (network) {
            into.push_back(std::move(*network));
            rows.kept.push_back(text);
        } else {
            rows.flaws.push_back(network.error().detail());
        }
    }
    flawed_rows(name, rows, "networks such as 192.0.2.0/24 or 192.0.2.0;255.255.255.0, one a line");
}

void Loader::numbers()
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
    number("MaxReturnedSize", config_.reports.returned_octets);
    number("DoubleBouncesPerHour", config_.reports.double_bounces_per_hour);
    number("ListMembers", config_.lists.members);
    number("ListDepth", config_.lists.depth);
    config_.reports.suppress_delivery_reports =
        settings_->number("AlwaysSuppressDR").value_or(0) != 0;
    config_.reports.allow_forwarding = settings_->number("AlwaysAllowForwarding").value_or(0) != 0;
    number("TrackingLogDays", config_.tracking_log_days);
    if (const auto mib = settings_->number("TrackingLogMiB"))
        config_.tracking_log_octets = *mib << 20U;
    number("RejectJournalDays", config_.reject_journal_days);
    number("RejectJournalRate", config_.reject_journal_rate);
    if (const auto mib = settings_->number("RejectJournalDayMiB"))
        config_.reject_journal_day_octets = *mib << 20U;
    if (config_.message_octets == 0) config_.message_octets = std::uint64_t{1} << 40U;
}

void Loader::diagnostics()
{
    for (const auto& category : diagnostics_categories())
        if (const auto level = settings_->number(category.value); level && *level > 0)
            config_.diagnostics.emplace_back(std::string{category.name},
                                             static_cast<unsigned>(*level));
}

void Loader::archival()
{
    auto& archival = config_.archival;
    const auto which = settings_->text("MessageArchival").value_or("none");
    const bool both = same_word(which, "both");
    archival.inbound = both || same_word(which, "inbound");
    archival.outbound = both || same_word(which, "outbound");
    if (const auto mib = settings_->number("ArchiveQuotaMiB")) archival.quota_octets = *mib << 20U;
    archival.stops_mail =
        same_word(settings_->text("ArchiveWhenFull").value_or("continue"), "stop");
}

void Loader::protocol_log()
{
    diagnostics();
    archival();
    networks("MetricsNetworks", config_.metrics_from);
    auto& log = config_.protocol_log;
    number("ProtocolLogLevel", log.level);
    number("ProtocolLogDays", log.kept_days);
    if (const auto mib = settings_->number("ProtocolLogDayMiB")) log.day_octets = *mib << 20U;
    Rows rows;
    for (const auto& row :
         settings_->list("ProtocolLogPeers").value_or(std::vector<std::string>{})) {
        const auto peer = trim(row);
        if (peer.empty()) continue;
        if (log.add_peer(peer))
            rows.kept.push_back(row);
        else
            rows.flaws.push_back("\"" + printable(peer, 80) + "\"");
    }
    flawed_rows("ProtocolLogPeers", rows,
                "networks such as 192.0.2.0/24 and names of hosts or domains, one a line");
}

void Loader::session()
{
    auto& s = config_.session;
    number("MaxTextLine", s.text_line_octets);
    number("MaxHeaderSize", s.header_octets);
    number("MaxHeaderLines", s.header_lines);
    number("MaxProtocolErrors", s.protocol_errors);
    number("MaxRefusalsPerSession", s.refusals);
    number("MaxIdleCommands", s.idle_commands);
    number("MaxMessagesPerSession", s.messages);
    number("MaxMimeDepth", s.mime_depth);
    s.verify = same_word(settings_->text("AnswerVrfy").value_or("off"), "on");
    const auto expand = settings_->text("AnswerExpn").value_or("nobody");
    s.expand = same_word(expand, "everybody")       ? ExpandFor::everybody
               : same_word(expand, "authenticated") ? ExpandFor::authenticated
                                                    : ExpandFor::nobody;
    const auto pickup = settings_->text("PickupAccounts").value_or("root");
    config_.pickup_accounts = same_word(pickup, "nobody")  ? PickupAccounts::nobody
                              : same_word(pickup, "owner") ? PickupAccounts::owner
                                                           : PickupAccounts::root;
    networks("XclientNetworks", s.xclient_from);
    networks("ProxyNetworks", s.proxy_from);
}

void Loader::host_name()
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
    auto& a =
        add("host.name", EventId::host_domain_name_missing, name ? Status::passed : Status::failed);
    a.found = printable(*value);
    a.where = where("Hostname");
    if (name)
        config_.host_name = *name;
    else
        host_name_fix(a, *value);
}

void Loader::host_name_fix(Assertion& a, const std::string& label)
{
    a.where = where("Hostname");
    a.expected = "a host name with its domain, such as mail1.example.org";
    a.why = "we greet other mail servers with this name; without a domain many refuse us "
            "(events 4067, 4058)";
    const auto server = std::string{label.substr(0, label.find('.'))};
    host_fix_ = server;
}

void Loader::finish_host_name()
{
    for (auto& a : loaded_.assertions) {
        if (a.id != "host.name" || a.status != Status::failed || config_.local_domains.empty())
            continue;
        const auto label =
            host_fix_.empty() ? lower(config_.server.rdns().front().front().value) : host_fix_;
        const auto name = parse_domain(label + "." + config_.local_domains.front(), 2);
        if (!name) continue;
        a.fix = "imc reg add -v Hostname -t SZ -d " + shell_word(*name) + " -f" + paths_.option();
        a.automatic.registry = {{"Hostname", "SZ", *name}};
    }
}

}  // namespace imc::config
