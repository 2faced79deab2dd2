#pragma once
/// @file admin/consequences.h  What is no longer true when an object of the directory is renamed or
/// deleted: told before anything is done.
///
/// What breaks comes first (the registry, so that the service would not start; references to the
/// object or to anything below it; administrators; dynamic lists), then what moves or goes with it.
///
/// KB:      Q298565 (SiteDN), Q163243 (CommonName)
/// Errors:  what the directory says; a part of the consequences is never told as all of them.
/// Threads: any; directory and registry are asked.
#include "admin/directory_api.h"

#include <optional>

namespace imc::admin {

struct Consequences {
    std::vector<std::pair<std::string, std::string>> rows;  ///< whose, what; the gravest first
    std::size_t total = 0;                                  ///< of which `rows` has at most 50
};

/// @param becomes  its new name; nothing: it and all below it are deleted
Result<Consequences> consequences_of(const Paths& paths, const Place& place, const Dn& dn,
                                     const std::optional<Dn>& becomes, Deadline deadline);

/// "consequences" (a list of {"dn","what"}) and "consequences_total".
boost::json::object to_json(const Consequences& told);

}  // namespace imc::admin
