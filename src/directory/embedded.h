#pragma once
/// @file directory/embedded.h  The directory engine in one SQLite file beside the service.
///
/// WAL and synchronous=FULL: a change that returned is on stable storage. Every change is one
/// transaction. Readers never wait for the writer; several processes may have it open.
///
/// Errors:  40001 with the file, the reason and the mend (missing, no rights, no database, damaged,
///          locked, disk full); else those of directory.h.
#include "directory/directory.h"

#include <memory>
#include <string>

namespace imc {

/// Never creates the file.
Result<std::unique_ptr<Directory>> open_embedded(const std::string& path);

/// Makes an empty one, mode 0600. Error 40013 when the file exists.
Result<std::unique_ptr<Directory>> create_embedded(const std::string& path);

}  // namespace imc
