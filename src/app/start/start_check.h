#pragma once
/// @file app/start/start_check.h  The one list of what must be true before the service starts.
#include "config/load.h"

namespace imc::app {

struct StartCheck {
    config::Verdict verdict;
    config::ConfigPtr config;          ///< null unless the configuration itself is sound
    config::AdminSettings admin = {};  ///< as far as it could be read
    config::TlsSetting tls = {};       ///< likewise
    /// Answers recipients' questions; while bridged it cannot say anything. Null when there is
    /// none.
    std::shared_ptr<Directory> directory;
    config::People people = {};
    std::vector<Entry> evidence = {};  ///< what the directory answered
    std::string home_dsa = {}, base = {};
    /// The directory, or that of people, does not answer, or not with what is there now.
    bool unreachable = false;
    std::uint64_t bridged = 0;  ///< the generation whose objects answered in its place
};

/// Evaluates everything. A directory that does not answer is bridged by the last good generation
/// when StartWithoutDirectory says so; one that answers is believed, whatever it says.
/// @param service_pid  see host_checks.h
/// @param instead      judges what is not there yet
StartCheck start_check(const Paths& paths, int service_pid, Deadline deadline,
                       config::Instead instead = {});

/// "Error 2140: ...", the deciding event and the verdict: what a refused start prints.
std::string refusal_text(const Paths& paths, const config::Verdict& verdict);

/// run/last-start.json.
void write_last_start(const Paths& paths, const config::Verdict& verdict);

}  // namespace imc::app
