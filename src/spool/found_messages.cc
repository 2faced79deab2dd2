#include "spool/found_messages.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace imc::spool {
namespace {

constexpr std::size_t block_octets = 1 << 20;

}  // namespace

FoundMessages::Block::Block(std::size_t octets) : size_{octets}
{
    void* const mapped =
        ::mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc{};
    begin_ = static_cast<char*>(mapped);
}

FoundMessages::Block::~Block() { (void)::munmap(begin_, size_); }

void FoundMessages::add(const Segment& segment, const RecordPlace& record)
{
    keep(record.message->id,
         {&segment, static_cast<std::uint32_t>(record.at),
          static_cast<std::uint32_t>(record.payload.size())},
         record.kind, record.payload);
}

void FoundMessages::keep(std::uint64_t id, Place place, RecordKind kind, std::string_view head)
{
    const auto octets = sizeof place + 1 + head.size();
    if (blocks_.empty() || !blocks_.back().block || blocks_.back().block->room() < octets)
        blocks_.push_back({std::make_unique<Block>(std::max(octets, block_octets))});
    auto& [block, entries] = blocks_.back();
    const auto begin = block->take(octets);
    auto* at = block->at(begin);
    std::memcpy(at, &place, sizeof place);
    at += sizeof place;
    *at++ = static_cast<char>(kind);
    std::ranges::copy(head, at);
    ++entries;
    entries_.push_back(
        {id, static_cast<std::uint32_t>(blocks_.size() - 1), static_cast<std::uint32_t>(begin)});
}

void FoundMessages::drop(const Entry& entry)
{
    auto& [block, entries] = blocks_[entry.block];
    if (--entries == 0) block.reset();
}

FoundMessages::Kept FoundMessages::read(const Entry& entry) const
{
    const auto* const at = blocks_[entry.block].block->at(entry.at);
    Kept out{};
    std::memcpy(&out.place, at, sizeof out.place);
    out.kind = static_cast<RecordKind>(at[sizeof out.place]);
    out.head = {at + sizeof out.place + 1, out.place.octets};
    return out;
}

Recovered FoundMessages::recovered(const Entry& entry) const
{
    const auto kept = read(entry);
    auto record = read_message_head(kept.kind, kept.head);
    Recovered out;
    out.id = MessageId{entry.id};
    if (!record) return out;  // it was skimmed before
    out.envelope = std::move(record->envelope);
    out.evidence = std::move(record->evidence);
    out.body_octets = record->body_octets + (record->large ? record->large->octets : 0);
    return out;
}

void FoundMessages::settle(const LiveIndex& index)
{
    const auto lock = index.lock();
    auto all = std::exchange(entries_, {});
    for (const auto& entry : all) {
        const auto [place, kind, head] = read(entry);
        const auto* const live = index.find(entry.id);
        if (live == nullptr || live->segment != place.segment || live->record_at != place.at) {
            drop(entry);
            continue;
        }
        const auto* const changes = live->changes();
        auto record = changes != nullptr ? read_message_head(kind, head) : std::nullopt;
        if (!record) {
            entries_.push_back(entry);
            continue;
        }
        // As it would be copied forward: then its changes are in the record, too.
        Carried carried{{}, std::move(record->evidence)};
        apply(*changes, record->envelope, carried.evidence);
        carried.states.resize(record->envelope.recipients.size());
        const auto whole =
            message_head(record->id, record->envelope, record->body_octets, record->body_crc,
                         record->large ? &*record->large : nullptr, &carried);
        const auto payload = std::string_view{whole}.substr(record_front_octets);
        keep(entry.id, {place.segment, place.at, static_cast<std::uint32_t>(payload.size())},
             RecordKind::moved, payload);
        drop(entry);
    }
    if (!std::ranges::is_sorted(entries_, {}, &Entry::id))
        std::ranges::sort(entries_, {}, &Entry::id);
}

void FoundMessages::each(const std::function<void(MessageId)>& take) const
{
    for (const auto& entry : entries_)
        take(MessageId{entry.id});
}

std::optional<Recovered> FoundMessages::find(MessageId id) const
{
    const auto place = std::ranges::lower_bound(entries_, id.number, {}, &Entry::id);
    if (place == entries_.end() || place->id != id.number) return {};
    return recovered(*place);
}

std::vector<Recovered> FoundMessages::take(std::size_t most, const LiveIndex& index)
{
    std::vector<Recovered> out;
    while (out.size() < most && !entries_.empty()) {
        const auto entry = entries_.back();
        entries_.pop_back();
        auto message = recovered(entry);
        drop(entry);
        const auto lock = index.lock();
        const auto* const live = index.find(entry.id);
        if (live == nullptr) continue;
        message.states = index.states(*live);
        message.states.resize(message.envelope.recipients.size());
        out.push_back(std::move(message));
    }
    std::ranges::reverse(out);
    return out;
}

}  // namespace imc::spool
