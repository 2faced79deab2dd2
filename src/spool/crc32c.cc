#include "spool/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace imc::spool {
namespace {

constexpr auto make_table()
{
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 1U) != 0 ? crc >> 1U ^ 0x82f63b78U : crc >> 1U;
        table[i] = crc;
    }
    return table;
}

std::uint32_t by_table(std::uint32_t crc, std::string_view octets)
{
    static constexpr auto table = make_table();
    for (const char c : octets)
        crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xffU] ^ crc >> 8U;
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_processor(std::uint32_t begin,
                                                             std::string_view octets)
{
    std::uint64_t crc = begin;
    const char* at = octets.data();
    std::size_t left = octets.size();
    for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        crc = _mm_crc32_u64(crc, word);
    }
    auto narrow = static_cast<std::uint32_t>(crc);
    for (; left > 0; --left, ++at)
        narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
    return narrow;
}
#endif

}  // namespace

std::uint32_t crc32c(std::uint32_t begin, std::string_view octets)
{
#if defined(__x86_64__)
    static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
    if (has_instruction) return ~by_processor(~begin, octets);
#endif
    return ~by_table(~begin, octets);
}

}  // namespace imc::spool
