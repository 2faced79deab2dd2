#pragma once
/// @file registry/store.h  The registry file: read, changed under a lock with a backup, restored.
///
/// Every change: lock (registry.reg.lock), a dated copy of what was there into backup/ (unique
/// within a second, the last 200 kept) with, beside it, what the change leaves, an atomic write
/// with fsync of file and folder. Owner and mode stay.
///
/// Errors:  40050 (missing or not readable: owner, mode, who we are), 40051 (syntax), 40052 (not
///          UTF-8), 40053 (locked by another writer), 40054 (cannot be written).
/// Threads: any; two writers are kept apart by the lock, in two processes as well.
#include "base/files.h"
#include "base/paths.h"
#include "registry/reg_text.h"

#include <chrono>
#include <functional>

namespace imc::registry {

Result<Document> load(const std::string& path);

constexpr std::chrono::milliseconds usual_patience{10'000};

struct Changed {
    std::string backup;  ///< name of the copy of what was there before; empty: there was no file
    std::string undo;    ///< the command that takes the change back
};

/// Asked under the lock when all is ready: the octets that stand there, those that will, and the
/// way back. With an Error nothing is written.
using BeforeWrite =
    std::function<Result<>(std::string_view before, std::string_view after, const Changed& saved)>;

/// Calls `change` on the document and writes it. An Error of `change` leaves everything as it was.
/// @param patience  how long to wait for another writer
Result<Changed> update(const Paths& paths, const std::function<Result<>(Document&)>& change,
                       std::chrono::milliseconds patience = usual_patience,
                       const BeforeWrite& before_write = nullptr);

/// Puts `text` in place of the whole file, if that still reads as `before` (empty: is missing);
/// 40842 when it does not. What was there may be broken, and `text` is not judged.
Result<Changed> replace(const Paths& paths, std::string_view before, std::string_view text);

struct Edit {
    std::string name;
    std::string type;  ///< empty: delete the value
    std::string data;
};
/// Values of the Parameters key. @return  the undo command
Result<std::string> set_values(const Paths& paths, const std::vector<Edit>& edits);

std::vector<std::string> list_backups(const Paths& paths);  ///< names, oldest first
std::string latest_backup(const Paths& paths);  ///< the newest that can be read; empty: none

/// @param name  of list_backups(), brought back as it is; "latest", the newest that can be read; or
///              a path.
Result<Changed> restore(const Paths& paths, const std::string& name,
                        const BeforeWrite& before_write = nullptr);

/// As restore(), of the text of a .reg file that is no copy of ours: it must be one.
Result<Changed> restore_text(const Paths& paths, const std::string& text,
                             const BeforeWrite& before_write = nullptr);

/// As restore(), of a copy in backup/, and only while the registry is what the change left that the
/// copy was made before: 40842, naming what would be lost, when somebody has changed it since.
Result<Changed> take_back(const Paths& paths, const std::string& name);
/// Whether take_back() would do it now.
Result<> nothing_came_after(const Paths& paths, const std::string& name);

}  // namespace imc::registry
