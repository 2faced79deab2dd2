#pragma once
/// @file base/paths.h  Where imc keeps its files: under one root, or at the FHS places.
#include "base/text.h"

#include <string>

namespace imc {

/// Architecture section 3, "Files". Everything that holds mail or names is made with umask 077.
class Paths {
public:
    /// @param root  of `--root` or IMC_ROOT; empty: the installed places.
    explicit Paths(std::string root = {}) : root_{std::move(root)} {}

    const std::string& root() const { return root_; }
    bool is_installed() const { return root_.empty(); }

    std::string registry() const { return etc("registry.reg"); }
    std::string secrets() const { return etc("secrets"); }
    std::string admin_tokens() const { return secrets() + "/admin-tokens"; }
    std::string admin_password() const { return secrets() + "/admin-password"; }
    std::string tls() const { return etc("tls"); }
    std::string backup() const { return var("backup"); }
    std::string directory() const { return var("directory.db"); }
    std::string generations() const { return var("generations"); }
    std::string spool() const { return var("spool"); }
    std::string mail() const { return var("mail"); }
    std::string pickup() const { return var("pickup"); }
    std::string quarantine() const { return var("quarantine"); }
    std::string badmail() const { return var("badmail"); }
    std::string archive() const { return var("archive"); }
    std::string tls_hosts() const { return var("tls-hosts"); }
    std::string log() const { return root_.empty() ? "/var/log/imc" : root_ + "/log"; }
    std::string tracking() const { return log() + "/tracking"; }
    std::string rejects() const { return log() + "/rejects"; }
    std::string protocol() const { return log() + "/protocol"; }
    std::string audit() const { return log() + "/audit"; }
    std::string events() const { return log() + "/events.jsonl"; }
    std::string run() const { return root_.empty() ? "/run/imc" : root_ + "/run"; }
    std::string admin_socket() const { return run() + "/admin.sock"; }
    std::string pid() const { return run() + "/imc.pid"; }
    std::string last_start() const { return run() + "/last-start.json"; }

    /// " --root DIR" for commands that we print, empty when installed.
    std::string option() const { return root_.empty() ? "" : " --root " + shell_word(root_); }

private:
    std::string etc(const char* name) const
    {
        return (root_.empty() ? "/etc/imc" : root_) + "/" + name;
    }
    std::string var(const char* name) const
    {
        return (root_.empty() ? "/var/lib/imc" : root_) + "/" + name;
    }

    std::string root_;
};

}  // namespace imc
