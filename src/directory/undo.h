#pragma once
/// @file directory/undo.h  A change to the directory that can be taken back.
#include "base/paths.h"
#include "directory/directory.h"

namespace imc {

/// Writes the reverse of `changes` as LDIF into the backup folder, then applies them.
/// @return  the file's path: `imc dir import FILE` undoes the change. When the change fails, the
/// file
///          is removed again.
Result<std::string> apply_with_undo(const Paths& paths, Directory& directory,
                                    std::span<const Change> changes, Deadline deadline);

}  // namespace imc
