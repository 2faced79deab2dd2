#include "smtp/stream.h"

namespace imc::smtp {

/// For streams of which there are few: the buffer is held while the peer is silent.
net::awaitable<IoResult<std::string_view>> Stream::read(std::size_t most, Deadline deadline)
{
    std::string room(most, '\0');
    const auto octets = co_await read_some(room, deadline);
    if (!octets) co_return octets.error();
    static thread_local std::string shared;
    shared.assign(room, 0, *octets);
    co_return std::string_view{shared};
}

net::awaitable<IoResult<TlsFacts>> Stream::accept_tls(const TlsServer&, Deadline)
{
    co_return boost::system::error_code{net::error::operation_not_supported};
}

net::awaitable<IoResult<TlsFacts>> Stream::connect_tls(const TlsClient&, std::string, Deadline)
{
    co_return boost::system::error_code{net::error::operation_not_supported};
}

}  // namespace imc::smtp
