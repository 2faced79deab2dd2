#include "smtp/stream.h"

namespace imc::smtp {

net::awaitable<IoResult<TlsFacts>> Stream::accept_tls(const TlsServer&, Deadline)
{
    co_return boost::system::error_code{net::error::operation_not_supported};
}

net::awaitable<IoResult<TlsFacts>> Stream::connect_tls(const TlsClient&, std::string, Deadline)
{
    co_return boost::system::error_code{net::error::operation_not_supported};
}

}  // namespace imc::smtp
