#include "admin/audit_on_pool.h"

namespace imc::admin {

namespace net = boost::asio;

net::awaitable<Result<std::uint64_t>> AuditOnPool::note(Caller who, Change change)
{
    const auto work = [this, &who, &change] { return audit_.write(who, change); };
    auto written = co_await offload(pool_, work);
    co_return written;
}

net::awaitable<void> AuditOnPool::came_to_nothing(std::uint64_t number, Caller who, std::string why)
{
    const auto work = [this, number, &who, &why] { return audit_.write_failure(number, who, why); };
    // It has raised its event; there is nothing left to refuse.
    (void)co_await offload(pool_, work);
}

net::awaitable<void> AuditOnPool::came_of(std::uint64_t number, Caller who, Change outcome)
{
    const auto work = [this, number, &who, &outcome] {
        return audit_.write_outcome(number, who, outcome);
    };
    (void)co_await offload(pool_, work);  // as above
}

}  // namespace imc::admin
