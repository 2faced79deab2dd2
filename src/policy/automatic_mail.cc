#include "policy/automatic_mail.h"

#include "mail/address.h"
#include "mail/header.h"

#include <algorithm>

namespace imc::policy {

using mail::Automatic;

AutomaticMail look_at(const config::Config& config, std::string_view header, bool null_sender)
{
    AutomaticMail out{mail::look_for_automatic(header, null_sender)};
    // Most mail is neither, and its From need not be read.
    if (out.signs.kind != Automatic::reply && out.signs.kind != Automatic::out_of_office)
        return out;
    for (const auto& value : mail::header_values(header, "From"))
        for (const auto& address : mail::addresses_in(value)) {
            const auto domain = mail::canonical_domain(
                std::string_view{address}.substr(std::min(address.rfind('@') + 1, address.size())));
            out.from_us = out.from_us || std::ranges::find(config.local_domains, domain) !=
                                             config.local_domains.end();
        }
    return out;
}

Automatic forbidden(const config::Config& config, const AutomaticMail& message,
                    std::string_view domain)
{
    const auto kind = message.signs.kind;
    const auto profile = config::profile_for(config, domain);
    bool allowed = true;
    if (kind == Automatic::forward)
        allowed = profile.allow_auto_forward || config.reports.allow_forwarding;
    if (kind == Automatic::reply) allowed = profile.allow_auto_replies || !message.from_us;
    if (kind == Automatic::out_of_office) allowed = profile.allow_oof || !message.from_us;
    return allowed ? Automatic::no : kind;
}

}  // namespace imc::policy
