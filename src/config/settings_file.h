#pragma once
/// @file config/settings_file.h  A text file of wanted settings: docs/formats/config-file.md.
///
/// Written by hand or by `imc config export`; names and values are judged by their form here, by
/// their meaning where every configuration is (load.h).
///
/// Errors:  40840 with the line, what was found and what was expected.
/// Threads: pure.
#include "config/snapshot.h"

namespace imc::config {

struct WantedSetting {
    std::string section;                             ///< as setting_table.h has it
    std::string name;                                ///< in its usual spelling
    std::optional<std::vector<std::string>> values;  ///< none: take it away
    std::size_t line = 0;
};

struct SettingsFile {
    std::vector<WantedSetting> settings;
    std::vector<std::string> sections;  ///< that the file has, each once
    std::vector<std::string> gone;      ///< sections of profiles that are to be removed
};

Result<SettingsFile> parse_settings_file(std::string_view text);

/// All that is said, as a file that makes the same of anything.
std::string to_settings_file(const Snapshot& snapshot);

/// `now` as `file` wants it. 40840 when it has no place for what is wanted.
Result<Snapshot> with(const Snapshot& now, const SettingsFile& file);

}  // namespace imc::config
