#include "config/setting_table.h"

#include "base/text.h"
#include "directory/schema.h"
#include "registry/values.h"

#include <algorithm>

namespace imc::config {
namespace {

struct AttributeRow {
    std::string_view name, unit, range, preset, effect, text;
};

constexpr std::string_view hours_list = "hours from 0 to 100, as in 0.25,0.5,1,4; 0 alone: never";
constexpr std::string_view whole_hours = "1 to 1000";
constexpr std::string_view boolean = "TRUE or FALSE";
constexpr std::string_view at_once = "at once";
constexpr std::string_view next_message = "next connection";

constexpr AttributeRow rows[] = {
    {"imcHomeServer", "", "the DN of a server object of the site", "", at_once,
     "The server object whose host runs this connector."},
    {"imcAdministratorMailbox", "", "the DN of a mailbox with an SMTP address", "", at_once,
     "Who gets postmaster's mail and copies of reports."},
    {"imcAdministrator", "", "ROLE ACCOUNT, or help_desk ACCOUNT @DOMAIN", "", at_once,
     "Who may sign in to the Administrator, and as what: view, help_desk, operator, "
     "administrator."},
    {"imcTransferMode", "", "both, inbound, outbound or none", "both", at_once,
     "Which way mail goes; none only empties the queues."},
    {"imcAddressType", "", "SMTP", "SMTP", at_once, "The connector's address type."},
    {"imcMaxMessageKB", "KiB", "1 to 2097151, or 0 for no limit here", "0", next_message,
     "Largest message. InboundSizeLimit of the registry supersedes it (Q231303)."},
    {"imcNotifyAdministrator", "", boolean, "FALSE", at_once,
     "Copies of failure reports go to the administrator."},
    {"imcNotifyAdministratorOf", "",
     "all, recipient-not-found, ambiguous, host-not-found, protocol-error, conversion-failed, "
     "time-out, size, mailbox-full or policy",
     "all", at_once, "Of which failures the administrator gets copies."},
    {"imcDeliveryRouting", "", "DOMAIN;HOST[:PORT][,HOST...];host or DOMAIN;;dns", "", at_once,
     "Where mail for a domain goes, one row each; the longest match decides."},
    {"imcAddressSpace", "", "TYPE:PATTERN;COST;SCOPE, as in SMTP:*@example.org;1;organization", "",
     at_once, "What the connector carries."},
    {"imcConnectorHost", "", "HOST or HOST:PORT", "", at_once,
     "Where other connectors hand mail over."},
    {"imcLocation", "", "a name", "", at_once, "The location of the server within its site."},
    {"imcSmartHost", "", "HOST or HOST:PORT, or dns: by MX", "dns", at_once,
     "Where mail goes that no delivery row or profile sends elsewhere."},
    {"imcTls", "", "none, may, encrypt, verify or implicit", "may", at_once,
     "TLS with the hosts that mail is sent to."},
    {"imcAuthUser", "", "a user name, or - for nobody", "-", at_once, "Who we sign in as."},
    {"imcAuthPasswordFile", "", "the name of a file in secrets/, without a path", "", at_once,
     "Where the password of imcAuthUser stands."},
    {"imcEightBit", "", "convert, as-is or refuse", "convert", at_once,
     "8-bit mail to hosts without 8BITMIME."},
    {"imcSourceAddress", "", "an IPv4 address, an IPv6 address, or one of each", "", at_once,
     "Our end of connections to other hosts."},
    {"imcMaxConnections", "connections", "1 to 1000", "20", at_once,
     "Connections to one site at the same time."},
    {"imcMessagesPerConnection", "messages", "1 to 100000", "100", at_once,
     "Messages after which a connection is closed."},
    {"imcRecipientsPerTransaction", "recipients", "1 to 10000", "100", at_once,
     "Recipients of one transaction."},
    {"imcMessagesPerMinute", "messages a minute", "0 to 1000000; 0: no limit", "0", at_once,
     "Most messages to one site in a minute."},
    {"imcRetryHours", "hours", hours_list, "0.25,0.5,1,4", at_once,
     "Waits until the next attempt; the last repeats."},
    {"imcRetryHoursUrgent", "hours", hours_list, "", at_once, "As imcRetryHours; urgent mail."},
    {"imcRetryHoursNonUrgent", "hours", hours_list, "", at_once,
     "As imcRetryHours; non-urgent mail."},
    {"imcMessageTimeoutHours", "hours", whole_hours, "48", at_once,
     "After which mail that cannot be delivered is returned."},
    {"imcMessageTimeoutHoursUrgent", "hours", whole_hours, "", at_once,
     "As imcMessageTimeoutHours; urgent mail (half of it when not said)."},
    {"imcMessageTimeoutHoursNonUrgent", "hours", whole_hours, "", at_once,
     "As imcMessageTimeoutHours; non-urgent mail (half as long again when not said)."},
    {"imcNoticeHours", "hours", hours_list, "4", at_once,
     "After which the sender is told that mail waits."},
    {"imcNoticeHoursUrgent", "hours", hours_list, "", at_once, "As imcNoticeHours; urgent mail."},
    {"imcNoticeHoursNonUrgent", "hours", hours_list, "", at_once,
     "As imcNoticeHours; non-urgent mail."},
    {"imcHoldForEtrn", "", boolean, "FALSE", at_once, "Mail waits until its host asks (ETRN)."},
    {"imcEtrnFrom", "", "networks, account:ALIAS or sha256:FINGERPRINT", "", at_once,
     "Who may ask for mail by ETRN."},
    {"imcSubdomains", "", boolean, "TRUE", at_once,
     "FALSE: the profile is of this name only, not of what lies below."},
    {"imcAllowAutoReplies", "", boolean, "FALSE", at_once,
     "Automatic replies may leave to the domain."},
    {"imcAllowOutOfOffice", "", boolean, "FALSE", at_once,
     "Out-of-office replies may leave to the domain."},
    {"imcAllowAutoForward", "", boolean, "FALSE", at_once,
     "Mail forwarded by a rule may leave to the domain."},
    {"imcOutboundAccept", "", "the DN of a person or a list", "", at_once,
     "Whose mail leaves for other hosts; nobody named: everybody's. A list is everybody on it."},
    {"imcOutboundReject", "", "the DN of a person or a list", "", at_once,
     "Whose mail does not leave for other hosts, though imcOutboundAccept names him."},
    {"imcSchedule", "", "always, on-demand, queued MINUTES, or DAYS HH:MM-HH:MM [UTC]", "always",
     at_once, "When mail for other hosts leaves."},
    {"imcLinkTimeoutMinutes", "minutes", "1 to 10080", "60", at_once,
     "After which a link that opened for what waited is closed."},
    {"imcEtrn", "", "HOST[:PORT];DOMAIN[,@DOMAIN,#QUEUE...]", "", at_once,
     "Whom we ask for our mail when the link opens."},
    {"imcEtrnMinutes", "minutes", "0 to 10080; 0: only once", "0", at_once,
     "Until ETRN is sent again while the link is open."},
    {"imcSiteDomain", "", "a mail domain", "", at_once,
     "The mail domains of this site; the first is the site's own."},
    {"imcAddressFormat", "", "TYPE:FORMAT@DOMAIN", "", at_once, "How addresses are made."},
    {"imcSubaddressSeparator", "", "the + of user+detail", "", at_once,
     "Behind it an address says what it is for; without a value there are no such addresses."},
    {"imcRoutingRow", "", "a row of the routing table", "", at_once, "The routing table."},
    {"description", "", "a text", "", at_once, "For people."},
};

const AttributeRow* find_row(std::string_view name)
{
    const auto found = std::ranges::find_if(
        rows, [&](const AttributeRow& row) { return same_word(row.name, name); });
    return found == std::end(rows) ? nullptr : &*found;
}

SettingInfo of_attribute(const AttributeRow& row)
{
    const auto* rule = find_attribute(row.name);
    return {row.name,   row.unit, std::string{row.range},          row.preset,
            row.effect, row.text, rule == nullptr || !rule->single};
}

std::string range_of(const registry::ValueInfo& info)
{
    if (info.type == registry::Type::dword || info.type == registry::Type::qword)
        return std::to_string(info.min) + " to " + std::to_string(info.max);
    std::string out;
    for (const auto word : split(info.choices, ' '))
        if (!word.empty()) out += (out.empty() ? "" : ", ") + std::string{word};
    return out.empty() ? "a text" : out;
}

SettingInfo of_value(const registry::ValueInfo& info)
{
    return {info.name,
            info.unit,
            range_of(info),
            info.preset,
            info.effect,
            info.text,
            info.type == registry::Type::multi_sz};
}

}  // namespace

std::string_view class_of_section(std::string_view section)
{
    if (section == "connector") return "imcConnector";
    if (section == "site addressing") return "imcSiteAddressing";
    if (section == "server" || section == "site" || section == "organization") return "imcDefaults";
    if (section.starts_with("domain ")) return "imcDomainProfile";
    return {};
}

std::vector<std::string_view> settings_of_section(std::string_view section)
{
    std::vector<std::string_view> out;
    if (section == "registry") {
        for (const auto& info : registry::value_table())
            out.push_back(info.name);
        return out;
    }
    const auto* rule = find_class(class_of_section(section));
    if (rule == nullptr) return out;
    auto allowed = split(rule->may, ' ');
    const auto must = split(rule->must, ' ');
    allowed.insert(allowed.end(), must.begin(), must.end());
    // These have settings of their own, and say what connectors inherit.
    const auto also = [&](std::string_view object_class) {
        for (const auto name : split(find_class(object_class)->may, ' '))
            allowed.push_back(name);
    };
    if (section == "site addressing") also("imcDefaults");
    if (section == "server") also("imcServer");
    for (const auto& row : rows)
        if (std::ranges::any_of(allowed, [&](auto name) { return same_word(name, row.name); }))
            out.push_back(row.name);
    return out;
}

std::optional<SettingInfo> find_setting(std::string_view section, std::string_view name)
{
    if (section == "registry") {
        const auto* info = registry::find_value(name);
        return info == nullptr ? std::nullopt : std::optional{of_value(*info)};
    }
    const auto* row = find_row(name);
    const auto known = settings_of_section(section);
    if (row == nullptr || std::ranges::find(known, row->name) == known.end()) return {};
    return of_attribute(*row);
}

std::string_view nearest_setting(std::string_view section, std::string_view name)
{
    std::string_view best;
    std::size_t least = std::max<std::size_t>(2, name.size() / 4);
    for (const auto known : settings_of_section(section))
        if (const auto distance = edit_distance(name, known); distance <= least) {
            best = known;
            least = distance;
        }
    return best;
}

}  // namespace imc::config
