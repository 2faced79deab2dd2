#pragma once
/// @file event/post_contained.h  Work on a pool that nobody waits for.
///
/// net::post() alone does not do it: Asio ends the process when a handler of a thread_pool throws,
/// and a stop could not say what it waits for.
///
/// Threads: any.
#include "base/pool_work.h"
#include "event/caught.h"

#include <boost/asio/post.hpp>

namespace imc {

/// Runs `work` once, on a thread of `pool`; what it throws is event 4037.
/// @param what  a literal: it must last
/// @throws what net::post() throws, when there is no memory for it
template <class Work>
void post_contained(boost::asio::thread_pool& pool, EventLog& events, const char* what, Work work)
{
    boost::asio::post(pool, [&pool, &events, what, work = std::move(work)]() mutable {
        const PoolWork::Piece piece{pool};
        contained(events, what, work);
    });
}

}  // namespace imc
