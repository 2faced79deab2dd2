#pragma once
/// @file directory/search.h  What a search's Error means.
#include "base/error.h"

namespace imc {

/// True for the Error of a search() that found more objects than `limit`.
bool is_more_than_asked(const Error& error);

}  // namespace imc
