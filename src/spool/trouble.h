#pragma once
/// @file spool/trouble.h  Whether the disk takes what it is given: said once when it begins (40150)
/// and once when it is over (40154).
///
/// Threads: any.
#include "event/log.h"

#include <boost/system/error_code.hpp>

#include <mutex>

namespace imc::spool {

class Trouble {
public:
    Trouble(EventLog& events, std::string folder) : events_{events}, folder_{std::move(folder)} {}

    /// @return 40150, for whoever waits
    Error begin(const std::string& what, const boost::system::error_code& why)
    {
        const std::lock_guard lock{mutex_};
        const bool begins = text_.empty();
        text_ = what + ": " + why.message();
        Error error{EventId::spool_write_failed, text_, static_cast<unsigned>(why.value())};
        if (begins) events_.raise(error);
        return error;
    }

    void end()
    {
        const std::lock_guard lock{mutex_};
        if (text_.empty()) return;
        text_.clear();
        events_.raise(EventId::spool_works_again, {{"detail", folder_}});
    }

    /// Empty when all is well.
    std::string text() const
    {
        const std::lock_guard lock{mutex_};
        return text_;
    }

private:
    EventLog& events_;
    const std::string folder_;
    mutable std::mutex mutex_;
    std::string text_;
};

}  // namespace imc::spool
