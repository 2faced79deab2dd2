/// Any local part: an address of another kind or none; and what is one is written as it was read.
#include "mail/imcea.h"

#include <cstdint>

using namespace imc::mail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    for (const auto capitals : {Capitals::strict, Capitals::folded}) {
        const auto found = decapsulate(text, capitals);
        if (!found) continue;
        if (text.size() > 1024 || found->value.empty()) __builtin_trap();
        const auto written = encapsulate(*found);
        if (written.size() <= 1024 && decapsulate(written) != found) __builtin_trap();
    }
    return 0;
}
