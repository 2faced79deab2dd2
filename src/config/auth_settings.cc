#include "config/auth_settings.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace imc::config {
namespace {

constexpr std::array<std::string_view, 5> known{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "EXTERNAL",
                                                "PLAIN", "LOGIN"};

}  // namespace

AuthSettings read_auth_settings(const SettingsView& settings, std::vector<std::string>& unknown)
{
    AuthSettings out;
    const auto flag = [&](const char* name, bool& into) {
        if (const auto value = settings.number(name)) into = *value != 0;
    };
    const auto count = [&](const char* name, std::uint32_t& into) {
        if (const auto value = settings.number(name)) into = static_cast<std::uint32_t>(*value);
    };
    const auto time = [&]<class T>(const char* name, T& into) {
        if (const auto value = settings.number(name))
            into = T{static_cast<typename T::rep>(*value)};
    };
    flag("DisableAuth", out.disabled);
    flag("AuthOnMx", out.on_mx);
    flag("AuthAuditSuccess", out.audit_success);
    count("AuthFailuresToLock", out.account_failures);
    count("AuthFailuresToLockAddress", out.address_failures);
    count("AuthTableEntries", out.table_entries);
    count("AuthWorkers", out.workers);
    count("AuthQueue", out.queue);
    time("AuthFailureWindow", out.failure_window);
    time("AuthLockTime", out.lock_time);
    time("AuthBackoff", out.backoff);
    time("AuthBackoffMost", out.backoff_most);
    for (const auto& text : settings.list("AuthMechanisms").value_or(std::vector<std::string>{})) {
        const auto name = upper(trim(text));
        if (name.empty()) continue;
        if (std::ranges::find(known, name) != known.end())
            out.mechanisms.push_back(name);
        else
            unknown.push_back(text);
    }
    return out;
}

}  // namespace imc::config
