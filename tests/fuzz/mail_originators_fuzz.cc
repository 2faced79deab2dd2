/// Any header: every From and Sender line gives an address or is said to be flawed; what is added
/// to a submission is missing once at most.
#include "mail/originators.h"
#include "mail/submission.h"

#include <cstdint>

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
    const auto found = read_originators(text);
    if (found.flaw.empty()) {
        require(found.from.size() >= found.from_lines);
        require(found.sender.size() >= found.sender_lines);
    }
    for (const auto* list : {&found.from, &found.sender})
        for (const auto& address : *list)
            require(address.size() > 2 && address.find('@') != std::string::npos);
    const auto added = completion(text, {}, "1", "h");
    require(missing_lines(added + std::string{text}) == Missing{});
    return 0;
}
