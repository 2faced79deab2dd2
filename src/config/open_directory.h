#pragma once
/// @file config/open_directory.h  The directory that the registry names.
///
/// Errors: 4018 (HomeDSA missing or wrong), 40110 (another setting), 40001 and what the engine
/// says.
#include "base/paths.h"
#include "config/settings_view.h"
#include "directory/ldap.h"

#include <memory>

namespace imc::config {

struct DirectoryChoice {
    bool embedded = true;
    std::vector<std::string> urls;  ///< of LDAP servers, in order
    Dn base;
};

/// HomeDSA and DirectoryBase, judged: "embedded", or one or more LDAP URLs separated by spaces.
Result<DirectoryChoice> directory_choice(const SettingsView& settings);

/// Opens what `choice` says. For LDAP no question has been asked yet when this returns.
Result<std::unique_ptr<Directory>> open_directory(const Paths& paths, const SettingsView& settings,
                                                  const DirectoryChoice& choice);

/// Asks an LDAP server whether it knows our schema (40031), besides what a first question shows.
Result<> probe_directory(const Paths& paths, const SettingsView& settings,
                         const DirectoryChoice& choice, Deadline deadline);

/// "ldap://a ldaps://b" -> both; nothing for an empty text. 4018 names what is no LDAP URL.
Result<std::vector<std::string>> ldap_urls(std::string_view text);

/// What this process has seen of the changes of a directory, for as long as it lives: the same for
/// every generation, command and check that asks one of these servers for this base.
std::shared_ptr<ChangeMemory> change_memory(const Paths& paths,
                                            const std::vector<std::string>& urls, const Dn& base);

/// With the change_memory() of these servers.
/// @param names  "Directory" or "Recipient": of which BindDN, PasswordFile, TLS and CAFile is read.
LdapSettings ldap_settings(const Paths& paths, const SettingsView& settings,
                           std::vector<std::string> urls, const Dn& base, const std::string& names);

/// The registry, as far as it can be read; the first flaw of the file itself is the Error.
Result<std::unique_ptr<SettingsView>> settings_of(const Paths& paths);

/// For commands: reads the registry, opens the directory. The first flaw is the Error.
Result<std::unique_ptr<Directory>> open_directory(const Paths& paths, Deadline deadline);
Result<Dn> directory_base(const Paths& paths);
/// o=/ou= part of SiteDN as a full Dn below the base.
Result<Dn> site_dn(const Paths& paths);

}  // namespace imc::config
