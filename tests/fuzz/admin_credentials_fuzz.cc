/// Any octets as Cookie, Authorization, Host and Origin: what is found was there, and what is
/// called a host is one.
#include "admin/credentials.h"

using namespace imc;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    const auto cookie = admin::cookie_of(text, admin::session_cookie);
    if (!cookie.empty() && text.find(cookie) == text.npos) __builtin_trap();
    if (cookie.find(';') != std::string::npos) __builtin_trap();
    for (const char c : admin::bearer_of(text))
        if (c <= ' ' || c >= 0x7f) __builtin_trap();
    if (const auto host = admin::host_of(text)) {
        if (host->empty() || host->find_first_of("/@ \t\r\n;,") != std::string::npos)
            __builtin_trap();
        if (admin::host_of(*host) != host && !admin::is_address(*host)) __builtin_trap();
    }
    const auto half = text.substr(0, size / 2);
    if (admin::same_origin(text, half) && half.empty()) __builtin_trap();
    if (admin::same_secret(half, text) != (half == text)) __builtin_trap();
    return 0;
}
