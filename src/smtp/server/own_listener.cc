#include "smtp/server/own_listener.h"

#include "smtp/server/listener.h"

#include <algorithm>
#include <unistd.h>

namespace imc::smtp {
namespace {

bool is_unspecified(const std::string& address) { return address == "0.0.0.0" || address == "::"; }

bool can_be_bound(const std::string& address)
{
    const auto probe = bind_listener(address, 0);
    if (probe) ::close(*probe);
    return static_cast<bool>(probe);
}

}  // namespace

bool is_own_listener(const std::vector<config::ListenerSetting>& listeners, std::string address,
                     std::uint16_t port)
{
    if (address.starts_with("::ffff:") && address.find('.') != address.npos) address.erase(0, 7);
    return std::ranges::any_of(listeners, [&](const config::ListenerSetting& listener) {
        if (listener.port != port) return false;
        if (listener.address == address || is_unspecified(address)) return true;
        return is_unspecified(listener.address) && can_be_bound(address);
    });
}

}  // namespace imc::smtp
