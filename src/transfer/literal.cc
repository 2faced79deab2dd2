#include "transfer/literal.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>

namespace imc::transfer {

std::string address_of_literal(std::string_view literal)
{
    if (!literal.starts_with('[') || !literal.ends_with(']')) return {};
    std::string inside{literal.substr(1, literal.size() - 2)};
    const bool six = starts_with_word(inside, "IPv6:");
    if (six) inside.erase(0, 5);
    const int family = six ? AF_INET6 : AF_INET;
    in6_addr octets{};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_pton(family, inside.c_str(), &octets) != 1) return {};
    const bool mapped = six && IN6_IS_ADDR_V4MAPPED(&octets);
    const void* address = mapped ? &octets.s6_addr[12] : static_cast<const void*>(&octets);
    if (::inet_ntop(mapped ? AF_INET : family, address, text.data(), text.size()) == nullptr)
        return {};
    return text.data();
}

}  // namespace imc::transfer
