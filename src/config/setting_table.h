#pragma once
/// @file config/setting_table.h  Every setting there is: values of the registry, attributes of the
/// directory.
///
/// Of the registry the rows are those of share/registry/ (registry/values.h); of the directory they
/// stand in setting_table.cc. A section says where a setting is kept: "registry", "connector",
/// "server", "site addressing", "site", "organization", or "domain NAME" for a profile.
///
/// Threads: constant tables.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imc::config {

struct SettingInfo {
    std::string_view name;
    std::string_view unit;
    std::string range;        ///< what it may be, for people
    std::string_view preset;  ///< in force where nobody says anything; empty: nothing is
    std::string_view effect;  ///< when a change takes effect
    std::string_view text;    ///< what it is for
    bool several = false;     ///< may have more than one value
};

inline constexpr std::string_view needs_restart = "next start";

/// Ignoring letter case.
std::optional<SettingInfo> find_setting(std::string_view section, std::string_view name);

/// The names a section may have, in the order in which they are shown.
std::vector<std::string_view> settings_of_section(std::string_view section);

/// The object class whose attributes a section may have; empty: no such section, or "registry".
std::string_view class_of_section(std::string_view section);

/// For a name that the section does not have but that looks like one that it has; else empty.
std::string_view nearest_setting(std::string_view section, std::string_view name);

}  // namespace imc::config
