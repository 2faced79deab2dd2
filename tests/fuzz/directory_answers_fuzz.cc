/// What a server writes beside its values: ranges, and how far its changes go. What is read is
/// written and read back the same, and no part is taken for the whole.
#include "directory/seen_changes.h"
#include "directory/value_range.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    using namespace imc;
    const std::string text{reinterpret_cast<const char*>(data), size};
    SeenChanges changes;
    changes.take("dc=a", text);
    if (parse_context_csn(text).has_value() == changes.empty()) std::abort();
    if (!changes.has(changes) || (!changes.empty() && SeenChanges{}.has(changes))) std::abort();

    const auto name = parse_ranged_name(text);
    if (!name) {
        if (text.find(';') == text.npos) std::abort();
        return 0;
    }
    if (!*name) return 0;
    const auto& range = **name;
    if (range.last && *range.last < range.first) std::abort();
    const std::string attribute{range.attribute};
    const auto asked = ranged_name(attribute, range.first);
    const auto again = parse_ranged_name(asked);
    if (!again || !*again || (*again)->first != range.first || (*again)->last) std::abort();
    if ((*again)->attribute != attribute) std::abort();
    const auto part = range_of({{text, {"cn=a"}}}, attribute, range.first);
    if (part && *part && (*part)->next.has_value() != range.last.has_value()) std::abort();
    if (part && !*part) std::abort();
    return 0;
}
