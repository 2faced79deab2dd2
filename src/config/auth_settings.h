#pragma once
/// @file config/auth_settings.h  How clients sign in: the Auth* values of the registry.
#include "config/settings_view.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace imc::config {

struct AuthSettings {
    bool disabled = false;                ///< DisableAuth
    bool on_mx = false;                   ///< AuthOnMx
    std::vector<std::string> mechanisms;  ///< upper case; empty: all
    std::uint32_t account_failures = 10;
    std::uint32_t address_failures = 50;
    std::chrono::seconds failure_window{600};
    std::chrono::seconds lock_time{900};
    std::chrono::milliseconds backoff{1000};
    std::chrono::milliseconds backoff_most{16'000};
    std::uint32_t table_entries = 20'000;
    std::uint32_t workers = 2;
    std::uint32_t queue = 64;
    bool audit_success = false;
    friend bool operator==(const AuthSettings&, const AuthSettings&) = default;
};

/// @param unknown  words of AuthMechanisms that name no mechanism
AuthSettings read_auth_settings(const SettingsView& settings, std::vector<std::string>& unknown);

}  // namespace imc::config
