#pragma once
/// @file smtp/client/hosts.h  Whom a courier asks where to go, and how it gets there.
#include "base/error.h"
#include "smtp/stream.h"

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace imc::smtp::client {

/// A place to connect to. Of an LMTP server on this machine: `name` is the path, `port` 0.
struct Host {
    std::string name;
    std::uint16_t port = 25;
    std::vector<std::string> addresses;  ///< in the order in which to try them
};

struct NoHost {
    bool permanent = false;
    std::string status;
    Error reason;  ///< 2006, 4115, 40300, 40301
};

using Hosts = std::variant<std::vector<Host>, NoHost>;

/// Made for one route by app/: MX look-up, smart host list, LMTP server.
class HostFinder {
public:
    virtual ~HostFinder() = default;
    virtual net::awaitable<Hosts> find(Deadline deadline) = 0;
};

/// Opens connections. A test's dialer hands out scripted streams.
class Dialer {
public:
    virtual ~Dialer() = default;
    /// @param address  of the Internet; or, when `port` is 0, the path of a Unix socket.
    virtual net::awaitable<IoResult<std::unique_ptr<Stream>>>
    dial(std::string address, std::uint16_t port, Deadline deadline) = 0;
};

/// @param source_address  bound before each connection (Q266250); empty: the system chooses.
std::unique_ptr<Dialer> socket_dialer(std::string source_address = {});

}  // namespace imc::smtp::client
