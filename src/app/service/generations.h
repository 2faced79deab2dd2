#pragma once
/// @file app/service/generations.h  What was last in force: generations/current.json.
///
/// A held service greets with 421 on the listeners of the last good generation; so they are kept.
#include "config/config.h"

#include <optional>

namespace imc::app {

struct LastGood {
    std::uint64_t number = 0;
    std::string host_name;
    std::vector<config::ListenerSetting> listeners;
};

std::optional<LastGood> read_last_good(const Paths& paths);

/// Writes the next number and what belongs to it. @return the number
std::uint64_t write_last_good(const Paths& paths, const config::Config& config);

/// A text that differs when the configuration does; paths and generation do not count.
std::string fingerprint(const config::Config& config);

}  // namespace imc::app
