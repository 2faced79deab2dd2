#pragma once
/// @file app/service/generations.h  What was in force: generations/N.json, the newest in
/// current.json.
///
/// A generation holds the registry's text and every object of the directory that proved it. A held
/// service greets with 421 on its listeners; with StartWithoutDirectory = last-good a directory
/// that does not answer is bridged by its objects. Format: docs/formats/generations.md.
#include "config/generation.h"
#include "config/load.h"

#include <optional>

namespace imc::app {

struct LastGood {
    std::uint64_t number = 0;
    std::string time;  ///< when it was taken, RFC 3339
    std::string host_name;
    std::vector<config::ListenerSetting> listeners;
    std::string home_dsa, base;    ///< of the directory that proved it
    std::vector<Entry> directory;  ///< its objects; empty: the generation cannot bridge
};

std::optional<LastGood> read_last_good(const Paths& paths);

/// What a passed check found.
struct Proof {
    const config::Config& config;
    const std::string& home_dsa;
    const std::string& base;
    const std::vector<Entry>& directory;
};

struct Written {
    std::uint64_t number = 0;
    std::string hash;
    bool is_new = false;
    std::vector<config::Generation::By> by = {};
    std::vector<config::Difference> changes = {};  ///< from the one before
    std::string failure = {};  ///< why it is not kept, or not as the newest; empty: it is
};

/// What this process has put in force and could not keep: its number is nobody else's.
struct Unkept {
    std::uint64_t number = 0;
    std::string hash = {};
};

/// Writes a generation; one that equals the newest, or what could not be kept, keeps its number.
Written write_last_good(const Paths& paths, const Proof& proof, const Unkept& unkept = {});
/// The number that it would get: who is to use it says by which one.
std::uint64_t number_when_written(const Paths& paths, const Proof& proof,
                                  const Unkept& unkept = {});

/// A text that differs when the configuration does; paths and generation do not count.
std::string fingerprint(const config::Config& config);

}  // namespace imc::app
