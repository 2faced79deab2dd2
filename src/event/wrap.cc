#include "event/wrap.h"

#include "base/text.h"

namespace imc {

namespace {

constexpr std::size_t width = 96;

}  // namespace

void wrap(std::string& out, std::string_view text, std::size_t indent)
{
    std::string line;
    const auto flush = [&] {
        if (!line.empty()) out += std::string(indent, ' ') + line + "\n";
        line.clear();
    };
    for (const auto word : split(text, ' ')) {
        if (!line.empty() && indent + line.size() + 1 + word.size() > width) flush();
        line += (line.empty() ? "" : " ") + std::string{word};
    }
    flush();
}

}  // namespace imc
