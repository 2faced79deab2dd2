#pragma once
/// @file directory/reverse.h  The way back from a change, worked out before it is made.
#include "directory/directory.h"

namespace imc {

/// The changes that take `changes` back, newest first; asks `directory` for what is there now.
Result<std::vector<Change>> reverse(Directory& directory, std::span<const Change> changes,
                                    Deadline deadline);

}  // namespace imc
