#include "base/text.h"
#include "config/load_parts.h"
#include "config/parse.h"
#include "config/policy_rows.h"

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
                       const std::string& example)
{
    auto& a = add("registry.value." + name, EventId::value_invalid, Status::failed);
    a.found = error.detail();
    a.where = where(name);
    a.expected = expected;
    a.why = "the value cannot be read, and the connector does not guess what was meant";
    a.fix = "imc reg add -v " + name + " " + example + " -f" + paths_.option();
}

void Loader::network()
{
    const auto before = loaded_.assertions.size();
    listeners();
    own_addresses();
    certificates();
    config_.relay = read_relay(*settings_, paths_, loaded_.assertions);
    config_.dns_servers = settings_->list("DnsServers").value_or(std::vector<std::string>{});
    numbers();
    protocol_log();
    session();
    auth();
    if (loaded_.assertions.size() == before)
        add("network.values", EventId::value_invalid, Status::passed);
    config_.policy = read_policy(*settings_, paths_, loaded_.assertions);
}

void Loader::auth()
{
    std::vector<std::string> unknown;
    config_.auth = read_auth_settings(*settings_, unknown);
    for (const auto& word : unknown)
        bad_value("AuthMechanisms",
                  Error{EventId::value_invalid, "\"" + printable(word, 60) + "\""},
                  "SCRAM-SHA-256-PLUS, SCRAM-SHA-256, EXTERNAL, PLAIN or LOGIN, one a line",
                  "-t MULTI_SZ -d PLAIN");
}

void Loader::networks(const std::string& name, std::vector<Network>& into)
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
    config_.reports.suppress_delivery_reports =
        settings_->number("AlwaysSuppressDR").value_or(0) != 0;
    config_.reports.allow_forwarding = settings_->number("AlwaysAllowForwarding").value_or(0) != 0;
    number("TrackingLogDays", config_.tracking_log_days);
    number("RejectJournalDays", config_.reject_journal_days);
    number("RejectJournalRate", config_.reject_journal_rate);
    if (const auto mib = settings_->number("RejectJournalDayMiB"))
        config_.reject_journal_day_octets = *mib << 20U;
    if (config_.message_octets == 0) config_.message_octets = std::uint64_t{1} << 40U;
}

void Loader::protocol_log()
{
    auto& log = config_.protocol_log;
    number("ProtocolLogLevel", log.level);
    number("ProtocolLogDays", log.kept_days);
    if (const auto mib = settings_->number("ProtocolLogDayMiB")) log.day_octets = *mib << 20U;
    for (const auto& row :
         settings_->list("ProtocolLogPeers").value_or(std::vector<std::string>{})) {
        const auto peer = trim(row);
        if (peer.empty()) continue;
        if (auto network = Network::parse(peer))
            log.networks.push_back(std::move(*network));
        else if (auto host = parse_domain(peer, 1))
            log.hosts.push_back(lower(*host));
        else
            bad_value("ProtocolLogPeers",
                      Error{EventId::value_invalid, "\"" + printable(peer, 80) + "\""},
                      "networks such as 192.0.2.0/24 and names of hosts or domains, one a line",
                      "-t MULTI_SZ -d mx.example.net");
    }
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
