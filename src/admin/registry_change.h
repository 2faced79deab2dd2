#pragma once
/// @file admin/registry_change.h  A change of the registry in the words of the audit log.
#include "admin/audit_note.h"
#include "registry/tree.h"

namespace imc::admin {

/// As PUT /registry and `imc reg add -d` take it.
std::string registry_data(const registry::Value& value);
/// {"type","data"}; null of none.
boost::json::value registry_value_json(const registry::Value* value);

/// From one text of the registry file to another, either of which may be broken.
/// @param action  "registry.put"
/// @param object  "KEY\NAME": its value alone is told; else each value that differs is, by its
///                name, and of more than fifty their number
Change registry_change(std::string action, std::string object, std::string_view before,
                       std::string_view after, std::string undo);

}  // namespace imc::admin
