#include "policy/sender_domain.h"

#include "base/text.h"

#include <algorithm>

namespace imc::policy {
namespace {

const std::string rule = "SenderDomainCheck";

Refusal silent(const std::string& domain)
{
    return {451, "4.1.8", "Sender domain " + printable(domain, 255) + " cannot be looked up now",
            rule};
}

}  // namespace

dns::net::awaitable<Verdict> check_sender_domain(dns::Resolver& resolver, std::string domain,
                                                 Deadline deadline)
{
    if (domain.empty() || domain.starts_with('[')) co_return std::nullopt;
    const auto mx = co_await resolver.mx(domain, deadline);
    if (std::holds_alternative<CannotSay>(mx)) co_return silent(domain);
    if (const auto* found = std::get_if<dns::Records<dns::Mx>>(&mx)) {
        const bool takes_none = std::ranges::all_of(
            found->values, [](const dns::Mx& host) { return host.host.empty(); });
        if (!takes_none) co_return std::nullopt;
        co_return Refusal{550, "5.7.27",
                          "Sender domain " + printable(domain, 255) + " takes no mail (null MX)",
                          rule};
    }
    const auto addresses = co_await resolver.addresses(domain, deadline);
    if (std::holds_alternative<CannotSay>(addresses)) co_return silent(domain);
    if (std::holds_alternative<ProvenAbsent>(addresses))
        co_return Refusal{550, "5.1.8",
                          "Sender domain " + printable(domain, 255) + " does not exist", rule};
    co_return std::nullopt;
}

}  // namespace imc::policy
