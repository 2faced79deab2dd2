#pragma once
/// @file config/generation.h  The generations that are kept: generations/N.json.
///
/// A generation is what was in force and what proved it, so it can be looked at, compared, and
/// brought back. Written by the service (app/service/generations.h), read by everybody.
/// Format: docs/formats/generations.md.
///
/// Errors:  40841 (never in force, too old, cannot be read).
/// Threads: any.
#include "config/snapshot.h"
#include "event/change_note.h"

#include <boost/json/fwd.hpp>

namespace imc::config {

struct Generation {
    std::uint64_t number = 0;
    std::string time;  ///< when it was taken, RFC 3339
    std::string hash;  ///< 16 hexadecimal digits; empty: of an older version
    std::string host_name;
    std::string home_dsa, base;
    std::string registry;          ///< the file's text
    std::vector<Entry> directory;  ///< every object that was asked for; empty: cannot be read
    /// Who made it what it is; "outside" for what no tool of ours wrote.
    struct By {
        std::string user, command, time;
    };
    std::vector<By> by;
    std::vector<Difference> changes;  ///< from the one before
};

constexpr std::uint64_t generations_kept = 50;

std::vector<std::uint64_t> list_generations(const Paths& paths);  ///< the oldest first
Result<Generation> read_generation(const Paths& paths, std::uint64_t number);
Result<Generation> newest_generation(const Paths& paths);

/// All that the generation recorded, as it is of what is there now.
Result<Snapshot> snapshot_of(const Generation& generation);

/// Objects out of LDIF; nothing when any of it cannot be read, since half a directory proves
/// nothing.
std::vector<Entry> objects_of(const std::string& ldif);

/// SHA-256 of registry and directory, cut to 16 digits.
std::string hash_of(std::string_view registry, std::string_view directory);

/// Whose work the step from `before` to `after` was, as the notes tell.
std::vector<Generation::By> authors(const Generation& before, const Generation& after,
                                    const std::vector<ChangeNote>& notes);

boost::json::value to_json(const Difference& difference);
boost::json::array to_json(const std::vector<Generation::By>& by);

/// "anna: imc reg add -v AnswerVrfy -d on"
std::string to_text(const std::vector<Generation::By>& by);

}  // namespace imc::config
