#pragma once
/// @file admin/store_with_copy.h  What comes back to the queue is stored as mail that clients
/// bring: its copy in the archive first, if copies are kept.
///
/// Errors:  41090, 41092 (no copy can be kept, and ArchiveWhenFull says that mail stops), those of
///          the spool
#include "queue/copy_keeper.h"

#include <boost/asio/thread_pool.hpp>

namespace imc::admin {

/// @param copies  null: none are kept. All outlive the coroutine.
/// @param before  whom the message was; nothing: it has never been in the queue
boost::asio::awaitable<Result<spool::MessageId>>
store_with_copy(spool::Spool& spool, queue::CopyKeeper* copies, boost::asio::thread_pool& disk,
                spool::NewMessage message, std::optional<queue::CopyKeeper::Before> before);

}  // namespace imc::admin
