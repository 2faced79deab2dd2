#pragma once
/// @file app/service/readable.h  What of a configuration that is not sound the Administrator can go
/// by while the service is held.
#include "app/start/start_check.h"

namespace imc::app {

/// admin, tls and host_name. A registry that cannot be read is the one of the last good generation:
/// nobody changed where the pages are by breaking it.
/// @param host  the last good generation's
config::Config readable_while_held(const Paths& paths, const StartCheck& check,
                                   const std::string& host);

}  // namespace imc::app
