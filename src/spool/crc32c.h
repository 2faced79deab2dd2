#pragma once
/// @file spool/crc32c.h  CRC-32C (Castagnoli), by the processor's instruction where there is one.
#include <cstdint>
#include <string_view>

namespace imc::spool {

/// Goes on from `begin`: crc32c(crc32c(0, a), b) is the CRC of a and b together.
std::uint32_t crc32c(std::uint32_t begin, std::string_view octets);

}  // namespace imc::spool
