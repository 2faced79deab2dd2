// Files of the tracking log and the reject journal: whatever stands in them, reading ends, and what
// was read is written and read again as the same.
#include "tracking/line.h"
#include "tracking/record.h"
#include "tracking/rejection.h"
#include "transfer/decision.h"

#include <cstdint>
#include <cstdlib>

namespace {

/// By which facts somebody was decided on: what is read is written and read again as the same.
void facts(std::string_view text)
{
    const auto decision = imc::transfer::parse_decision(text);
    imc::transfer::DecisionLine line;
    for (const auto& [word, value] : decision.facts)
        line.add("x", value);
    const auto again = line.take();
    if (again.size() > imc::transfer::decision_octets) std::abort();
    for (const auto& fact : imc::transfer::parse_decision(again).facts)
        if (fact.word != "x") std::abort();
    (void)imc::transfer::in_words(decision);
    (void)imc::transfer::way_of_line(text);
}

}  // namespace

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
            facts(record->text);
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
