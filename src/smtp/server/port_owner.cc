#include "base/files.h"
#include "base/text.h"
#include "smtp/server/inherited.h"
#include "smtp/server/listener.h"

#include <boost/system/error_code.hpp>

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace imc::smtp {
namespace {

/// Inode of the listening socket on `port` whose address fits, from /proc/net/tcp or tcp6.
std::string listening_inode(const char* table, std::uint16_t port)
{
    const int descriptor = ::open(table, O_RDONLY | O_CLOEXEC);
    if (descriptor == -1) return {};
    std::string content;
    std::array<char, 65536> piece{};
    for (ssize_t got = 0; (got = ::read(descriptor, piece.data(), piece.size())) > 0;)
        content.append(piece.data(), static_cast<std::size_t>(got));
    ::close(descriptor);
    for (const auto line : split(content, '\n')) {
        std::vector<std::string_view> fields;
        for (const auto field : split(line, ' '))
            if (!field.empty()) fields.push_back(field);
        if (fields.size() < 10 || fields[3] != "0A") continue;
        const auto colon = fields[1].rfind(':');
        unsigned found = 0;
        const auto digits = fields[1].substr(colon + 1);
        std::from_chars(digits.data(), digits.data() + digits.size(), found, 16);
        if (found == port) return std::string{fields[9]};
    }
    return {};
}

std::optional<PortOwner> process_with(const std::string& inode)
{
    const std::string wanted = "socket:[" + inode + "]";
    const auto processes = real_files().list("/proc");
    if (!processes) return {};
    for (const auto& name : *processes) {
        const auto pid = parse_number(name);
        if (!pid) continue;
        const std::string folder = "/proc/" + name + "/fd";
        const auto descriptors = real_files().list(folder);
        if (!descriptors) continue;
        for (const auto& descriptor : *descriptors) {
            std::array<char, 64> target{};
            const auto size =
                ::readlink((folder + "/" + descriptor).c_str(), target.data(), target.size() - 1);
            if (size <= 0 ||
                wanted != std::string_view{target.data(), static_cast<std::size_t>(size)})
                continue;
            const int comm = ::open(("/proc/" + name + "/comm").c_str(), O_RDONLY | O_CLOEXEC);
            std::array<char, 64> text{};
            const auto got = comm == -1 ? 0 : ::read(comm, text.data(), text.size() - 1);
            if (comm != -1) ::close(comm);
            return PortOwner{static_cast<int>(*pid),
                             std::string{trim({text.data(), static_cast<std::size_t>(
                                                                std::max<ssize_t>(got, 0))})}};
        }
    }
    return {};
}

}  // namespace

std::optional<PortOwner> port_owner(const std::string&, std::uint16_t port)
{
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"})
        if (const auto inode = listening_inode(table, port); !inode.empty()) {
            auto owner = process_with(inode);
            return owner ? owner : PortOwner{0, "of another user"};
        }
    return {};
}

Result<int> bind_listener(const std::string& address, std::uint16_t port)
{
    if (const auto given = inherited_listener(address, port)) return *given;
    const bool v6 = address.find(':') != std::string::npos;
    const auto name = (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
    const auto failed = [&](int descriptor) {
        const int code = errno;
        if (descriptor != -1) ::close(descriptor);
        std::string text =
            name + ": " +
            boost::system::error_code{code, boost::system::system_category()}.message();
        if (code == EADDRINUSE)
            if (const auto owner = port_owner(address, port))
                text += owner->pid != 0 ? "; process " + std::to_string(owner->pid) + " (" +
                                              printable(owner->name, 60) + ") has it"
                                        : "; a process of another user has it";
        return Error{EventId::listener_bind_failed, std::move(text), static_cast<unsigned>(code)};
    };
    const int descriptor =
        ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor == -1) return failed(-1);
    const int one = 1;
    (void)::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    int bound = -1;
    if (v6) {
        // "::" alone means both families, as people expect of it.
        const int only = address == "::" ? 0 : 1;
        (void)::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
        sockaddr_in6 where{};
        where.sin6_family = AF_INET6;
        where.sin6_port = htons(port);
        ::inet_pton(AF_INET6, address.c_str(), &where.sin6_addr);
        bound = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&where), sizeof where);
    } else {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_port = htons(port);
        ::inet_pton(AF_INET, address.c_str(), &where.sin_addr);
        bound = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&where), sizeof where);
    }
    if (bound == -1 || ::listen(descriptor, 4096) == -1) return failed(descriptor);
    return descriptor;
}

}  // namespace imc::smtp
