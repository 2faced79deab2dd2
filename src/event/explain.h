#pragma once
/// @file event/explain.h  A number or symbol of the catalogue, for people.
#include "event/catalogue.h"

#include <string>
#include <vector>

namespace imc {

/// All kinds that match: "4086", "imc_config_load_failed".
std::vector<const EventInfo*> find_events(std::string_view what);

/// Meaning, causes with their tests, remedies with their commands, sources.
std::string explain(const EventInfo& event);

/// RFC 3463 status codes as imc uses them: "5.7.1". Empty: not a status code.
std::string explain_status(std::string_view code);

}  // namespace imc
