#pragma once
/// @file app/service/refused_changes.h  A change that came while the service runs and is not taken:
/// said once, by event 40114, until another reason or a change that is taken; under a wrong name by
/// the event of a start, too.
///
/// Threads: one.
#include "config/assertion.h"
#include "event/log.h"

#include <string>

namespace imc::app {

class RefusedChanges {
public:
    explicit RefusedChanges(EventLog& events) : events_{events} {}

    /// @param generation  the one that stays in force
    void refuse(const config::Verdict& verdict, const std::string& generation);
    /// Its configuration is sound, and the service cannot work by it.
    void refuse(const Error& error, const std::string& generation);
    void none() { last_.clear(); }

private:
    bool say(const std::string& why, const char* next_start, const std::string& generation);

    EventLog& events_;
    std::string last_;
};

}  // namespace imc::app
