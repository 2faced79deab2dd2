#include "base/notify.h"

#include "base/text.h"

#include <array>

namespace imc::notify {
namespace {

constexpr std::array<std::pair<std::uint8_t, std::string_view>, 4> all{
    {{never, "NEVER"}, {success, "SUCCESS"}, {failure, "FAILURE"}, {delay, "DELAY"}}};

}  // namespace

std::string words(std::uint8_t bits)
{
    std::string out;
    for (const auto& [bit, word] : all)
        if ((bits & bit) != 0) out.append(out.empty() ? "" : ",").append(word);
    return out;
}

std::optional<std::uint8_t> parse(std::string_view text)
{
    std::uint8_t bits = 0;
    for (const auto part : split(text, ',')) {
        std::uint8_t found = 0;
        for (const auto& [bit, word] : all)
            if (same_word(part, word)) found = bit;
        if (found == 0) return {};
        bits |= found;
    }
    return bits;
}

}  // namespace imc::notify
