#include "base/text.h"
#include "config/identity.h"
#include "config/parse.h"
#include "config/policy_rows.h"

#include <algorithm>
#include <tuple>

namespace imc::config {
namespace {

/// Reads the rows of one value; the flawed ones become one assertion whose fix leaves them out.
class Tables {
public:
    Tables(const SettingsView& settings, const Paths& paths, std::vector<Assertion>& out)
        : settings_{settings}, paths_{paths}, out_{out}
    {}

    /// @param parse  of (text, row from 1) -> Result<T>
    template <class T, class Parse>
    std::vector<T> rows(const std::string& name, const std::string& expected, Parse parse)
    {
        std::vector<T> good;
        std::vector<std::string> kept, flaws;
        const auto texts = list(name);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (trim(texts[i]).empty()) continue;
            auto row = parse(std::string_view{texts[i]}, i + 1);
            if (!row) {
                flaws.push_back(row.error().detail());
                continue;
            }
            good.push_back(std::move(*row));
            kept.push_back(texts[i]);
        }
        if (!flaws.empty()) flawed(name, flaws, kept, expected);
        return good;
    }

    std::vector<std::string> list(const std::string& name) const
    {
        return settings_.list(name).value_or(std::vector<std::string>{});
    }

    template <class T>
    void number(const char* name, T& into) const
    {
        if (const auto value = settings_.number(name))
            into = T{static_cast<typename T::rep>(*value)};
    }
    void number(const char* name, std::uint32_t& into) const
    {
        if (const auto value = settings_.number(name)) into = static_cast<std::uint32_t>(*value);
    }

    Assertion& failed(const std::string& name, std::string found, std::string expected)
    {
        out_.push_back({"registry.value." + name, EventId::value_invalid, Status::failed});
        auto& a = out_.back();
        a.found = std::move(found);
        a.expected = std::move(expected);
        a.where = paths_.registry() + ", value " + name;
        return a;
    }

    const SettingsView& settings() const { return settings_; }
    const Paths& paths() const { return paths_; }

private:
    void flawed(const std::string& name, const std::vector<std::string>& flaws,
                const std::vector<std::string>& kept, const std::string& expected)
    {
        std::string found = flaws.front();
        if (flaws.size() > 1) found += " (and " + std::to_string(flaws.size() - 1) + " rows more)";
        auto& a = failed(name, std::move(found), expected);
        a.why =
            "a row that cannot be read would let in, or keep out, the wrong mail; the connector "
            "does not guess what was meant";
        offer_rows(a, paths_, name, kept);
    }

