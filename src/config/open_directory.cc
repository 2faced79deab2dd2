#include "config/open_directory.h"

#include "base/files.h"
#include "base/text.h"
#include "config/parse.h"
#include "directory/embedded.h"
#include "directory/ldap.h"

#include <algorithm>
#include <mutex>
#include <set>

namespace imc::config {

Result<std::vector<std::string>> ldap_urls(std::string_view text)
{
    std::vector<std::string> urls;
    for (const auto url : split(text, ' ')) {
        if (url.empty()) continue;
        if (!starts_with_word(url, "ldap://") && !starts_with_word(url, "ldaps://") &&
            !starts_with_word(url, "ldapi://"))
            return Error{EventId::store_session_init_failed, "\"" + printable(url, 200) + "\""};
        urls.emplace_back(url);
    }
    return urls;
}

Result<DirectoryChoice> directory_choice(const SettingsView& settings)
{
    DirectoryChoice choice;
    const auto home = settings.text("HomeDSA");
    if (!home || trim(*home).empty())
        return Error{EventId::store_session_init_failed, home ? "an empty text" : "no value"};
    choice.embedded = same_word(trim(*home), "embedded");
    if (!choice.embedded) {
        auto urls = ldap_urls(*home);
        if (!urls) return urls.error();
        choice.urls = *std::move(urls);
    }
    auto base = Dn::parse_rfc4514(settings.text("DirectoryBase").value_or(""));
    if (!base) return Error{EventId::value_invalid, base.error().detail()};
    choice.base = std::move(*base);
    return choice;
}

std::shared_ptr<ChangeMemory> change_memory(const Paths& paths,
                                            const std::vector<std::string>& urls, const Dn& base)
{
    struct Doors {
        std::string root, base;
        std::set<std::string> urls;
        std::shared_ptr<ChangeMemory> memory;
    };
    static std::mutex mutex;
    static std::vector<Doors> all;
    const std::lock_guard lock{mutex};
    const auto name = base.normalized();
    // Several URLs are doors to the same data: one that is added or left out makes no other data.
    auto known = std::ranges::find_if(all, [&](const Doors& doors) {
        return doors.root == paths.root() && doors.base == name &&
               std::ranges::any_of(
                   urls, [&](const std::string& url) { return doors.urls.contains(lower(url)); });
    });
    if (known == all.end())
        known = all.insert(known, {paths.root(), name, {}, std::make_shared<ChangeMemory>()});
    for (const auto& url : urls)
        known->urls.insert(lower(url));
    return known->memory;
}

LdapSettings ldap_settings(const Paths& paths, const SettingsView& settings,
                           std::vector<std::string> urls, const Dn& base, const std::string& names)
{
    LdapSettings ldap;
    ldap.urls = std::move(urls);
    ldap.base = base.to_rfc4514();
    ldap.memory = change_memory(paths, ldap.urls, base);
    ldap.bind_dn = settings.text(names + "BindDN").value_or("");
    const auto password = settings.text(names + "PasswordFile").value_or("");
    ldap.password_file = password.empty() || password.find('/') != std::string::npos
                             ? password
                             : paths.secrets() + "/" + password;
    const auto tls = lower(settings.text(names + "TLS").value_or("none"));
    ldap.tls = tls == "starttls" ? LdapSettings::Tls::start_tls
               : tls == "ldaps"  ? LdapSettings::Tls::ldaps
                                 : LdapSettings::Tls::none;
    ldap.ca_file = settings.text(names + "CAFile").value_or("");
    ldap.sasl_external = ldap.bind_dn.empty() && ldap.urls.front().starts_with("ldapi:");
    // A company's people may be a million, and are looked at every two seconds.
    ldap.counts_by_reading = names != "Recipient";
    ldap.operation_timeout = std::chrono::seconds{settings.number("DirectoryTimeout").value_or(10)};
    return ldap;
}

Result<> probe_directory(const Paths& paths, const SettingsView& settings,
                         const DirectoryChoice& choice, Deadline deadline)
{
    if (choice.embedded) return {};
    return probe(ldap_settings(paths, settings, choice.urls, choice.base, "Directory"), deadline);
}

Result<std::unique_ptr<Directory>> open_directory(const Paths& paths, const SettingsView& settings,
                                                  const DirectoryChoice& choice)
{
    if (choice.embedded) return open_embedded(paths.directory());
    return ldap_directory(ldap_settings(paths, settings, choice.urls, choice.base, "Directory"));
}

Result<std::unique_ptr<SettingsView>> settings_of(const Paths& paths)
{
    std::vector<Assertion> judged;
    auto reading = read_registry(paths, judged);
    if (!reading.settings) return Error{judged.front().event, judged.front().found};
    return std::move(reading.settings);
}

Result<std::unique_ptr<Directory>> open_directory(const Paths& paths, Deadline)
{
    const auto settings = settings_of(paths);
    if (!settings) return settings.error();
    const auto choice = directory_choice(**settings);
    if (!choice)
        return Error{choice.error().event(),
                     "HomeDSA or DirectoryBase: " + choice.error().detail()};
    return open_directory(paths, **settings, *choice);
}

Result<Dn> directory_base(const Paths& paths)
{
    const auto settings = settings_of(paths);
    if (!settings) return settings.error();
    const auto choice = directory_choice(**settings);
    if (!choice) return choice.error();
    return choice->base;
}

Result<Dn> site_dn(const Paths& paths)
{
    const auto settings = settings_of(paths);
    if (!settings) return settings.error();
    const auto base = directory_base(paths);
    if (!base) return base.error();
    const auto dn = Dn::parse((*settings)->text("SiteDN").value_or(""));
    if (!dn) return dn.error();
    const auto organization = dn->value_of("o");
    const auto site = dn->value_of("ou");
    if (organization.empty() || site.empty())
        return Error{EventId::config_load_failed,
                     "SiteDN names no organization and site; run imc check"};
    return base->child("o", std::string{organization}).child("ou", std::string{site});
}

}  // namespace imc::config
