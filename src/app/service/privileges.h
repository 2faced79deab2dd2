#pragma once
/// @file app/service/privileges.h  From root to the user imc, before anything is read from the
/// network.
///
/// Started as root at the installed places (no --root), the process becomes user and group imc and
/// keeps one capability, to bind ports below 1024. With --root it keeps the caller's identity.
#include "base/error.h"
#include "base/paths.h"

namespace imc::app {

/// Does nothing unless root at the installed places. Error 40116: no user imc, or the kernel
/// refuses.
Result<> drop_privileges(const Paths& paths);

}  // namespace imc::app
