#pragma once
/// @file directory/ldif.h  LDIF, RFC 2849: what imc reads and writes (docs/formats/ldif.md).
///
/// Content records, and change records add, delete, modify, modrdn/moddn. Folding, base64,
/// comments. URL values (":<") are refused: a file that is imported must not name other files.
///
/// Errors: 40016 with the line. Threads: pure functions.
#include "directory/directory.h"

namespace imc {

/// A content record becomes an add.
Result<std::vector<Change>> parse_ldif(std::string_view text);

/// Values of secret attributes (schema.h) are left out unless they are asked for; a comment says
/// so.
enum class Secrets : std::uint8_t { hidden, shown };

/// A content record and an empty line.
std::string to_ldif(const Entry& entry, Secrets secrets = Secrets::hidden);
/// A change record and an empty line, whole: undo.h takes secrets out before it writes one.
std::string to_ldif(const Change& change);

}  // namespace imc
