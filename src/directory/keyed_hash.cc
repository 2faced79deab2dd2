#include "directory/keyed_hash.h"

#include <bit>
#include <cstring>
#include <random>

namespace imc {
namespace {

std::uint64_t random_number()
{
    std::random_device random;
    return std::uint64_t{random()} << 32U | random();
}

struct State {
    std::uint64_t v0, v1, v2, v3;

    void round()
    {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    void take(std::uint64_t word)
    {
        v3 ^= word;
        round();
        v0 ^= word;
    }
};

}  // namespace

KeyedHash::KeyedHash() : first_{random_number()}, second_{random_number()} {}

std::uint64_t KeyedHash::operator()(std::string_view text) const
{
    State state{first_ ^ 0x736f6d6570736575U, second_ ^ 0x646f72616e646f6dU,
                first_ ^ 0x6c7967656e657261U, second_ ^ 0x7465646279746573U};
    const auto length = std::uint64_t{text.size()} << 56U;
    for (; text.size() >= 8; text.remove_prefix(8)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), 8);
        state.take(word);
    }
    std::uint64_t last = 0;
    if (!text.empty()) std::memcpy(&last, text.data(), text.size());
    state.take(last | length);
    state.v2 ^= 0xff;
    for (int i = 0; i < 3; ++i)
        state.round();
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace imc
