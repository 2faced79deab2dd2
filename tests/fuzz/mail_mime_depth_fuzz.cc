/// Any text: the depth is the same however it is cut, and never beyond the limit by more than one.
#include "mail/mime_depth.h"

#include <algorithm>

using imc::mail::MimeDepth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    if (size == 0) return 0;
    const std::size_t limit = 1 + octets[0] % 8;
    const std::string_view text{reinterpret_cast<const char*>(octets) + 1, size - 1};
    MimeDepth whole{limit};
    whole.feed(text);
    if (whole.depth() > limit + 1) __builtin_trap();
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
        MimeDepth pieces{limit};
        for (std::size_t i = 0; i < text.size(); i += step)
            pieces.feed(text.substr(i, step));
        if (pieces.depth() != whole.depth()) __builtin_trap();
    }
    return 0;
}
