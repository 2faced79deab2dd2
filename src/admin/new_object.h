#pragma once
/// @file admin/new_object.h  What makes a new mailbox, contact, list or profile of a domain.
///
/// Errors:  40402 (what was asked for cannot be understood; os_code: the exit status of a command,
///          0: 2), 40110 (an alias that is none), 40013 (the alias is taken), and what the
///          directory says.
#include "base/paths.h"
#include "directory/directory.h"

#include <functional>

namespace imc::admin {

struct NewObject {
    std::string kind;   ///< "mailbox", "contact", "list" or "domain"
    std::string alias;  ///< or the name of the domain
    std::vector<std::string> addresses = {}, members = {}, hosts = {};
    std::string display_name = {}, given_name = {}, surname = {}, store = {}, target = {}, tls = {},
                auth_user = {}, auth_file = {};
};

/// The DN of a member, as somebody wrote it.
using NameReader = std::function<Result<Dn>(const std::string&)>;

Result<std::vector<imc::Change>> new_object(const Paths& paths, Directory& directory,
                                            const NewObject& wanted, const NameReader& name,
                                            Deadline deadline);

/// The rule for an alias: 1 to 64 octets, no path characters, no control characters.
bool is_alias(std::string_view alias);
std::string alias_expected(std::string_view found);

}  // namespace imc::admin
