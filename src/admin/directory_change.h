#pragma once
/// @file admin/directory_change.h  A change of the directory in the words of the audit log.
#include "admin/audit_note.h"
#include "directory/directory.h"

#include <boost/json/array.hpp>

namespace imc::admin {

/// Of an attribute, as it may be shown.
boost::json::array values_json(std::string_view attribute, std::span<const std::string> values);
/// As the object would be, for people.
Entry entry_after(Entry entry, const std::vector<AttributeChange>& parts);
/// [{"name","values"}] of the attributes that `parts` name; secrets without values.
boost::json::array touched_values(const Entry& entry, const std::vector<AttributeChange>& parts);

/// "directory.add", as the kind of the changes says; of several kinds "directory.import".
std::string action_of(std::span<const imc::Change> changes);

/// What `changes` are about to do; the directory is asked what stands there. Of one change its
/// object, before and after; of several the same as lists of {"dn","values"}, and of more than
/// twenty their number. Secrets are "(hidden)".
/// @param action  "directory.import"; empty: as the kind of the changes says
/// @param changes  at least one
Change directory_change(Directory& directory, std::span<const imc::Change> changes,
                        std::string action, std::string undo, Deadline deadline);

}  // namespace imc::admin