    const SettingsView& settings_;
    const Paths& paths_;
    std::vector<Assertion>& out_;
};

NetworkSet networks(Tables& tables, const std::string& name)
{
    return tables.rows<Network>(
        name, "networks such as 192.0.2.0/24 or 192.0.2.0;255.255.255.0, one a line",
        [](std::string_view text, std::size_t row) -> Result<Network> {
            auto network = Network::parse(trim(text));
            if (network) return network;
            return Error{network.error().event(),
                         "row " + std::to_string(row) + ", column 1: " + network.error().detail()};
        });
}

/// Which of two rows for one network was meant cannot be seen.
void contradictions(Tables& tables, std::vector<ConnectionRow>& rows)
{
    std::vector<const ConnectionRow*> order;
    for (const auto& row : rows)
        order.push_back(&row);
    std::ranges::sort(order, [](const auto* a, const auto* b) {
        return std::tie(a->network.address, a->network.bits, a) <
               std::tie(b->network.address, b->network.bits, b);
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
        const auto& a = *order[i - 1];
        const auto& b = *order[i];
        if (a.network.address != b.network.address || a.network.bits != b.network.bits) continue;
        if (a.reject == b.reject && a.code == b.code && a.require_tls == b.require_tls &&
            a.require_auth == b.require_auth)
            continue;
        auto& finding = tables.failed("ConnectionTable",
                                      "\"" + printable(a.text, 100) + "\" and \"" +
                                          printable(b.text, 100) + "\"",
                                      "one row for a network");
        finding.why =
            "the longest prefix decides, whatever the order of the rows; of two rows for the "
            "same network none does";
        return;
    }
}

}  // namespace

Result<std::string> parse_certificate_name(std::string_view text)
{
    text = trim(text);
    std::string digits;
    for (const char c : text)
        if (c != ':') digits += to_lower(c);
    if (digits.size() == 64 && digits.find_first_not_of("0123456789abcdef") == std::string::npos)
        return digits;
    if (text.find('=') == text.npos)
        return Error{
            EventId::value_invalid,
            "\"" + printable(text, 120) +
                "\" found; 64 hexadecimal digits of a SHA-256 fingerprint, or a subject such "
                "as CN=relay.example.org expected"};
    return std::string{text};
}

RelayRules read_relay(const SettingsView& settings, const Paths& paths, std::vector<Assertion>& out)
{
    Tables tables{settings, paths, out};
    RelayRules rules;
    rules.off = same_word(settings.text("RelayMode").value_or(""), "off");
    rules.allow = networks(tables, "RelayAllowList");
    rules.deny = networks(tables, "RelayDenyList");
    rules.local = networks(tables, "RelayLocalIPList");
    rules.certificates = tables.rows<std::string>(
        "RelayCertificates", "a SHA-256 fingerprint or a subject, one a line",
        [](std::string_view text, std::size_t row) -> Result<std::string> {
            auto name = parse_certificate_name(text);
            if (name) return name;
            return Error{name.error().event(),
                         "row " + std::to_string(row) + ", column 1: " + name.error().detail()};
        });
    rules.domains = tables.rows<DomainPattern>(
        "RelayDomains", "domains such as example.org, or #example.org without what lies below",
        [](std::string_view text, std::size_t row) -> Result<DomainPattern> {
            auto pattern = parse_domain_pattern(text);
            if (pattern) return pattern;
            return Error{pattern.error().event(),
                         "row " + std::to_string(row) + ", column 1: " + pattern.error().detail()};
        });
    // Without the flags value the lists that exist are in force (an empty list is nobody).
    const auto flags = settings.number("RelayFlags");
    rules.use_deny = flags ? (*flags & 1U) != 0 : !rules.deny.empty();
    rules.use_allow = flags ? (*flags & 2U) != 0 : !rules.allow.empty();
    rules.use_local = flags && (*flags & 4U) != 0;
    rules.use_authenticated = flags && (*flags & 8U) != 0;
    rules.use_certificate = flags ? (*flags & 16U) != 0 : !rules.certificates.empty();
    return rules;
}

PolicySettings read_policy(const SettingsView& settings, const Paths& paths,
                           std::vector<Assertion>& out)
{
    const auto before = out.size();
    Tables tables{settings, paths, out};
    PolicySettings policy;
    policy.connections = tables.rows<ConnectionRow>(
        "ConnectionTable",
        "NETWORK accept, require-tls, require-auth or reject [554|521|421] [TEXT]",
        parse_connection_row);
    contradictions(tables, policy.connections);
    policy.limits = tables.rows<LimitRow>(
        "InboundLimits", "rows such as host messages 600/hour or network connections 50",
        parse_limit_row);
    const auto word = settings.text("TurfAction").value_or("");
    auto action = FilterAction::reject;
    if (same_word(word, "quarantine")) action = FilterAction::quarantine;
    if (same_word(word, "tag")) action = FilterAction::tag;
    policy.filter = tables.rows<FilterRow>(
        "TurfTable", "rows such as user@example.net, @example.net quarantine or <>",
        [action](std::string_view text, std::size_t row) {
            return parse_filter_row(text, row, action);
        });
    policy.sizes = tables.rows<SizeRow>(
        "SizeLimits", "rows such as role submission 100 MiB or domain example.net 10 MiB",
        parse_size_row);
    policy.quarantine = settings.text("TurfDir").value_or("");
    if (policy.quarantine.empty()) policy.quarantine = paths.quarantine();
    if (!policy.quarantine.starts_with('/')) {
        auto& a = tables.failed("TurfDir", "\"" + printable(policy.quarantine, 200) + "\"",
                                "an absolute path");
        a.why = "filtered mail must not land in whatever folder the service was started from";
        offer_rows(a, tables.paths(), "TurfDir", {});
    }
    if (const auto octets = settings.number("OutboundSizeLimit")) policy.outbound_octets = *octets;
    tables.number("GreetingDelay", policy.greeting_delay);
    policy.check_sender_domain = settings.number("SenderDomainCheck").value_or(0) != 0;
    policy.reverse_look_up = settings.number("DisableReverseResolve").value_or(0) == 0;
    tables.number("UnknownRecipientLimit", policy.unknown_recipients);
    tables.number("UnknownRecipientClose", policy.unknown_recipients_close);
    tables.number("UnknownRecipientWindow", policy.unknown_recipients_window);
    tables.number("UnknownRecipientDelay", policy.unknown_recipients_delay);
    if (out.size() == before) out.push_back({"registry.policy", EventId::value_invalid});
    return policy;
}

}  // namespace imc::config
