#pragma once
/// @file directory/object_mark.h  A mark by which an object is known again, whoever reads it.
#include "directory/entry.h"

namespace imc {

/// The first value of the attribute is another one's than the rest: of imcSiteDomain, the site's
/// own domain.
bool is_first_marked(std::string_view attribute);

/// Differs when the object does. The order of values is not part of it (but which is the first of
/// those that is_first_marked()), nor is what no tool of ours shows (secrets), nor imcGeneration,
/// which the service itself writes.
std::string mark_of(const Entry& entry);

}  // namespace imc
