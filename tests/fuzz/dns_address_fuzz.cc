/// Any text as an address, a server or a resolv.conf: what is read is one, in its usual spelling.
#include "base/text.h"
#include "dns/address.h"

using namespace imc;
using namespace imc::dns;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

void judge(const std::string& address)
{
    require(parse_address(address) == address);
    require(reverse_name(address).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    if (const auto address = parse_address(text)) judge(*address);
    if (const auto address = parse_address_literal(text)) judge(*address);
    if (const auto server = parse_server(text)) {
        judge(server->address);
        require(server->port != 0);
    }
    std::vector<std::string> bad;
    for (const auto& server : parse_resolv_conf(text, &bad))
        judge(server.address);
    for (const auto& line : bad)
        require(is_utf8(line) && line.find('\n') == std::string::npos);
    return 0;
}
