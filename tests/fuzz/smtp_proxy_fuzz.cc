/// However the wire cuts a PROXY header, it is judged alike, and always in the end.
#include "smtp/server/proxy_header.h"

using namespace imc::smtp;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view wire{reinterpret_cast<const char*>(octets), size};
    const auto judged = parse_proxy_header(wire);
    if (size >= proxy::most_octets) require(!std::holds_alternative<proxy::More>(judged));
    for (std::size_t cut = 0; cut <= size; ++cut) {
        const auto early = parse_proxy_header(wire.substr(0, cut));
        if (std::holds_alternative<proxy::More>(early)) continue;
        require(early.index() == judged.index());
        if (const auto* header = std::get_if<proxy::Header>(&early)) {
            require(header->octets <= cut && header->octets >= 8);
            require(std::get<proxy::Header>(judged).octets == header->octets);
            require(!header->peer || !header->peer->address.empty());
        }
        break;
    }
    return 0;
}
