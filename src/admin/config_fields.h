#pragma once
/// @file admin/config_fields.h  Settings as fields of the connector's property pages. Pure.
#include "config/provenance.h"

#include <boost/json/object.hpp>

namespace imc::admin {

/// "general", "connections", ...: the page of a setting, by its historic place.
std::string_view tab_of(std::string_view name);
/// "imcRetryHours" -> "Retry hours", "TlsClientCAFile" -> "TLS client CA file"
std::string label_of(std::string_view name);

struct FieldForm {
    std::string_view type;  ///< "text", "list", "number", "boolean", "choice"
    std::vector<std::string> choices = {};
    std::optional<std::uint64_t> min = {}, max = {};
};
FieldForm form_of(std::string_view section, const config::SettingInfo& info);

/// @param waits  for a restart
boost::json::object field_json(const config::Provenance& setting, bool waits);

}  // namespace imc::admin
