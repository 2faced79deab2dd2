#include "config/admin_settings.h"

#include "base/text.h"
#include "config/network.h"
#include "config/parse.h"
#include "config/parse_parts.h"

#include <algorithm>
#include <array>

namespace imc::config {
namespace {

constexpr std::array<std::string_view, 4> roles{"view", "help_desk", "operator", "administrator"};

Result<AdminListen> parse_admin_listen(std::string_view text)
{
    // A listener's row without its words: who speaks here is no mail client.
    const auto row = trim(text);
    if (row.find_first_of(" \t,=") != row.npos)
        return bad(in_quotes(text) + ": ADDRESS:PORT alone is expected");
    const auto listener = parse_listener(row);
    if (!listener) return listener.error();
    return AdminListen{listener->address, listener->port};
}

}  // namespace

std::string AdminListen::to_string() const
{
    const bool v6 = address.find(':') != std::string::npos;
    return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

bool AdminListen::is_loopback() const
{
    static const auto v4 = Network::parse("127.0.0.0/8");
    static const auto v6 = Network::parse("::1");
    return (v4 && v4->contains(address)) || (v6 && v6->contains(address));
}

Result<AdministratorRow> parse_administrator(std::string_view text)
{
    const auto row = trim(text);
    const auto space = row.find(' ');
    AdministratorRow out;
    out.role = lower(row.substr(0, space));
    if (std::ranges::find(roles, out.role) == roles.end())
        return bad(in_quotes(text) +
                   ": view, help_desk, operator or administrator is expected first");
    auto account = space == row.npos ? std::string_view{} : trim(row.substr(space));
    // The last word, when it begins with @; no DN and no alias has one like that.
    if (const auto at = account.rfind(" @"); at != account.npos) {
        const auto domain = parse_domain(account.substr(at + 2), 1);
        if (!domain) return domain.error();
        if (out.role != "help_desk")
            return bad(in_quotes(text) + ": only help_desk is of a domain");
        out.domain = lower(*domain);
        account = trim(account.substr(0, at));
    }
    if (account.empty() || account.starts_with('@'))
        return bad(in_quotes(text) + ": an alias, an address or a DN is expected after the role");
    out.account = account;
    return out;
}

AdminSettings read_admin_settings(const SettingsView& settings, AdminFlaws& flaws)
{
    AdminSettings out;
    if (const auto text = settings.text("AdminListen"); text && !trim(*text).empty()) {
        auto listen = parse_admin_listen(*text);
        if (listen)
            out.listen = std::move(*listen);
        else
            flaws.listen = listen.error().detail();
    }
    for (const auto& row : settings.list("AdminHosts").value_or(std::vector<std::string>{})) {
        if (trim(row).empty()) continue;
        if (auto host = parse_domain(trim(row), 1))
            out.hosts.push_back(lower(*host));
        else
            flaws.hosts.push_back("\"" + printable(trim(row), 80) + "\"");
    }
    if (const auto minutes = settings.number("AdminIdleMinutes"))
        out.idle = std::chrono::minutes{*minutes};
    if (const auto hours = settings.number("AdminSessionHours"))
        out.longest = std::chrono::hours{*hours};
    if (const auto days = settings.number("AuditLogDays")) out.audit = std::chrono::days{*days};
    return out;
}

}  // namespace imc::config
