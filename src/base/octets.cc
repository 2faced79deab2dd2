#include "base/octets.h"

#include <algorithm>

namespace imc {

Result<std::string_view> OctetsReader::next()
{
    if (at_ < text_.memory().size()) {
        at_ = text_.memory().size();
        return text_.memory();
    }
    if (at_end()) return std::string_view{};
    auto piece = text_.file()->piece(at_ - text_.memory().size());
    if (!piece) return piece.error();
    piece_ = std::move(*piece);
    at_ += piece_.size();
    return std::string_view{piece_};
}

Result<std::string> header_section(const Octets& text, std::size_t most)
{
    std::string out;
    OctetsReader reader{text};
    while (!reader.at_end() && out.size() < most) {
        const auto piece = reader.next();
        if (!piece) return piece.error();
        const auto searched = out.size() < 3 ? 0 : out.size() - 3;
        out += *piece;
        const auto end = out.find("\r\n\r\n", searched);
        if (end == out.npos) continue;
        out.resize(end + 2);
        break;
    }
    if (out.size() > most) out.resize(most);
    return out;
}

}  // namespace imc
