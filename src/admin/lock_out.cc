#include "admin/lock_out.h"

#include "base/text.h"

#include <algorithm>
#include <set>

namespace imc::admin {

namespace json = boost::json;

bool could_lock_out(std::string_view name)
{
    constexpr std::string_view names[] = {
        // the Administrator's door, who has a key, and how long it fits
        "AdminListen", "AdminHosts", "AdminIdleMinutes", "AdminSessionHours", "imcAdministrator",
        // whom we ask who somebody is; the identity without which nothing starts
        "HomeDSA", "SiteDN", "CommonName", "imcHomeServer", "imcAdministratorMailbox",
        "DirectoryBase", "DirectoryBindDN", "DirectoryPasswordFile", "DirectoryTLS",
        "DirectoryCAFile", "RecipientSource", "RecipientBase", "RecipientBindDN",
        "RecipientPasswordFile", "RecipientTLS", "RecipientCAFile", "RecipientFilter",
        "RecipientFlavour", "RecipientAttributes",
        // the doors of mail and of monitoring
        "Listeners", "ConnectionTable", "InboundLimits", "DisableAuth", "AuthMechanisms",
        "TlsCertificates", "TlsClientCAFile", "MetricsNetworks"};
    return std::ranges::any_of(names, [&](auto one) { return same_word(one, name); });
}

json::array those_that_could_lock_out(std::span<const config::Difference> rows)
{
    std::set<std::string> found;
    for (const auto& row : rows) {
        // Without a connector, a server or a mailbox object there may be no start, and no sign-in.
        if (row.name.empty() && (!row.before || !row.after))
            found.insert(row.section);
        else if (could_lock_out(row.name))
            found.insert(row.name);
    }
    json::array out;
    for (const auto& name : found)
        out.emplace_back(name);
    return out;
}

}  // namespace imc::admin
