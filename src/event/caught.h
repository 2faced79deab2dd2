#pragma once
/// @file event/caught.h  What is done with an exception at the edge of a thread, a pool or a
/// coroutine that nobody waits for: it is an event, and does not end the process.
///
/// Asio ends the process when a handler of a thread_pool throws, and forgets silently what a
/// coroutine throws that was spawned `detached`: both say and contain it themselves.
///
/// Events:  4037 (a defect was contained), 41072 (a part of the service begins again)
/// Threads: any. Nothing here throws, out of memory included.
#include "event/log.h"

#include <utility>

namespace imc {

/// Of the exception that is being handled; valid to the end of the catch block that asks. Outside
/// of one: that there is nothing to say.
const char* caught_words() noexcept;

/// 4037 with "where: what was thrown", or "where name: what was thrown". In a catch block.
void raise_caught(EventLog& events, std::string_view where, std::string_view name = {}) noexcept;
/// 41072: `part` goes on by itself. In a catch block.
void raise_begins_again(EventLog& events, std::string_view part) noexcept;

/// Runs `work`. @return false: it threw, and that is an event
template <class Work>
bool contained(EventLog& events, std::string_view where, Work&& work) noexcept
{
    try {
        std::forward<Work>(work)();
        return true;
    } catch (...) {
        raise_caught(events, where);
        return false;
    }
}

}  // namespace imc
