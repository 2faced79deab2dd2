#pragma once
/// @file directory/change_made.h  Whether an object looks as a change leaves it.
#include "directory/directory.h"

namespace imc {

/// Whether `now` is what `change` makes of an object, whoever made it; null: the object is not
/// there. Secrets are not compared, since no server gives them back as they were written.
/// @return  nothing: it cannot be told. Of a rename it never can, as that is about two names.
std::optional<bool> shows(const Change& change, const Entry* now);

}  // namespace imc
