// Files of the tracking log and the reject journal: whatever stands in them, reading ends, and what
// was read is written and read again as the same.
#include "tracking/line.h"
#include "tracking/record.h"
#include "tracking/rejection.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace imc::tracking;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    LineSplitter splitter;
    const auto take = [](std::string_view line) {
        if (const auto record = parse_record(line)) {
            auto again = write_record(*record);
            again.pop_back();
            if (!parse_record(again)) std::abort();
        }
        if (const auto rejection = parse_rejection(line)) {
            auto again = write_rejection(*rejection);
            again.pop_back();
            if (again.find('\n') != again.npos || !parse_rejection(again)) std::abort();
        }
    };
    const auto half = text.size() / 2;
    splitter.feed(text.substr(0, half), take);
    splitter.feed(text.substr(half), take);
    return 0;
}
