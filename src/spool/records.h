#pragma once
/// @file spool/records.h  The records of a group, one after another, as a segment has them or, in
/// an index, without the bodies of messages. Pure.
#include "spool/encoding.h"
#include "spool/segment.h"

#include <functional>

namespace imc::spool {

struct RecordPlace {
    RecordKind kind;
    std::string_view payload;              ///< of a message: its head; the body is elsewhere
    std::uint64_t at;                      ///< in the segment: behind the record's length and kind
    std::uint32_t octets;                  ///< of the payload in the segment
    std::optional<MessagePlaces> message;  ///< of a record that has one
};

class Records {
public:
    /// @param at  where the first of them stands in the segment
    Records(std::string_view records, std::uint64_t at, bool with_bodies)
        : rest_{records}, at_{at}, with_bodies_{with_bodies}
    {}

    /// @return nothing: that were all, or all that can be told apart. A message record that is none
    /// is passed over where its end is known.
    std::optional<RecordPlace> next();
    /// All of them were read, and each message was one.
    bool sound() const { return sound_ && rest_.empty(); }
    std::uint64_t at() const { return at_; }  ///< in the segment: of what follows
    std::size_t left() const { return rest_.size(); }

private:
    std::string_view rest_;
    std::uint64_t at_;
    bool with_bodies_;
    bool sound_ = true;
};

/// The largest id that the records of a group name.
std::uint64_t largest_id(std::string_view records);

/// The records of a group of which the disk has not given all, as far as they can be told apart:
/// those of which nothing is missing but of a message's body. Ends where a length is missing.
/// @param at  where the first of them stands in the segment
/// @return how many are missing; those behind such a length are one
std::size_t each_beside_holes(const Segment::Salvage& group, std::uint64_t at,
                              const std::function<void(const RecordPlace&)>& take);

}  // namespace imc::spool
