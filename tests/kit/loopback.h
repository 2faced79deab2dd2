#pragma once
/// @file kit/loopback.h  A socket that listens on loopback, on a port that the system chooses.
#include <arpa/inet.h>
#include <cstdint>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>

namespace imc::kit {

struct ListeningSocket {
    int fd = -1;            ///< the caller closes it
    std::string authority;  ///< "://127.0.0.1:4711"
};

inline ListeningSocket listen_on_loopback()
{
    ListeningSocket out{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), {}};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(out.fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        listen(out.fd, 8) != 0 ||
        getsockname(out.fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        throw std::runtime_error{"no listening socket"};
    out.authority = "://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    return out;
}

}  // namespace imc::kit
