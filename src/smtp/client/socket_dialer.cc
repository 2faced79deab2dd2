#include "smtp/client/hosts.h"
#include "smtp/socket_stream.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace imc::smtp::client {
namespace {

using boost::system::error_code;
using Socket = net::generic::stream_protocol::socket;
using tcp = net::ip::tcp;

struct Attempt {
    explicit Attempt(const net::any_io_executor& executor) : socket{executor}, timer{executor} {}
    Socket socket;
    net::steady_timer timer;
    bool over = false;
    bool late = false;
};

class SocketDialer final : public Dialer {
public:
    explicit SocketDialer(std::string source) : source_{std::move(source)} {}

    net::awaitable<IoResult<std::unique_ptr<Stream>>> dial(std::string address, std::uint16_t port,
                                                           Deadline deadline) override
    {
        const auto executor = co_await net::this_coro::executor;
        const auto attempt = std::make_shared<Attempt>(executor);
        error_code failure;
        net::generic::stream_protocol::endpoint target;
        if (port == 0) {
            if (address.size() > 100) co_return error_code{net::error::name_too_long};
            target = net::local::stream_protocol::endpoint{address};
            attempt->socket.open(target.protocol(), failure);
        } else {
            const auto ip = net::ip::make_address(address, failure);
            if (failure) co_return failure;
            target = tcp::endpoint{ip, port};
            attempt->socket.open(target.protocol(), failure);
            if (!failure) attempt->socket.set_option(tcp::no_delay{true}, failure);
            if (!failure && !source_.empty()) bind_source(attempt->socket, ip, failure);
        }
        if (failure) co_return failure;

        attempt->timer.expires_at(deadline);
        attempt->timer.async_wait([attempt](error_code disarmed) {
            if (disarmed || attempt->over) return;
            attempt->late = true;
            error_code nothing_to_cancel;
            attempt->socket.cancel(nothing_to_cancel);
        });
        co_await attempt->socket.async_connect(target,
                                               net::redirect_error(net::use_awaitable, failure));
        attempt->over = true;
        attempt->timer.cancel();
        if (attempt->late) co_return error_code{net::error::timed_out};
        if (failure) co_return failure;
        co_return socket_stream(std::move(attempt->socket));
    }

private:
    void bind_source(Socket& socket, const net::ip::address& target, error_code& failure) const
    {
        const auto source = net::ip::make_address(source_, failure);
        if (failure || source.is_v4() != target.is_v4()) return;
        socket.bind(net::generic::stream_protocol::endpoint{tcp::endpoint{source, 0}}, failure);
    }

    std::string source_;
};

}  // namespace

std::unique_ptr<Dialer> socket_dialer(std::string source_address)
{
    return std::make_unique<SocketDialer>(std::move(source_address));
}

}  // namespace imc::smtp::client
