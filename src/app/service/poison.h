#pragma once
/// @file app/service/poison.h  Messages that the service died of are set aside, so that one text
/// cannot keep it down.
///
/// Which they are says the spool (spool/working.h); where they go says spool/badmail.h. Copied as
/// they are: their text is not parsed on the way.
///
/// Events:  40160 (set aside), 40161 (cannot be set aside: stays in the spool, and is not sent)
#include "base/files.h"
#include "event/log.h"
#include "spool/spool.h"

#include <boost/asio/any_io_executor.hpp>

#include <string>
#include <vector>

namespace imc::app {

inline constexpr std::uint32_t most_crashes = 2;

struct PoisonParts {
    spool::Spool& spool;
    EventLog& events;
    std::string folder;
    boost::asio::any_io_executor executor;  ///< the spool is told there that they have gone
    const WallClock& clock = wall_clock();
    FileSystem& files = real_files();
};

/// Takes messages that most_crashes processes died of out of `recovered`. A crash before the spool
/// has forgotten one leaves it in both places; the next start sets it aside again, over itself.
void set_aside_poison(const PoisonParts& parts, std::vector<spool::Recovered>& recovered);

}  // namespace imc::app
