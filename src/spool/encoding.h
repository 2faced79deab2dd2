#pragma once
/// @file spool/encoding.h  Records of a segment, to octets and back; docs/formats/spool.md is the
/// grammar.
///
/// Reading never trusts a length: a record that does not fit is no record.
#include "spool/large_texts.h"
#include "spool/spool.h"

#include <optional>
#include <string_view>

namespace imc::spool {

enum class RecordKind : std::uint8_t {
    message = 1,
    results = 2,
    moved = 3,
    added = 4,
    amended = 5,
    evidence = 6,
    done = 7,
};

class Writer {
public:
    void u8(std::uint8_t value) { out_ += static_cast<char>(value); }
    void u32(std::uint32_t value) { number(value, 4); }
    void u64(std::uint64_t value) { number(value, 8); }
    void text(std::string_view value)
    {
        u32(static_cast<std::uint32_t>(value.size()));
        out_ += value;
    }
    std::string take() { return std::move(out_); }
    std::size_t size() const { return out_.size(); }

private:
    void number(std::uint64_t value, int octets)
    {
        for (int i = 0; i < octets; ++i)
            out_ += static_cast<char>(value >> (8 * i) & 0xffU);
    }
    std::string out_;
};

class Reader {
public:
    explicit Reader(std::string_view octets) : rest_{octets} {}
    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() { return number(8); }
    std::string_view text()
    {
        const auto size = u32();
        if (size > rest_.size()) {
            failed_ = true;
            return {};
        }
        const auto out = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return out;
    }
    bool failed() const { return failed_; }
    std::size_t left() const { return rest_.size(); }

private:
    std::uint64_t number(std::size_t octets)
    {
        if (octets > rest_.size()) {
            failed_ = true;
            rest_ = {};
            return 0;
        }
        std::uint64_t out = 0;
        for (std::size_t i = octets; i-- > 0;)
            out = out << 8U | static_cast<unsigned char>(rest_[i]);
        rest_.remove_prefix(octets);
        return out;
    }
    std::string_view rest_;
    bool failed_ = false;
};

/// Of a message as it is copied forward, or of a new one of which something is known.
struct Carried {
    std::vector<RecipientState> states = {};
    std::vector<Evidence> evidence = {};
    bool is_new = false;  ///< nothing came of any recipient: the record has no states
};

/// What stands in a message record before its text.
/// @param large  what follows `body` in a file of its own; null: nothing does
/// @param carried  unless it is new makes it a `moved` one; null: it is new, and nothing is known
std::string message_head(MessageId id, const Envelope& envelope, std::string_view body,
                         const LargePart* large = nullptr, const Carried* carried = nullptr);
/// The same when the CRC of the body is known, or is what it should have been.
std::string message_head(MessageId id, const Envelope& envelope, std::uint32_t body_octets,
                         std::uint32_t body_crc, const LargePart* large, const Carried* carried);
/// Of such a head: the record's length and its kind.
inline constexpr std::size_t record_front_octets = 5;

/// All records of a change but the messages that it causes, in the order in which they take effect.
std::string change_records(const Commit& change);

struct MessageRecord {
    MessageId id;
    Envelope envelope;
    std::vector<RecipientState> states;  ///< one per recipient
    std::vector<Evidence> evidence = {};
    std::optional<LargePart> large = {};  ///< what follows `body`
    std::uint32_t body_crc = 0;
    std::uint32_t body_octets = 0;
    std::string_view body;  ///< into the octets read; empty in a head that was read alone
};

/// @param payload  behind the record's length and kind.
std::optional<MessageRecord> read_message(RecordKind kind, std::string_view payload);
/// @param head  a payload that ends where its body would begin.
std::optional<MessageRecord> read_message_head(RecordKind kind, std::string_view head);

/// What stands where in a message record; nothing is copied.
struct MessagePlaces {
    std::uint64_t id;
    std::uint32_t recipients;
    bool large;
    std::uint32_t body_crc;
    std::uint32_t body_octets;
    std::size_t head;  ///< octets of the payload before the body
};
/// @param octets  begin with a payload; what follows its head is not looked at
std::optional<MessagePlaces> skim_message(RecordKind kind, std::string_view octets);
/// One of the kinds that change a message: that part of the commit.
std::optional<Commit> read_change(RecordKind kind, std::string_view payload);

}  // namespace imc::spool
