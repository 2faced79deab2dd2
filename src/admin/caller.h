#pragma once
/// @file admin/caller.h  Who asks the Administrator's server, and what that one may do.
///
/// Each role may do what the ones before it may. A domain narrows the help desk: it finds and
/// explains mail of that domain only (Caller::sees).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imc::admin {

enum class Role : std::uint8_t {
    nobody,         ///< has not signed in
    view,           ///< sees everything but the text of mail and what is secret
    help_desk,      ///< finds and explains mail, of its own domain
    operates,       ///< "operator": handles the queues, reads queued mail
    administrator,  ///< changes the configuration, the directory, and who may do what
};

std::string_view name_of(Role role);  ///< "view", "help_desk", "operator", "administrator"
std::optional<Role> parse_role(std::string_view name);

/// Who a user of this host is in the audit log, whichever way the change came: "root (uid 0)"; of
/// a number that has no name "uid 1234".
std::string account_of_uid(unsigned uid);

/// From where, in the audit log.
constexpr std::string_view from_control_socket = "control socket";
constexpr std::string_view from_command_line = "command line";

struct Caller {
    enum class By : std::uint8_t { nobody, socket, session, token };

    By by = By::nobody;
    Role role = Role::nobody;
    std::string account;  ///< "root (uid 0)", an alias, "emergency", a token's name
    /// "control socket", "command line", "192.0.2.1:50000", "token NAME from 192.0.2.1:50000"
    std::string from;
    std::string domain;   ///< of a help desk's; empty: all
    std::string session;  ///< key into WebSessions, or the hash of a token; empty: none

    bool may(Role needed) const { return role >= needed; }
    /// Of a help desk that is shown nothing of the mail of other domains.
    bool is_of_one_domain() const { return !domain.empty() && !may(Role::operates); }
    /// False when `address` is of a domain that this caller has no business with. Who has no domain
    /// sees all; an address without domain is then of nobody's.
    bool sees(std::string_view address) const;
};

}  // namespace imc::admin
