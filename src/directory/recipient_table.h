#pragma once
/// @file directory/recipient_table.h  Addresses, and what the directory said of each, packed.
///
/// An address is one block of memory: when it was asked, its text, and the objects that hold it;
/// none: it is nobody's. An object is one block, too (packed_entry.h), shared by all addresses that
/// found it so. Hashes are compared first, then the whole text.
///
/// Bounded by the number of addresses and by octets: 500 for each address that is allowed, and 64
/// KiB; everything counts, the index and the allocations' own octets too. Those asked for longest
/// ago go first.
///
/// Threads: any. Each call takes one short lock of many, keep() one for each object more.
#include "base/time.h"
#include "directory/hash_index.h"
#include "directory/keyed_hash.h"
#include "directory/packed_entry.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace imc {

/// What makes an answer count; the table only keeps it.
struct AnswerMark {
    Deadline asked{};
    std::uint64_t revision = 0;  ///< of the directory, before the question
    std::uint64_t changes = 0;   ///< how many the cache had been told of then
    std::uint32_t load = 0;      ///< the loading that brought it; 0: a question
};

class RecipientTable {
    struct Shard;
    struct Objects;
    struct Node;
    struct Record;

public:
    explicit RecipientTable(std::size_t entries);
    RecipientTable(const RecipientTable&) = delete;
    RecipientTable& operator=(const RecipientTable&) = delete;
    ~RecipientTable();

    /// Keeps an object while somebody reads it.
    class Reference {
    public:
        Reference() = default;
        Reference(RecipientTable& table, Record& record);  ///< that counts one more already
        Reference(Reference&& other) noexcept
            : table_{other.table_}, record_{std::exchange(other.record_, nullptr)}
        {}
        Reference& operator=(Reference&& other) noexcept
        {
            std::swap(table_, other.table_);
            std::swap(record_, other.record_);
            return *this;
        }
        ~Reference();
        Entry entry() const;
        explicit operator bool() const { return record_ != nullptr; }

    private:
        friend RecipientTable;
        RecipientTable* table_ = nullptr;
        Record* record_ = nullptr;
    };

    struct Remembered {
        AnswerMark mark;
        Reference first;  ///< null: nobody has the address
        std::vector<Reference> others;

        bool found() const { return static_cast<bool>(first); }
        std::vector<Entry> holders() const;
    };

    /// One of whose objects has changed is not there.
    std::optional<Remembered> find(std::string_view address);

    /// In place of what there was. An answer that is too large is not kept, and ends that, too.
    /// @return how many had to go for it
    std::size_t keep(std::string_view address, const AnswerMark& mark,
                     const std::vector<Entry>& holders);

    /// An object that a loading brings: one more holder of an address that the same loading
    /// brought; in place of anything else, unless `newer` says that it is.
    /// @return how many had to go for it
    std::size_t add(std::string_view address, const AnswerMark& mark, const Reference& object,
                    const std::function<bool(const AnswerMark&)>& newer);
    /// Null: it is too large.
    Reference object(const Entry& entry);

    void forget(std::string_view address);

    /// The object has changed, whatever we remember of it: look-ups that found it are void. It is
    /// known by its id, or by its name where we were not told one: a server that may not show us
    /// entryUUID names it all the same when it tells of a change.
    /// @return how often it was remembered
    std::size_t touch(const Entry& now);

    std::size_t size() const { return count_.load(std::memory_order_relaxed); }
    std::uint64_t evicted() const { return evicted_.load(std::memory_order_relaxed); }
    std::size_t objects() const;
    std::size_t octets() const;  ///< that are in use

private:
    std::uint64_t identity_of(const Entry& entry) const;
    std::size_t touch(std::uint64_t identity);
    Shard& shard_of(std::uint64_t hash) const;
    Objects& objects_of(std::uint64_t identity) const;
    Node* find_node(const Shard& shard, std::uint64_t hash, std::string_view address) const;
    void insert(Shard& shard, std::uint64_t hash, std::string_view address, const AnswerMark& mark,
                const std::vector<Record*>& records);
    void remove(Shard& shard, Node& node);
    std::size_t make_room(Shard& shard);
    void release(Record& record);
    void count_octets(std::size_t before, std::size_t now);

    const KeyedHash hash_;
    const std::size_t most_, most_octets_;
    const std::size_t shards_count_;  ///< a power of two
    SharedWords words_;
    std::unique_ptr<Shard[]> shards_;
    std::unique_ptr<Objects[]> objects_;
    std::atomic<std::size_t> count_{0};
    std::atomic<std::size_t> octets_{0};
    std::atomic<std::uint64_t> evicted_{0};
};

}  // namespace imc
