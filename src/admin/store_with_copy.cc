#include "admin/store_with_copy.h"

#include "base/offload.h"

namespace imc::admin {

namespace net = boost::asio;

net::awaitable<Result<spool::MessageId>>
store_with_copy(spool::Spool& spool, queue::CopyKeeper* copies, net::thread_pool& disk,
                spool::NewMessage message, std::optional<queue::CopyKeeper::Before> before)
{
    if (copies == nullptr || !copies->wants()) {
        auto id = co_await spool.store(std::move(message));
        co_return id;
    }
    const auto keep = [copies, &message, &before] { return copies->keep(message, before); };
    const auto kept = co_await offload(disk, keep);
    if (!kept) co_return kept.error();
    // Of what is not stored the copy must be known still.
    spool::NewMessage copied;
    copied.id = message.id;
    copied.evidence = message.evidence;
    auto id = co_await spool.store(std::move(message));
    if (!id) {
        const auto discard = [copies, &copied] { return copies->discard(copied), true; };
        (void)co_await offload(disk, discard);
    }
    co_return id;
}

}  // namespace imc::admin
