#include "app/service/readable.h"

#include "registry/store.h"

namespace imc::app {

config::Config readable_while_held(const Paths& paths, const StartCheck& check,
                                   const std::string& host)
{
    config::Config out;
    out.paths = paths;
    out.host_name = host;
    out.admin = check.admin;
    out.tls = check.tls;
    if (!out.tls.certificates.empty()) return out;
    // There is always a row, unless nothing was read.
    if (const auto good = registry::load(paths.generations() + "/current.reg")) {
        config::AdminFlaws flaws;
        out.admin = config::read_admin_settings(*config::settings_of(*good), flaws);
    }
    return out;
}

}  // namespace imc::app
