#pragma once
/// @file config/password_file.h  A password of ours for somebody else, kept in secrets/.
///
/// Errors:  40110 with the path, never with what is in the file.
/// Threads: any; reads the disk.
#include "base/error.h"

namespace imc::config {

/// One line of at most 1,024 octets, without its line end.
Result<std::string> read_password(const std::string& path);

/// What is wrong with the file or its mode (0600); empty: nothing.
std::string password_file_flaw(const std::string& path);

}  // namespace imc::config
