#pragma once
/// @file admin/secret_file.h  Small files in secrets/ that only the service's user may read.
///
/// Errors:  41021 with the path and the flaw, never with what is in the file.
/// Threads: any; reads and writes the disk.
#include "base/error.h"
#include "base/files.h"

#include <optional>

namespace imc::admin {

/// Nothing: there is no such file. Others than the owner having any right to it is an Error.
Result<std::optional<std::string>> read_secret(FileSystem& files, const std::string& path);

/// Replaces it in one step, mode 0600, the owner the folder's: root writes for the service.
Result<> write_secret(FileSystem& files, const std::string& path, std::string_view content);

}  // namespace imc::admin
