#include "cli/setup/plan.h"

#include "base/text.h"
#include "config/identity.h"
#include "config/parse.h"

#include <algorithm>
#include <array>
#include <netdb.h>
#include <unistd.h>

namespace imc::cli {
namespace {

Error bad(const std::string& option, const std::string& what)
{
    return Error{EventId::value_invalid, option + ": " + what};
}

Result<> check_name(const std::string& option, const std::string& name)
{
    if (name.empty()) return bad(option, "no value; give the name, as in " + option + " Contoso");
    if (name.size() > 64) return bad(option, "more than 64 octets");
    if (!is_utf8(name)) return bad(option, "the name is not UTF-8");
    if (std::ranges::any_of(name, is_control))
        return bad(option, "a control character in the name");
    if (name != trim(name)) return bad(option, "white space at an end of the name");
    return {};
}

std::string system_name()
{
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
    return name.data();
}

/// What `hostname -f` says; empty when it has no dot.
std::string full_system_name()
{
    const auto name = system_name();
    if (name.find('.') != std::string::npos) return name;
    addrinfo hints{};
    hints.ai_flags = AI_CANONNAME;
    addrinfo* found = nullptr;
    if (::getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return {};
    std::string full = found->ai_canonname != nullptr ? found->ai_canonname : "";
    ::freeaddrinfo(found);
    return full.find('.') != std::string::npos ? full : std::string{};
}

Result<> choose_host_name(SetupPlan& plan)
{
    const auto& request = plan.request;
    if (!request.host_name.empty()) {
        const auto name = config::parse_domain(request.host_name, 2);
        if (!name) return bad("--host-name", name.error().detail());
        plan.host_name = *name;
        return {};
    }
    if (const auto name = config::parse_domain(full_system_name(), 2)) {
        plan.host_name = *name;
        plan.host_name_why = "what hostname -f says";
        return {};
    }
    const auto name =
        config::parse_domain(plan.organization.server + "." + plan.organization.domain, 2);
    if (!name)
        return bad("--host-name",
                   "give one; it cannot be made of server and domain: " + name.error().detail());
    plan.host_name = *name;
    plan.host_name_why = "server and domain, since hostname -f has no dot";
    return {};
}

/// A string of a .reg file.
std::string reg_string(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        out += c;
    }
    return out + "\"";
}

/// hex(7): UTF-16LE strings, each ended by a zero, the list by another.
std::string reg_list(const std::vector<std::string>& texts)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "hex(7):";
    const auto octet = [&](unsigned char o) {
        if (out.back() != ':') out += ',';
        out += {digits[o >> 4U], digits[o & 15U]};
    };
    for (const auto& text : texts) {  // ASCII by construction: addresses and ports
        for (const char c : text) {
            octet(static_cast<unsigned char>(c));
            octet(0);
        }
        octet(0);
        octet(0);
    }
    octet(0);
    octet(0);
    return out;
}

}  // namespace

Result<> check_alias(std::string_view alias)
{
    const bool sound = !alias.empty() && alias.size() <= 64 && alias.front() != '.' &&
                       is_utf8(alias) && std::ranges::none_of(alias, [](char c) {
                           return is_control(c) || std::string_view{"/\\:*?\"<>|@ "}.find(c) !=
                                                       std::string_view::npos;
                       });
    if (sound) return {};
    return bad(
        "alias",
        "\"" + printable(alias, 80) +
            "\" found; 1 to 64 octets without / \\ : * ? \" < > | @, spaces or control characters, "
            "not beginning with a dot, expected");
}

Result<SetupPlan> make_plan(SetupRequest request)
{
    SetupPlan plan;
    auto& names = plan.organization;
    if (request.server.empty())
        request.server = upper(system_name().substr(0, system_name().find('.')));
    for (const auto& [option, name] :
         {std::pair<std::string, std::string>{"--org", request.organization},
          {"--site", request.site},
          {"--server", request.server}})
        if (auto sound = check_name(option, name); !sound) return sound.error();
    const auto domain = config::parse_domain(request.domain, 2);
    if (!domain) return bad("--domain", domain.error().detail());
    if (auto sound = check_alias(request.administrator); !sound)
        return bad("--admin-mailbox", sound.error().detail());
    plan.embedded = same_word(request.directory, "embedded");
    if (!plan.embedded && !request.directory.starts_with("ldap"))
        return bad(
            "--directory",
            "\"" + printable(request.directory) +
                "\" found; embedded, or LDAP URLs such as ldap://ldap.example.org, expected");
    const auto base = Dn::parse_rfc4514(request.base);
    if (!base) return bad("--base", base.error().detail());
    if (request.listen.empty()) request.listen = {"0.0.0.0:25"};
    for (const auto& text : request.listen) {
        const auto listener = config::parse_listener(text);
        if (!listener) return bad("--listen", listener.error().detail());
        plan.listeners.push_back(listener->to_row());
    }
    for (const auto& text : request.smart_hosts)
        if (const auto host = config::parse_host(text, 25); !host)
            return bad("--smart-host", host.error().detail());
    names = {*base,   request.organization,  request.site,       request.server,
             *domain, request.administrator, request.smart_hosts};
    plan.request = std::move(request);
    if (auto chosen = choose_host_name(plan); !chosen) return chosen.error();
    return plan;
}

std::string registry_text(const SetupPlan& plan)
{
    const auto& names = plan.organization;
    std::string out =
        "Windows Registry Editor Version 5.00\n\n"
        "; The registry of this host's Internet Mail Connector. 'imc reg describe' explains every "
        "value,\n"
        "; 'imc check' proves that it agrees with the directory.\n\n"
        "[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters]\n";
    const auto put = [&](const std::string& name, const std::string& data) {
        out += "\"" + name + "\"=" + data + "\n";
    };
    put("SiteDN", reg_string(config::site_dn_text(names.organization, names.site, names.server)));
    put("CommonName", reg_string(config::connector_name(names.server)));
    put("HomeDSA", reg_string(plan.embedded ? "embedded" : plan.request.directory));
    if (!names.base.is_root()) put("DirectoryBase", reg_string(names.base.to_rfc4514()));
    if (!plan.embedded) {
        if (!plan.request.bind_dn.empty()) put("DirectoryBindDN", reg_string(plan.request.bind_dn));
        if (!plan.request.password_file.empty())
            put("DirectoryPasswordFile", reg_string("directory-password"));
        put("DirectoryTLS", reg_string(plan.request.start_tls                         ? "starttls"
                                       : plan.request.directory.starts_with("ldaps:") ? "ldaps"
                                                                                      : "none"));
        if (!plan.request.ca_file.empty()) put("DirectoryCAFile", reg_string(plan.request.ca_file));
    }
    put("Hostname", reg_string(plan.host_name));
    put("Listeners", reg_list(plan.listeners));
    if (!plan.request.admin_listen.empty())
        put("AdminListen", reg_string(plan.request.admin_listen));
    return out;
}

}  // namespace imc::cli
