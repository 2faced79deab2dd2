#pragma once
/// @file directory/shared_words.h  Texts that many remembered objects have in common, each kept
/// once: names of attributes and classes, domains of addresses, the names above an object.
///
/// A word that was given a number has it for ever, and one for which there was no room never gets
/// one: equal objects are packed into equal octets at all times (packed_entry.h).
///
/// Threads: number_of() any. word() any that got the number through a lock, or made it.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace imc {

class SharedWords {
public:
    explicit SharedWords(std::size_t most_octets) : most_octets_{most_octets} {}
    SharedWords(const SharedWords&) = delete;
    SharedWords& operator=(const SharedWords&) = delete;

    /// Nothing: there is no room for one more.
    std::optional<std::uint32_t> number_of(std::string_view word);
    std::string_view word(std::uint32_t number) const
    {
        return (*chunks_[number / in_chunk])[number % in_chunk];
    }

    std::size_t octets() const { return octets_.load(std::memory_order_relaxed); }

private:
    static constexpr std::size_t in_chunk = 64;
    static constexpr std::size_t most_chunks = 1024;
    using Chunk = std::array<std::string, in_chunk>;

    const std::size_t most_octets_;
    std::mutex mutex_;
    std::array<std::unique_ptr<Chunk>, most_chunks> chunks_;  ///< none ever moves
    std::unordered_map<std::string_view, std::uint32_t> numbers_;
    std::atomic<std::size_t> octets_{0};
};

}  // namespace imc
