#pragma once
/// @file directory/object_mark.h  A mark by which an object is known again, whoever reads it.
#include "directory/entry.h"

namespace imc {

/// Differs when the object does. The order of values is not part of it, nor is what no tool of ours
/// shows (secrets), nor imcGeneration, which the service itself writes.
std::string mark_of(const Entry& entry);

}  // namespace imc
