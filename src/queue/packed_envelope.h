#pragma once
/// @file queue/packed_envelope.h  An envelope in one block of memory: a million of them wait.
///
/// Pure. Never changed once made, so any thread may read it.
#include "spool/spool.h"

#include <memory>
#include <string_view>

namespace imc::queue {

class PackedEnvelope {
public:
    PackedEnvelope() = default;
    explicit PackedEnvelope(const spool::Envelope& envelope);

    spool::Envelope unpack() const;
    std::string_view sender() const;

    /// Recipients one after the other, without a copy.
    class Walk {
    public:
        explicit Walk(const PackedEnvelope& envelope);
        bool next();  ///< false: that was the last
        std::uint32_t index() const { return index_ - 1; }
        std::string_view address() const { return address_; }
        std::uint8_t notify() const { return notify_; }

    private:
        const char* at_;
        std::uint32_t left_ = 0;
        std::uint32_t index_ = 0;
        std::string_view address_;
        std::uint8_t notify_ = 0;
    };

private:
    std::unique_ptr<char[]> octets_;
};

}  // namespace imc::queue
