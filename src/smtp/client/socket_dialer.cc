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
using Endpoint = net::generic::stream_protocol::endpoint;
using Socket = net::generic::stream_protocol::socket;
using tcp = net::ip::tcp;

constexpr std::chrono::milliseconds head_start{250};  // RFC 8305 5

/// One line that is being opened.
struct Attempt {
    explicit Attempt(const net::any_io_executor& executor) : socket{executor} {}
    Socket socket;
    error_code failure;
    bool begun = false, over = false;
};

/// Both of them, and the timer that wakes whoever waits. Handlers keep it alive.
struct Race {
    explicit Race(const net::any_io_executor& executor)
        : wake{executor}, first{executor}, second{executor}
    {}
    net::steady_timer wake;
    Attempt first, second;
};

error_code open_towards(Attempt& attempt, const Call& call, const std::string& address,
                        Endpoint& target)
{
    error_code failure;
    if (call.port == 0) {
        if (address.size() > 100) return net::error::name_too_long;
        target = net::local::stream_protocol::endpoint{address};
        attempt.socket.open(target.protocol(), failure);
        return failure;
    }
    const auto ip = net::ip::make_address(address, failure);
    if (failure) return failure;
    target = tcp::endpoint{ip, call.port};
    attempt.socket.open(target.protocol(), failure);
    if (!failure) attempt.socket.set_option(tcp::no_delay{true}, failure);
    const auto& source = ip.is_v4() ? call.source.ipv4 : call.source.ipv6;
    if (failure || source.empty()) return failure;
    const auto ours = net::ip::make_address(source, failure);
    if (failure) return failure;
    attempt.socket.bind(Endpoint{tcp::endpoint{ours, 0}}, failure);
    return failure;
}

void begin(const std::shared_ptr<Race>& race, Attempt& attempt, const Call& call,
           const std::string& address)
{
    Endpoint target;
    attempt.begun = true;
    attempt.failure = open_towards(attempt, call, address, target);
    if (attempt.failure) {
        attempt.over = true;
        return;
    }
    attempt.socket.async_connect(target, [race, &attempt](error_code failure) {
        attempt.failure = failure;
        attempt.over = true;
        race->wake.cancel();
    });
}

class SocketDialer final : public Dialer {
public:
    net::awaitable<IoResult<Line>> dial(Call call, Deadline deadline) override
    {
        const auto executor = co_await net::this_coro::executor;
        const auto race = std::make_shared<Race>(executor);
        const auto other_at = call.other.empty() ? deadline : std::min(deadline, after(head_start));
        begin(race, race->first, call, call.address);
        for (;;) {
            for (auto* attempt : {&race->first, &race->second}) {
                if (!attempt->over || attempt->failure) continue;
                auto& loser = attempt == &race->first ? race->second : race->first;
                error_code nobody_minds;
                loser.socket.close(nobody_minds);
                co_return Line{socket_stream(std::move(attempt->socket)),
                               attempt == &race->first ? call.address : call.other};
            }
            const auto now = std::chrono::steady_clock::now();
            const bool other_due =
                !call.other.empty() && !race->second.begun && (race->first.over || now >= other_at);
            if (other_due) {
                begin(race, race->second, call, call.other);
                continue;
            }
            const bool all_over = race->first.over && (call.other.empty() || race->second.over);
            if (all_over) co_return race->first.failure;
            if (now >= deadline) break;
            race->wake.expires_at(race->second.begun ? deadline : other_at);
            error_code woken;
            co_await race->wake.async_wait(net::redirect_error(net::use_awaitable, woken));
        }
        error_code nobody_minds;
        race->first.socket.close(nobody_minds);
        race->second.socket.close(nobody_minds);
        co_return error_code{net::error::timed_out};
    }
};

}  // namespace

std::unique_ptr<Dialer> socket_dialer() { return std::make_unique<SocketDialer>(); }

bool is_ipv6(const std::string& address)
{
    error_code failure;
    return net::ip::make_address(address, failure).is_v6() && !failure;
}

}  // namespace imc::smtp::client
