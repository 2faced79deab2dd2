/// Any path: what is read and written back is the same mailbox, and stays within its bounds.
#include "mail/address.h"
#include "mail/imcea.h"

#include <boost/assert/source_location.hpp>

using namespace imc::mail;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    const auto path = parse_path(text);
    if (!path || path->is_null || path->address.domain.empty()) return 0;
    const auto& address = path->address;
    require(address.local.size() <= 64 || decapsulate(address.local, Capitals::folded));
    require(address.domain.size() <= 255);
    const auto again = parse_address(address.to_string());
    // Quoting can make an address longer than a path may be; shorter ones must come back.
    if (address.to_string().size() <= 254) require(again && *again == address);
    require(address.to_string().find_first_of("\r\n") == std::string::npos);
    (void)address.normalized();
    return 0;
}
