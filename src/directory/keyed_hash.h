#pragma once
/// @file directory/keyed_hash.h  Hashes of texts that strangers choose: SipHash-1-3, with a key
/// that nobody knows, so that nobody can find many texts with one hash.
///
/// Source:  Aumasson and Bernstein, SipHash (2012).
/// Threads: reading from any.
#include <cstdint>
#include <string_view>

namespace imc {

class KeyedHash {
public:
    KeyedHash();  ///< a key of its own
    KeyedHash(std::uint64_t first, std::uint64_t second) : first_{first}, second_{second} {}

    std::uint64_t operator()(std::string_view text) const;

private:
    std::uint64_t first_, second_;
};

}  // namespace imc
