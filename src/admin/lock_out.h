#pragma once
/// @file admin/lock_out.h  Settings by which who changes them may lock out everybody, himself
/// among them: such a change is best made to go back unless it is kept.
///
/// Pure.
#include "config/snapshot.h"

#include <boost/json/array.hpp>

#include <span>

namespace imc::admin {

/// Of a value of the registry or an attribute of the directory, by its name.
bool could_lock_out(std::string_view name);

/// Those names of `rows` that could, each once. An object that goes as a whole is told by its name.
boost::json::array those_that_could_lock_out(std::span<const config::Difference> rows);

}  // namespace imc::admin
