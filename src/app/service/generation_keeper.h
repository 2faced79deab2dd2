#pragma once
/// @file app/service/generation_keeper.h  The generation in force: written down, told to the
/// directory, and which of it waits for a restart.
///
/// Number and hash stand on the connector object as imcGeneration ("7 91ab..."), which is no part
/// of what a generation is: writing it makes no new one. Where the account may not write there, the
/// service works without (event 40844, once).
///
/// Threads: the main one.
#include "app/service/generations.h"
#include "app/service/state_board.h"
#include "app/start/start_check.h"
#include "event/log.h"

namespace imc::app {

class GenerationKeeper {
public:
    GenerationKeeper(const Paths& paths, EventLog& events, std::shared_ptr<StateBoard> board)
        : paths_{paths}, events_{events}, board_{std::move(board)}
    {}

    std::uint64_t number() const { return number_; }
    std::string number_text() const { return std::to_string(number_); }

    /// The configuration of the check with the number that keep() will give it: decisions name it.
    config::ConfigPtr numbered(const StartCheck& check) const;

    /// Writes what passed the check; while bridged, the number of what stands in.
    /// @return what is new of it, for people; empty: nothing
    std::string keep(const StartCheck& check);

    /// The service reads all settings now.
    void started(const config::Config& config);

    /// Event 40843 for settings of `config` that wait for the next start, when they became others.
    void judge_restart(const config::Config& config);

private:
    void tell_directory(const StartCheck& check, const Written& written);
    void judge_keeping(const Written& written);

    const Paths& paths_;
    EventLog& events_;
    std::shared_ptr<StateBoard> board_;
    std::uint64_t number_ = 0;
    std::string at_start_;  ///< Config::settings
    std::string waiting_;
    std::string last_failure_;
    Unkept unkept_;
    std::string last_unkept_;  ///< why
};

/// Values of the registry that differ between the two texts (Config::settings) and are read only
/// at a start: "DnsServers".
std::vector<std::string> waiting_for_restart(std::string_view at_start, std::string_view now);

}  // namespace imc::app
