#pragma once
/// @file tracking/archived.h  One copy in the archive: the envelope beside it, and where it stands;
/// docs/formats/archive.md. Pure but for list_archived() and read_archived().
#include "base/error.h"
#include "base/files.h"
#include "base/time.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace imc::tracking {

enum class Direction : std::uint8_t { in, out };
std::string_view to_string(Direction direction);  ///< "in", "out"

struct Archived {
    Direction direction = Direction::in;
    std::string id;  ///< queue id
    WallTime time{};
    std::string sender = {};                   ///< empty: a report
    std::vector<std::string> recipients = {};  ///< those the copy is about, Bcc too
    std::string peer = {};                     ///< who brought it, or the host that took it
    std::string account = {};                  ///< who had signed in
    std::string remote_id = {};                ///< what the other end calls it
    std::uint64_t octets = 0;
    std::string text = {};  ///< file of the text in the same folder
    std::string name = {};  ///< "in/20261127/0000000000007.1"; not in the file
};

std::string write_archived(const Archived& archived);
/// Nothing: it is no envelope.
std::optional<Archived> parse_archived(std::string_view text);

/// Envelopes of copies, oldest day first. @param take  returns false to end
/// @return how many files could not be read as envelopes
IoResult<std::size_t> list_archived(FileSystem& files, const std::string& folder,
                                    const std::function<bool(const Archived&)>& take);

/// @param name  as list_archived() gives it. Nothing: there is no such copy
std::optional<Archived> read_archived(FileSystem& files, const std::string& folder,
                                      const std::string& name);

}  // namespace imc::tracking
