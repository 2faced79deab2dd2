#include "directory/shared_words.h"

namespace imc {
namespace {

constexpr std::size_t longest = 512;
constexpr std::size_t octets_of_place = 128;  // string, map node and bucket, the allocations' own

}  // namespace

std::optional<std::uint32_t> SharedWords::number_of(std::string_view word)
{
    if (word.size() > longest) return {};
    const std::lock_guard lock{mutex_};
    if (const auto found = numbers_.find(word); found != numbers_.end()) return found->second;
    const auto number = numbers_.size();
    const auto more = octets_of_place + word.size();
    if (number >= in_chunk * most_chunks || octets() + more > most_octets_) return {};
    auto& chunk = chunks_[number / in_chunk];
    if (!chunk) chunk = std::make_unique<Chunk>();
    auto& kept = (*chunk)[number % in_chunk];
    kept = word;
    numbers_.emplace(kept, static_cast<std::uint32_t>(number));
    octets_.fetch_add(more, std::memory_order_relaxed);
    return static_cast<std::uint32_t>(number);
}

}  // namespace imc
