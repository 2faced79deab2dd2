#include "smtp/server/inherited.h"

#include "smtp/server/listener.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vector>

namespace imc::smtp {
namespace {

struct Given {
    int descriptor;
    std::array<std::uint8_t, 16> address;  ///< IPv4 as ::ffff:a.b.c.d
    std::uint16_t port;
    std::string name;
};

std::array<std::uint8_t, 16> octets_of(const in_addr& v4)
{
    std::array<std::uint8_t, 16> out{};
    out[10] = out[11] = 0xff;
    const auto* const from = reinterpret_cast<const std::uint8_t*>(&v4);
    std::copy_n(from, 4, out.begin() + 12);
    return out;
}

std::array<std::uint8_t, 16> octets_of(const in6_addr& v6)
{
    std::array<std::uint8_t, 16> out{};
    std::copy_n(static_cast<const std::uint8_t*>(v6.s6_addr), 16, out.begin());
    return out;
}

std::optional<Given> look_at(int descriptor)
{
    sockaddr_storage where{};
    socklen_t size = sizeof where;
    int listens = 0;
    socklen_t listens_size = sizeof listens;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&where), &size) != 0 ||
        ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) != 0 ||
        listens == 0)
        return {};
    if (where.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(where);
        ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        const auto port = ntohs(v4.sin_port);
        return Given{descriptor, octets_of(v4.sin_addr), port,
                     std::string{text.data()} + ":" + std::to_string(port)};
    }
    if (where.ss_family != AF_INET6) return {};
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(where);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    const auto port = ntohs(v6.sin6_port);
    return Given{descriptor, octets_of(v6.sin6_addr), port,
                 "[" + std::string{text.data()} + "]:" + std::to_string(port)};
}

/// Asked once: the variables are taken out of the environment, so that no child believes them.
const std::vector<Given>& all()
{
    static const std::vector<Given> given = [] {
        std::vector<Given> out;
        const int count = ::sd_listen_fds(1);
        for (int i = 0; i < count; ++i)
            if (auto one = look_at(SD_LISTEN_FDS_START + i)) out.push_back(std::move(*one));
        return out;
    }();
    return given;
}

}  // namespace

std::optional<int> inherited_listener(const std::string& address, std::uint16_t port)
{
    std::array<std::uint8_t, 16> wanted{};
    in_addr v4{};
    in6_addr v6{};
    if (::inet_pton(AF_INET, address.c_str(), &v4) == 1)
        wanted = octets_of(v4);
    else if (::inet_pton(AF_INET6, address.c_str(), &v6) == 1)
        wanted = octets_of(v6);
    else
        return {};
    const auto found = std::ranges::find_if(
        all(), [&](const Given& one) { return one.port == port && one.address == wanted; });
    if (found == all().end()) return {};
    const int descriptor = ::fcntl(found->descriptor, F_DUPFD_CLOEXEC, 3);
    if (descriptor == -1) return {};
    const int flags = ::fcntl(descriptor, F_GETFL);
    (void)::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
    return descriptor;
}

std::vector<std::string> inherited_listeners()
{
    std::vector<std::string> out;
    for (const auto& one : all())
        out.push_back(one.name);
    return out;
}

}  // namespace imc::smtp
