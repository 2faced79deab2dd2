#include "directory/recipient_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace imc {
namespace {

constexpr std::size_t octets_each = 500;
constexpr std::size_t octets_beside = 65'536;
constexpr std::size_t most_shards = 64;
constexpr std::size_t least_in_shard = 64;
constexpr std::size_t pointer_size = sizeof(void*);

/// What the allocator takes for a block (glibc).
std::size_t allocated(std::size_t size)
{
    return std::max<std::size_t>((size + 8 + 15) / 16 * 16, 32);
}

}  // namespace

/// Its packed octets follow it.
struct RecipientTable::Record {
    std::uint64_t identity;
    std::atomic<std::uint32_t> references{1};
    std::uint32_t size;
    std::atomic<bool> changed{false};

    char* octets() { return reinterpret_cast<char*>(this + 1); }
    std::string_view view() const { return {reinterpret_cast<const char*>(this + 1), size}; }
    std::size_t block() const { return sizeof(Record) + size; }
};

/// Its records and its address follow it.
struct RecipientTable::Node {
    Node* newer = nullptr;
    Node* older = nullptr;
    std::uint64_t hash;
    AnswerMark mark;
    std::uint32_t size;
    std::uint32_t holders;

    Record** records() { return reinterpret_cast<Record**>(this + 1); }
    std::string_view address() const
    {
        return {reinterpret_cast<const char*>(this + 1) + holders * pointer_size, size};
    }
    bool changed()
    {
        return std::any_of(records(), records() + holders,
                           [](const Record* r) { return r->changed.load(); });
    }
    std::size_t block() const { return sizeof(Node) + holders * pointer_size + size; }
};

struct RecipientTable::Shard {
    mutable std::mutex mutex;
    HashIndex<Node> nodes;
    Node* newest = nullptr;
    Node* oldest = nullptr;

    void link(Node& node)
    {
        node.newer = nullptr;
        node.older = newest;
        (newest != nullptr ? newest->newer : oldest) = &node;
        newest = &node;
    }
    void unlink(const Node& node)
    {
        (node.newer != nullptr ? node.newer->older : newest) = node.older;
        (node.older != nullptr ? node.older->newer : oldest) = node.newer;
    }
};

struct RecipientTable::Objects {
    mutable std::mutex mutex;
    HashIndex<Record> records;  ///< by identity
};

RecipientTable::Reference::Reference(RecipientTable& table, Record& record)
    : table_{&table}, record_{&record}
{}

RecipientTable::Reference::~Reference()
{
    if (record_ != nullptr) table_->release(*record_);
}

Entry RecipientTable::Reference::entry() const { return unpacked(record_->view(), table_->words_); }

std::vector<Entry> RecipientTable::Remembered::holders() const
{
    std::vector<Entry> out;
    out.reserve(1 + others.size());
    if (first) out.push_back(first.entry());
    for (const auto& other : others)
        out.push_back(other.entry());
    return out;
}

RecipientTable::RecipientTable(std::size_t entries)
    : most_{std::max<std::size_t>(entries, 1)}, most_octets_{octets_beside + octets_each * most_},
      shards_count_{
          std::bit_floor(std::clamp<std::size_t>(most_ / least_in_shard, 1, most_shards))},
      words_{std::min<std::size_t>(most_octets_ / 8, 4 << 20)},
      shards_{std::make_unique<Shard[]>(shards_count_)},
      objects_{std::make_unique<Objects[]>(shards_count_)}
{}

RecipientTable::~RecipientTable()
{
    for (std::size_t i = 0; i < shards_count_; ++i)
        while (shards_[i].oldest != nullptr)
            remove(shards_[i], *shards_[i].oldest);
}

// The indexes take the low bits of a hash.
RecipientTable::Shard& RecipientTable::shard_of(std::uint64_t hash) const
{
    return shards_[(hash >> 40U) & (shards_count_ - 1)];
}

RecipientTable::Objects& RecipientTable::objects_of(std::uint64_t identity) const
{
    return objects_[(identity >> 40U) & (shards_count_ - 1)];
}

std::uint64_t RecipientTable::identity_of(const Entry& entry) const
{
    return hash_(entry.id.empty() ? entry.dn.normalized() : entry.id);
}

void RecipientTable::count_octets(std::size_t before, std::size_t now)
{
    octets_.fetch_add(now - before, std::memory_order_relaxed);  // wraps round when it is less
}

RecipientTable::Node* RecipientTable::find_node(const Shard& shard, std::uint64_t hash,
                                                std::string_view address) const
{
    return shard.nodes.find(hash, [&](const Node& node) { return node.address() == address; });
}

std::optional<RecipientTable::Remembered> RecipientTable::find(std::string_view address)
{
    const auto hash = hash_(address);
    auto& shard = shard_of(hash);
    const std::lock_guard lock{shard.mutex};
    auto* node = find_node(shard, hash, address);
    if (node == nullptr) return {};
    if (node->changed()) {
        remove(shard, *node);
        return {};
    }
    shard.unlink(*node);
    shard.link(*node);
    Remembered out{node->mark, {}, {}};
    for (std::uint32_t i = 0; i < node->holders; ++i) {
        auto& record = *node->records()[i];
        record.references.fetch_add(1);
        if (i == 0)
            out.first = Reference{*this, record};
        else
            out.others.emplace_back(*this, record);
    }
    return out;
}

