#include "base/text.h"
#include "config/load_parts.h"
#include "config/parse.h"

// What the directory says of this connector: site domains, settings, delivery rows.

namespace imc::config {

void Loader::site_address(const Identity& identity)
{
    const auto dn = identity.site.child("cn", "Configuration").child("cn", "Site Addressing");
    const auto object = asked_->read(dn, deadline_);
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
        addressing_ = *entry;
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

void Loader::offer_site_domain(Assertion& a, const Dn& dn, bool exists, const Identity& identity)
{
    const auto mailbox = Dn::parse(identity.connector.first("imcAdministratorMailbox"));
    if (!mailbox || !exists) return;
    const auto object = asked_->read(*mailbox, deadline_);
    const auto* entry = std::get_if<Entry>(&object);
    if (entry == nullptr) return;
    const auto address = primary_address(*entry);
    const auto at = address.rfind('@');
    if (at == std::string::npos) return;
    const auto domain = address.substr(at + 1);
    a.fix = "imc dir modify " + shell_word(dn.to_rfc4514()) + " --replace imcSiteDomain=" + domain +
            paths_.option();
    a.automatic.directory = {replace(dn, "imcSiteDomain", {domain})};
}

void Loader::connector_values(const Entry& connector)
{
    const auto before = loaded_.assertions.size();
    const auto bad = [&](const char* attribute, const Error& error, const std::string& expected,
                         const std::string& value) {
        const auto& dn = above_.said_by(attribute);
        auto& a = add(std::string{"connector.value."} + attribute, refused, Status::failed);
        a.found = error.detail();
        a.where = dn.to_rfc4514() + ", attribute " + attribute;
        a.expected = expected;
        a.why = "the attribute's value is unknown, and the connector does not guess what was meant";
        if (value.empty()) return;
        a.fix = "imc dir modify " + shell_word(dn.to_rfc4514()) + " --replace " + attribute + "=" +
                value + paths_.option();
        a.automatic.directory = {replace(dn, attribute, {value})};
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
        // The registry's limit, where there is one, supersedes the page's (Q231303).
        const bool superseded = settings_->number("InboundSizeLimit").has_value();
        if (kib && *kib <= 2'097'151)
            config_.message_octets = *kib == 0 || superseded ? config_.message_octets : *kib * 1024;
        else
            bad("imcMaxMessageKB", Error{refused, "\"" + printable(text) + "\""},
                "KiB, 1 to 2097151, or 0 for no limit here", "65536");
    }
    config_.notify_administrator = same_word(connector.first("imcNotifyAdministrator"), "TRUE");
    const auto categories = connector.all("imcNotifyAdministratorOf");
    if (!categories.empty()) config_.reports.copies = 0;
    for (const auto& text : categories) {
        const auto category = parse_report_category(trim(text));
        if (category)
            config_.reports.copies |= 1U << static_cast<unsigned>(*category);
        else if (same_word(trim(text), "all"))
            config_.reports.copies = ~std::uint32_t{0};
        else
            bad("imcNotifyAdministratorOf", Error{refused, "\"" + printable(text) + "\""},
                "all, recipient-not-found, ambiguous, host-not-found, protocol-error, "
                "conversion-failed, time-out, size, mailbox-full or policy",
                "all");
    }
    outbound_senders(connector);
    if (loaded_.assertions.size() == before) add("connector.values", refused, Status::passed);
}

/// A value that is no name would keep out, or let in, whom nobody meant.
void Loader::outbound_senders(const Entry& connector)
{
    const auto read = [&](const char* attribute, std::vector<OutboundSenders::Named>& into) {
        for (const auto& text : connector.all(attribute)) {
            const auto dn = Dn::parse(text);
            if (dn) {
                into.push_back({text, dn->normalized()});
                continue;
            }
            const auto id = std::string{"connector.value."} + attribute;
            row_flaw(id.c_str(), refused, connector.dn, attribute, text, dn.error().detail());
            auto& a = loaded_.assertions.back();
            a.expected = "the DN of a person or a list";
            a.why = "mail of whom nobody meant could leave, or could not";
        }
    };
    read("imcOutboundAccept", config_.outbound.accept);
    read("imcOutboundReject", config_.outbound.reject);
}

void Loader::delivery(const Entry& connector)
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
        change.changes.push_back({AttributeChange::Kind::remove, "imcDeliveryRouting", {rows[i]}});
        a.automatic.directory = {std::move(change)};
    }
    if (sound)
        add("connector.delivery", EventId::delivery_route_unparsable, Status::passed).where = where;
}

}  // namespace imc::config
