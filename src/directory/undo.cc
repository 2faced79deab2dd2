#include "directory/undo.h"

#include "base/files.h"
#include "directory/ldif.h"
#include "directory/reverse.h"

#include <fmt/chrono.h>

#include <atomic>
#include <unistd.h>

namespace imc {
namespace {

/// Unique within a second and between processes.
std::string file_name(const Paths& paths)
{
    static std::atomic<unsigned> serial{0};
    const auto now = std::chrono::system_clock::to_time_t(wall_clock().now());
    return paths.backup() + fmt::format("/directory-{:%Y%m%dT%H%M%S}Z-{}-{}.ldif", fmt::gmtime(now),
                                        ::getpid(), ++serial);
}

}  // namespace

Result<std::string> apply_with_undo(const Paths& paths, Directory& directory,
                                    std::span<const Change> changes, Deadline deadline)
{
    const auto back = reverse(directory, changes, deadline);
    if (!back) return back.error();
    std::string text = "version: 1\n# Takes a change back: imc dir import THIS-FILE\n\n";
    for (const auto& change : *back)
        text += to_ldif(change);
    const auto file = file_name(paths);
    auto& files = real_files();
    if (auto made = make_folders(files, paths.backup()); !made)
        return Error{EventId::directory_refused, paths.backup() + ": " + made.error().message()};
    if (auto written = write_file_atomically(files, file, text); !written)
        return Error{EventId::directory_refused,
                     file + ": " + written.error().message() + "; nothing was changed"};
    if (auto applied = directory.apply(changes, deadline); !applied) {
        // A server without transactions may have kept a part of it; then the way back is still
        // needed.
        if (!directory.is_local())
            return Error{applied.error().event(),
                         applied.error().detail() + "; to take back what stayed: imc dir import " +
                             file};
        (void)files.remove(file);
        return applied.error();
    }
    return file;
}

}  // namespace imc
