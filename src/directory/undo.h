#pragma once
/// @file directory/undo.h  A change to the directory that can be taken back.
#include "base/paths.h"
#include "directory/directory.h"

namespace imc {

/// What was kept to take a change back.
struct Undo {
    std::string file;  ///< `imc dir import FILE`; empty: there is nothing that could be taken back
    std::vector<std::string> lost;  ///< "userPassword of cn=ann,...": secrets, which no file keeps
};

/// Writes the reverse of `changes` as LDIF into the backup folder, and changes nothing. Then
/// apply_kept() may be called, with the same changes.
Result<Undo> keep_undo(const Paths& paths, Directory& directory, std::span<const Change> changes,
                       Deadline deadline);
/// When the change fails, the file of `undo` is removed again.
Result<> apply_kept(const Paths& paths, Directory& directory, std::span<const Change> changes,
                    const Undo& undo, Deadline deadline);

/// Writes the reverse of `changes` as LDIF into the backup folder, then applies them. When the
/// change fails, the file is removed again.
Result<Undo> apply_with_undo(const Paths& paths, Directory& directory,
                             std::span<const Change> changes, Deadline deadline);

}  // namespace imc
