#include "smtp/client/delivery.h"

#include <algorithm>

namespace imc::smtp::client {
namespace {

constexpr std::string_view end_of_header = "\r\n\r\n";

/// Without an early way out, so that the compiler takes many octets at a time: most texts have
/// none.
bool has_high_octets(std::string_view text)
{
    unsigned char all = 0;
    for (const char c : text)
        all = static_cast<unsigned char>(all | static_cast<unsigned char>(c));
    return all > 0x7f;
}

class Look {
public:
    void take(std::string_view piece)
    {
        look_at_lines(piece);
        const bool high = has_high_octets(piece);
        facts_.high_octets = facts_.high_octets || high;
        if (in_header_) look_at_header(piece, high);
        if (!piece.empty()) facts_.ends_with_line = piece.back() == '\n';
    }
    TextFacts end()
    {
        if (after_cr_) facts_.lines_end_crlf = false;
        return facts_;
    }

private:
    void look_at_lines(std::string_view piece)
    {
        std::ptrdiff_t lines = 0;
        for (auto end = piece.find('\n'); end != piece.npos; end = piece.find('\n', end + 1)) {
            const bool closed = end == 0 ? after_cr_ : piece[end - 1] == '\r';
            facts_.lines_end_crlf = facts_.lines_end_crlf && closed;
            ++lines;
        }
        const auto returns = std::ranges::count(piece, '\r') + (after_cr_ ? 1 : 0);
        after_cr_ = !piece.empty() && piece.back() == '\r';
        if (returns != lines + (after_cr_ ? 1 : 0)) facts_.lines_end_crlf = false;
    }

    void look_at_header(std::string_view piece, bool high)
    {
        const auto seam = last_ + std::string{piece.substr(0, end_of_header.size() - 1)};
        const bool ends_in_seam = seam.find(end_of_header) != seam.npos;
        const auto end = ends_in_seam ? 0 : piece.find(end_of_header);
        if (high && has_high_octets(piece.substr(0, end))) facts_.high_in_header = true;
        in_header_ = end == piece.npos;
        if (!in_header_) return;
        last_ += piece.substr(piece.size() - std::min(piece.size(), end_of_header.size() - 1));
        last_.erase(0, last_.size() - std::min(last_.size(), end_of_header.size() - 1));
    }

    TextFacts facts_;
    bool after_cr_ = false;
    bool in_header_ = true;
    std::string
        last_;  ///< octets before the piece, as far as the end of the header may begin there
};

}  // namespace

Result<TextFacts> look_at(const Octets& text)
{
    Look look;
    for (OctetsReader reader{text}; !reader.at_end();) {
        const auto piece = reader.next();
        if (!piece) return piece.error();
        look.take(*piece);
    }
    return look.end();
}

}  // namespace imc::smtp::client
