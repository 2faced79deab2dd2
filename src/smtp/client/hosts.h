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

/// Our end of a connection (Q266250); empty: the system chooses.
struct Source {
    std::string ipv4, ipv6;
    friend bool operator==(const Source&, const Source&) = default;
};

struct Call {
    std::string address;     ///< of the Internet; or, when `port` is 0, the path of a Unix socket
    std::string other = {};  ///< of the same host and another family; empty: none
    std::uint16_t port = 25;
    Source source = {};
    std::string name = {};  ///< of the host, for logs
};

struct Line {
    std::unique_ptr<Stream> stream;
    std::string address;  ///< which of the two it is
};

/// Opens connections. A test's dialer hands out scripted streams.
class Dialer {
public:
    virtual ~Dialer() = default;
    /// The other address is called 250 ms after the first, or as soon as that has failed; the first
    /// to answer is taken, and the other line is dropped (RFC 8305 5). The error is that of the
    /// first address.
    virtual net::awaitable<IoResult<Line>> dial(Call call, Deadline deadline) = 0;
};

std::unique_ptr<Dialer> socket_dialer();

/// "2001:db8::1", and not "192.0.2.1" or a path.
bool is_ipv6(const std::string& address);

}  // namespace imc::smtp::client
