#pragma once
/// @file cli/queue/source.h  Where the commands that only look at the queue have their answers
/// from: the service, or, while none runs, its spool.
///
/// What the answer is not, the first line on stderr says: that the service does not run, or that it
/// still reads its spool.
///
/// Errors: 40400 (the service does not run, and its spool cannot be read), 40151 (nobody answers,
///         but a process has the spool), those of the service
#include "cli/command.h"
#include "event/log.h"

#include <memory>

namespace imc::cli {

class Source {
public:
    explicit Source(Context& context);
    ~Source();
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    /// @param target  path and query, encoded, as for admin::call()
    Result<std::string> get(const std::string& target);

private:
    class Stopped;
    void say(const std::string& line);
    void say_loading(const std::string& loading);
    Result<std::string> from_stopped(const std::string& target);
    Result<std::string> from_spool(const std::string& target, const Error& why_not_the_service);

    Context& context_;
    EventLog events_;  ///< damage goes to stderr
    std::unique_ptr<Stopped> stopped_;
    bool said_ = false;
};

}  // namespace imc::cli
