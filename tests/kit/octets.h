#pragma once
/// @file tests/kit/octets.h  A text for who takes Octets: in memory, or in pieces as from a file.
#include "base/octets.h"

#include <algorithm>

namespace imc::kit {

inline Octets octets(std::string text)
{
    return Octets{std::make_shared<const std::string>(std::move(text))};
}

/// Comes in pieces of `each` octets; the piece that begins at `fails_at` cannot be read.
class PiecesOf final : public OctetsFile {
public:
    PiecesOf(std::string text, std::size_t each, std::uint64_t fails_at = ~std::uint64_t{0})
        : text_{std::move(text)}, each_{each}, fails_at_{fails_at}
    {}
    std::uint64_t size() const override { return text_.size(); }
    Result<std::string> piece(std::uint64_t at) const override
    {
        if (at == fails_at_) return Error{EventId::spool_damaged, "told to fail"};
        return text_.substr(static_cast<std::size_t>(at), each_);
    }

private:
    std::string text_;
    std::size_t each_;
    std::uint64_t fails_at_;
};

/// All of it. Throws what next() says.
inline std::string whole(const Octets& text)
{
    std::string out;
    for (OctetsReader reader{text}; !reader.at_end();)
        out += reader.next().value();
    return out;
}

inline Octets in_pieces(std::string first, std::string rest, std::size_t each,
                        std::uint64_t fails_at = ~std::uint64_t{0})
{
    return Octets{std::make_shared<const std::string>(std::move(first)),
                  std::make_shared<PiecesOf>(std::move(rest), each, fails_at)};
}

}  // namespace imc::kit
