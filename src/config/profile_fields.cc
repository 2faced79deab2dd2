#include "config/profile_fields.h"

#include "base/text.h"
#include "config/network.h"
#include "config/parse.h"
#include "config/parse_parts.h"

#include <array>

namespace imc::config {
namespace {

using Values = std::span<const std::string>;
using Secrets = const std::string&;

constexpr std::size_t urgent = 0, normal = 1, non_urgent = 2;

Result<std::uint64_t> number(Values values, std::uint64_t least, std::uint64_t most)
{
    const auto found = parse_number(trim(values.front()));
    if (found && *found >= least && *found <= most) return *found;
    return bad(in_quotes(values.front()));
}

template <auto member, std::uint64_t least, std::uint64_t most, std::uint64_t unit = 1>
Result<> read_number(DomainProfile& into, Values values, Secrets)
{
    const auto found = number(values, least, most);
    if (!found) return found.error();
    into.*member = static_cast<std::remove_reference_t<decltype(into.*member)>>(*found * unit);
    return {};
}

template <auto member>
Result<> read_boolean(DomainProfile& into, Values values, Secrets)
{
    const bool yes = same_word(values.front(), "TRUE");
    if (!yes && !same_word(values.front(), "FALSE")) return bad(in_quotes(values.front()));
    into.*member = yes;
    return {};
}

Result<> read_hosts(DomainProfile& into, Values values, Secrets)
{
    std::vector<Host> hosts;
    for (const auto& text : values) {
        if (same_word(trim(text), "dns") && values.size() == 1) break;
        auto host = parse_host(text, 25);
        if (!host) return host.error();
        hosts.push_back(std::move(*host));
    }
    into.hosts = std::move(hosts);
    return {};
}

Result<> read_tls(DomainProfile& into, Values values, Secrets)
{
    for (const auto tls : {OutboundTls::none, OutboundTls::may, OutboundTls::encrypt,
                           OutboundTls::verify, OutboundTls::implicit}) {
        if (!same_word(values.front(), to_string(tls))) continue;
        into.tls = tls;
        return {};
    }
    return bad(in_quotes(values.front()));
}

Result<> read_eight_bit(DomainProfile& into, Values values, Secrets)
{
    const auto& text = values.front();
    if (same_word(text, "convert"))
        into.eight_bit = EightBitMail::convert;
    else if (same_word(text, "as-is"))
        into.eight_bit = EightBitMail::send_as_is;
    else if (same_word(text, "refuse"))
        into.eight_bit = EightBitMail::refuse;
    else
        return bad(in_quotes(text));
    return {};
}

Result<> read_user(DomainProfile& into, Values values, Secrets)
{
    const auto& text = values.front();
    if (text.size() > 1024 || !is_utf8(text) || text.find('\0') != text.npos)
        return bad(in_quotes(text));
    into.auth_user = text == "-" ? "" : text;
    return {};
}

Result<> read_password_file(DomainProfile& into, Values values, Secrets secrets)
{
    const auto& text = values.front();
    if (text.find('/') != text.npos || text.starts_with('.')) return bad(in_quotes(text));
    into.auth_password_file = secrets + "/" + text;
    return {};
}

Result<> read_sources(DomainProfile& into, Values values, Secrets)
{
    std::string four, six;
    for (const auto& text : values) {
        bool is_v4 = false;
        if (!address_octets(text, &is_v4)) return bad(in_quotes(text));
        auto& one = is_v4 ? four : six;
        if (!one.empty()) return bad(in_quotes(text) + " beside " + in_quotes(one));
        one = text;
    }
    into.source_address = std::move(four);
    into.source_address6 = std::move(six);
    return {};
}

using Seconds = std::vector<std::chrono::seconds>;

Seconds scaled(const Seconds& list, int by, int divided_by)
{
    Seconds out;
    for (const auto time : list)
        out.push_back(time * by / divided_by);
    return out;
}

Result<> read_retry(DomainProfile& into, Values values, Secrets)
{
    const auto list = parse_retry_hours(values.front());
    if (!list) return list.error();
    for (auto& plan : into.retry)
        plan.after = *list;
    return {};
}

/// 24, 48 and 72 h of 48; the same proportion of another number.
Result<> read_timeout(DomainProfile& into, Values values, Secrets)
{
    const auto hours = number(values, 1, 1000);
    if (!hours) return hours.error();
    const std::chrono::seconds time = std::chrono::hours{*hours};
    into.retry[urgent].timeout = time / 2;
    into.retry[normal].timeout = time;
    into.retry[non_urgent].timeout = time * 3 / 2;
    return {};
}

/// 1, 4 and 12 h of 4.
Result<> read_notices(DomainProfile& into, Values values, Secrets)
{
    const auto list = parse_retry_hours(values.front());
    if (!list) return list.error();
    into.retry[urgent].notice_after = scaled(*list, 1, 4);
    into.retry[normal].notice_after = *list;
    into.retry[non_urgent].notice_after = scaled(*list, 3, 1);
    return {};
}

Result<> read_etrn_from(DomainProfile& into, Values values, Secrets)
{
    into.etrn_from.clear();
    for (const auto& text : values) {
        auto row = std::string{trim(text)};
        const auto colon = row.find(':');
        const auto word = std::string_view{row}.substr(0, colon);
        const auto rest = colon == row.npos ? "" : std::string_view{row}.substr(colon + 1);
        const bool account = same_word(word, "account") && !rest.empty() && is_utf8(rest);
        const bool hash = same_word(word, "sha256") && rest.size() == 64 &&
                          rest.find_first_not_of("0123456789abcdefABCDEF") == rest.npos;
        if (account || hash)
            into.etrn_from.push_back(lower(row));
        else if (auto network = Network::parse(row); network)
            into.etrn_from.push_back(std::move(row));
        else
            return bad(in_quotes(text));
    }
    return {};
}

template <std::size_t priority, auto member>
Result<> read_list_of_one(DomainProfile& into, Values values, Secrets)
{
    auto list = parse_retry_hours(values.front());
    if (!list) return list.error();
    into.retry[priority].*member = std::move(*list);
    return {};
}

template <std::size_t priority>
Result<> read_timeout_of_one(DomainProfile& into, Values values, Secrets)
{
    const auto hours = number(values, 1, 1000);
    if (!hours) return hours.error();
    into.retry[priority].timeout = std::chrono::hours{*hours};
    return {};
}

constexpr auto hours_list = "hours from 0 to 100, as in 0.25,0.5,1,4; 0 alone: never";
constexpr auto whole_hours = "whole hours, 1 to 1000";

constexpr std::array fields{
    ProfileField{"imcSubdomains", "TRUE or FALSE", read_boolean<&DomainProfile::subdomains>, false},
    ProfileField{"imcSmartHost", "HOST or HOST:PORT, several in as many values, or dns: by MX",
                 read_hosts},
    ProfileField{"imcTls", "none, may, encrypt, verify or implicit", read_tls},
    ProfileField{"imcAuthUser", "a user name of up to 1,024 octets, or - for nobody", read_user},
    ProfileField{"imcAuthPasswordFile", "the name of a file in secrets/, without a path",
                 read_password_file},
    ProfileField{"imcEightBit", "convert, as-is or refuse", read_eight_bit},
    ProfileField{"imcSourceAddress", "an IPv4 address, an IPv6 address, or one of each",
                 read_sources},
    ProfileField{"imcMaxConnections", "a number from 1 to 1000",
                 read_number<&DomainProfile::connections, 1, 1000>},
    ProfileField{"imcMessagesPerConnection", "a number from 1 to 100000",
                 read_number<&DomainProfile::messages_per_connection, 1, 100'000>},
    ProfileField{"imcRecipientsPerTransaction", "a number from 1 to 10000",
                 read_number<&DomainProfile::recipients_per_transaction, 1, 10'000>},
    ProfileField{"imcMessagesPerMinute", "a number from 0 to 1000000; 0: no limit",
                 read_number<&DomainProfile::messages_per_minute, 0, 1'000'000>},
    ProfileField{"imcMaxMessageKB", "KiB, 1 to 2097151, or 0 for no limit",
                 read_number<&DomainProfile::message_octets, 0, 2'097'151, 1024>, false},
    ProfileField{"imcRetryHours", hours_list, read_retry},
    ProfileField{"imcRetryHoursUrgent", hours_list, read_list_of_one<urgent, &RetryPlan::after>},
    ProfileField{"imcRetryHoursNonUrgent", hours_list,
                 read_list_of_one<non_urgent, &RetryPlan::after>},
    ProfileField{"imcMessageTimeoutHours", whole_hours, read_timeout},
    ProfileField{"imcMessageTimeoutHoursUrgent", whole_hours, read_timeout_of_one<urgent>},
    ProfileField{"imcMessageTimeoutHoursNonUrgent", whole_hours, read_timeout_of_one<non_urgent>},
    ProfileField{"imcNoticeHours", hours_list, read_notices},
    ProfileField{"imcNoticeHoursUrgent", hours_list,
                 read_list_of_one<urgent, &RetryPlan::notice_after>},
    ProfileField{"imcNoticeHoursNonUrgent", hours_list,
                 read_list_of_one<non_urgent, &RetryPlan::notice_after>},
    ProfileField{"imcHoldForEtrn", "TRUE or FALSE", read_boolean<&DomainProfile::hold_for_etrn>},
    ProfileField{"imcAllowAutoReplies", "TRUE or FALSE",
                 read_boolean<&DomainProfile::allow_auto_replies>},
    ProfileField{"imcAllowOutOfOffice", "TRUE or FALSE", read_boolean<&DomainProfile::allow_oof>},
    ProfileField{"imcAllowAutoForward", "TRUE or FALSE",
                 read_boolean<&DomainProfile::allow_auto_forward>},
    ProfileField{"imcEtrnFrom", "networks, account:ALIAS or sha256:FINGERPRINT", read_etrn_from},
};

}  // namespace

std::span<const ProfileField> profile_fields() { return fields; }

std::string_view to_string(OutboundTls tls)
{
    switch (tls) {
    case OutboundTls::none: return "none";
    case OutboundTls::may: return "may";
    case OutboundTls::encrypt: return "encrypt";
    case OutboundTls::verify: return "verify";
    case OutboundTls::implicit: return "implicit";
    }
    return "?";
}

}  // namespace imc::config
