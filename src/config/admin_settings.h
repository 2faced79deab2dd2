#pragma once
/// @file config/admin_settings.h  The Administrator's server: the Admin* values of the registry,
/// and who may do what there (imcAdministrator).
#include "base/error.h"
#include "config/settings_view.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace imc::config {

struct AdminListen {
    std::string address;  ///< "127.0.0.1", "::"
    std::uint16_t port = 0;
    std::string to_string() const;  ///< "127.0.0.1:8025", "[::1]:8025"
    bool is_loopback() const;
    friend bool operator==(const AdminListen&, const AdminListen&) = default;
};

/// A value of imcAdministrator: "ROLE ACCOUNT [@DOMAIN]"; the account is an alias, an address or a
/// DN, which may hold spaces.
struct AdministratorRow {
    std::string role;     ///< "view", "help_desk", "operator", "administrator"
    std::string account;  ///< as written
    std::string domain;   ///< lower case; of help_desk only; empty: all
    friend bool operator==(const AdministratorRow&, const AdministratorRow&) = default;
};
/// Error 40110: what was found, what is expected.
Result<AdministratorRow> parse_administrator(std::string_view text);

struct AdminSettings {
    std::optional<AdminListen> listen;  ///< AdminListen; none: the control socket only
    std::vector<std::string> hosts;     ///< AdminHosts, lower case
    std::chrono::minutes idle{30};      ///< AdminIdleMinutes
    std::chrono::hours longest{12};     ///< AdminSessionHours
    std::chrono::days audit{365};       ///< AuditLogDays; 0: all are kept
    std::vector<AdministratorRow> administrators = {};
    friend bool operator==(const AdminSettings&, const AdminSettings&) = default;
};

struct AdminFlaws {
    std::string listen;              ///< what is wrong with AdminListen; empty: nothing
    std::vector<std::string> hosts;  ///< rows that are no names
};
/// Of the registry's part.
AdminSettings read_admin_settings(const SettingsView& settings, AdminFlaws& flaws);

}  // namespace imc::config
