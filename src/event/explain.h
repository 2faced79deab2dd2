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

}  // namespace imc
