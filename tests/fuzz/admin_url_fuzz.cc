/// Any octets of a URL: decoding stays bounded, and what was encoded is decoded as it was.
#include "admin/server.h"

using namespace imc;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    for (const bool plus_is_space : {false, true}) {
        if (admin::url_decode(text, plus_is_space).size() > size) __builtin_trap();
        if (admin::url_decode(admin::url_encode(text), plus_is_space) != text) __builtin_trap();
    }
    return 0;
}
