/// Any text: plan and result are the same however it is cut; a plan without a flaw gives 7-bit text
/// in lines (but for header fields), and nothing of what is not encoded is lost.
#include "base/text.h"
#include "mail/seven_bit.h"

#include <algorithm>

using namespace imc::mail;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

SevenBitPlan plan_of(std::string_view text, std::size_t step)
{
    SevenBitPlanner planner;
    for (std::size_t i = 0; i < text.size(); i += step)
        planner.feed(text.substr(i, step));
    return planner.end();
}

std::string written(std::string_view text, const SevenBitPlan& plan, std::size_t step)
{
    SevenBitWriter writer{plan};
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += step)
        out += writer.feed(text.substr(i, step));
    return out + writer.end();
}

bool lines_end_crlf(std::string_view text)
{
    bool after_cr = false;
    for (const char c : text) {
        if (after_cr != (c == '\n')) return false;
        after_cr = c == '\r';
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    const auto whole = plan_of(text, std::max<std::size_t>(size, 1));
    const auto pieces = plan_of(text, 3);
    require(whole.parts == pieces.parts && whole.flaw == pieces.flaw);
    if (!whole.flaw.empty()) return 0;
    const auto out = written(text, whole, std::max<std::size_t>(size, 1));
    require(out == written(text, whole, 1));
    if (!whole.changes()) {
        require(out == text);
        return 0;
    }
    require(lines_end_crlf(out) || text.ends_with('\r'));
    // A second pass finds nothing more to encode.
    const auto again = plan_of(out, std::max<std::size_t>(out.size(), 1));
    if (again.flaw.empty())
        require(
            std::ranges::all_of(again.parts, [](PartCoding c) { return c == PartCoding::as_is; }));
    return 0;
}