RecipientTable::Reference RecipientTable::object(const Entry& entry)
{
    const auto octets = packed(entry, words_);
    if (sizeof(Record) + octets.size() > most_octets_ / shards_count_ / 4) return {};
    const auto identity = identity_of(entry);
    auto& objects = objects_of(identity);
    const std::lock_guard lock{objects.mutex};
    auto* same = objects.records.find(
        identity, [&](const Record& r) { return !r.changed && r.view() == octets; });
    if (same != nullptr) {
        same->references.fetch_add(1);
        return {*this, *same};
    }
    void* block = ::operator new(sizeof(Record) + octets.size());
    auto* record =
        new (block) Record{.identity = identity, .size = static_cast<std::uint32_t>(octets.size())};
    std::memcpy(record->octets(), octets.data(), octets.size());
    const auto before = objects.records.octets();
    objects.records.add(identity, record);
    count_octets(before, objects.records.octets() + allocated(record->block()));
    return {*this, *record};
}

/// The last reference goes under the lock of the index, where others might find the object.
void RecipientTable::release(Record& record)
{
    auto references = record.references.load();
    while (references > 1)
        if (record.references.compare_exchange_weak(references, references - 1)) return;
    auto& objects = objects_of(record.identity);
    const std::lock_guard lock{objects.mutex};
    if (record.references.fetch_sub(1) > 1) return;
    objects.records.remove(record.identity, &record);
    count_octets(allocated(record.block()), 0);
    record.~Record();
    ::operator delete(&record);
}

void RecipientTable::insert(Shard& shard, std::uint64_t hash, std::string_view address,
                            const AnswerMark& mark, const std::vector<Record*>& records)
{
    const auto size = sizeof(Node) + records.size() * pointer_size + address.size();
    auto* node =
        new (::operator new(size)) Node{.hash = hash,
                                        .mark = mark,
                                        .size = static_cast<std::uint32_t>(address.size()),
                                        .holders = static_cast<std::uint32_t>(records.size())};
    std::ranges::copy(records, node->records());
    std::memcpy(reinterpret_cast<char*>(node->records() + records.size()), address.data(),
                address.size());
    const auto before = shard.nodes.octets();
    shard.nodes.add(hash, node);
    shard.link(*node);
    count_.fetch_add(1, std::memory_order_relaxed);
    count_octets(before, shard.nodes.octets() + allocated(node->block()));
}

void RecipientTable::remove(Shard& shard, Node& node)
{
    shard.nodes.remove(node.hash, &node);
    shard.unlink(node);
    for (std::uint32_t i = 0; i < node.holders; ++i)
        release(*node.records()[i]);
    count_.fetch_sub(1, std::memory_order_relaxed);
    count_octets(allocated(node.block()), 0);
    node.~Node();
    ::operator delete(&node);
}

/// Hashes spread addresses evenly, so that the oldest here is about the oldest of all.
std::size_t RecipientTable::make_room(Shard& shard)
{
    std::size_t gone = 0;
    for (; shard.oldest != shard.newest && (size() > most_ || octets() > most_octets_); ++gone)
        remove(shard, *shard.oldest);
    evicted_.fetch_add(gone, std::memory_order_relaxed);
    return gone;
}

std::size_t RecipientTable::keep(std::string_view address, const AnswerMark& mark,
                                 const std::vector<Entry>& holders)
{
    std::vector<Reference> references;
    for (const auto& entry : holders)
        references.push_back(object(entry));
    const bool fits = std::ranges::all_of(references, [](const auto& r) { return bool(r); });
    const auto hash = hash_(address);
    auto& shard = shard_of(hash);
    const std::lock_guard lock{shard.mutex};
    if (auto* old = find_node(shard, hash, address); old != nullptr) remove(shard, *old);
    if (!fits) return 0;
    std::vector<Record*> records;
    for (auto& reference : references)
        records.push_back(reference.record_);
    insert(shard, hash, address, mark, records);
    for (auto& reference : references)
        reference.record_ = nullptr;  // the node's from now on
    return make_room(shard);
}

std::size_t RecipientTable::add(std::string_view address, const AnswerMark& mark,
                                const Reference& object,
                                const std::function<bool(const AnswerMark&)>& newer)
{
    const auto hash = hash_(address);
    auto& shard = shard_of(hash);
    const std::lock_guard lock{shard.mutex};
    std::vector<Record*> records;
    if (auto* old = find_node(shard, hash, address); old != nullptr) {
        if (old->mark.load == mark.load)
            records.assign(old->records(), old->records() + old->holders);
        else if (!old->changed() && newer(old->mark))
            return 0;
        if (std::ranges::find(records, object.record_) != records.end()) return 0;
        for (auto* record : records)
            record->references.fetch_add(1);
        remove(shard, *old);
    }
    records.push_back(object.record_);
    object.record_->references.fetch_add(1);
    insert(shard, hash, address, mark, records);
    return make_room(shard);
}

void RecipientTable::forget(std::string_view address)
{
    const auto hash = hash_(address);
    auto& shard = shard_of(hash);
    const std::lock_guard lock{shard.mutex};
    if (auto* node = find_node(shard, hash, address); node != nullptr) remove(shard, *node);
}

std::size_t RecipientTable::touch(const Entry& now)
{
    auto touched = touch(hash_(now.dn.normalized()));
    if (!now.id.empty()) touched += touch(hash_(now.id));
    return touched;
}

std::size_t RecipientTable::touch(std::uint64_t identity)
{
    auto& objects = objects_of(identity);
    std::size_t touched = 0;
    const std::lock_guard lock{objects.mutex};
    objects.records.find(identity, [&](Record& record) {
        if (!record.changed.exchange(true)) ++touched;
        return false;  // and all others
    });
    return touched;
}

std::size_t RecipientTable::objects() const
{
    std::size_t sum = 0;
    for (std::size_t i = 0; i < shards_count_; ++i) {
        const std::lock_guard lock{objects_[i].mutex};
        sum += objects_[i].records.size();
    }
    return sum;
}

std::size_t RecipientTable::octets() const
{
    return octets_.load(std::memory_order_relaxed) + words_.octets();
}

}  // namespace imc
