#pragma once
/// @file cli/certificate.h  The certificate with which STARTTLS works from the first minute.
#include "base/error.h"
#include "base/files.h"

#include <string>

namespace imc::cli {

/// Writes `folder`/imc.crt and imc.key (mode 0600): self-signed ECDSA P-256 for `host`, ten years.
/// Existing files are left alone. Errors: 40110.
Result<> make_certificate(FileSystem& files, const std::string& folder, const std::string& host);

}  // namespace imc::cli
