#include "cli/setup/plan.h"

#include "admin/new_object.h"
#include "base/files.h"
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

Result<> check_name(const std::string& option, const char* example, const std::string& name)
{
    if (name.empty()) return bad(option, "missing; give the name, as in " + option + " " + example);
    if (name.size() > 64)
        return bad(option, std::to_string(name.size()) + " octets found, at most 64 expected");
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

/// What belongs to an LDAP directory, and only to one.
Result<> check_directory(const SetupPlan& plan, const SetupRequest& request)
{
    const std::pair<const char*, bool> given[] = {
        {"--bind-dn", !request.bind_dn.empty()},
        {"--password-file", !request.password_file.empty()},
        {"--start-tls", request.start_tls},
        {"--ca-file", !request.ca_file.empty()}};
    if (plan.embedded) {
        for (const auto& [option, is_given] : given)
            if (is_given)
                return bad(option, "is for an LDAP directory; --directory is embedded. Give "
                                   "--directory ldap://HOST, or leave it out");
        return {};
    }
    const bool by_kernel = request.directory.starts_with("ldapi:");
    if (request.start_tls && !request.directory.starts_with("ldap:"))
        return bad("--start-tls", "is for ldap:// URLs; " + printable(request.directory) +
                                      (by_kernel ? " needs no TLS" : " is protected already"));
    if (!request.bind_dn.empty()) {
        if (const auto dn = Dn::parse_rfc4514(request.bind_dn); !dn)
            return bad("--bind-dn", dn.error().detail());
        if (request.password_file.empty())
            return bad("--password-file",
                       "missing; a file that holds the password of " + printable(request.bind_dn));
    } else if (!request.password_file.empty()) {
        return bad("--bind-dn", "missing; whose password is in " + request.password_file + "?");
    }
    for (const auto& [option, path] : {std::pair{"--password-file", &request.password_file},
                                       std::pair{"--ca-file", &request.ca_file}}) {
        if (path->empty()) continue;
        const auto content = read_file(real_files(), *path);
        if (!content) return bad(option, *path + ": " + content.error().message());
        if (trim(*content).empty()) return bad(option, *path + " is empty");
    }
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
    if (admin::is_alias(alias)) return {};
    return Error{EventId::value_invalid, admin::alias_expected(alias)};
}

Result<SetupPlan> make_plan(SetupRequest request)
{
    SetupPlan plan;
    auto& names = plan.organization;
    if (request.server.empty())
        request.server = upper(system_name().substr(0, system_name().find('.')));
    for (const auto& [option, example, name] :
         {std::tuple{"--org", "Contoso", &request.organization},
          {"--site", "Oslo", &request.site},
          {"--server", "MAIL1", &request.server}})
        if (auto sound = check_name(option, example, *name); !sound) return sound.error();
    if (request.domain.empty()) return bad("--domain", "missing; as in --domain contoso.example");
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
    if (auto sound = check_directory(plan, request); !sound) return sound.error();
    if (!request.admin_listen.empty())
        if (const auto listener = config::parse_listener(request.admin_listen); !listener)
            return bad("--admin-listen", listener.error().detail());
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
