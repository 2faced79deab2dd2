#pragma once
/// @file spool/lost_headers.h  A segment whose header cannot be read is not taken for a free one
/// while something says what stands in it.
///
/// A free segment begins with zeros for as long as a disk may lose at a time; or only its header
/// and the front of its first group are zeros, and what its last life left follows at once; or the
/// first write into it was torn, so that less than a header stands before such zeros. Of any other
/// one without a header, its index may still tell whose it is, or the checksum of its first group,
/// which begins with the generation: one that a younger segment tells of, or the next ones after
/// the youngest. Then the header can be made anew. Else, if there are groups of such a life
/// anywhere in it, it is kept for people. What is left is the torn beginning of a life of which
/// nothing was acknowledged.
///
/// Threads: none; reads only.
#include "spool/segment_index.h"

namespace imc::spool {

struct LostHeaders {
    std::vector<Segment*> mended;  ///< they have their header again, in memory
    std::vector<Segment*>
        begun;  ///< the same, where a power cut has torn what begins or ends a life
    std::vector<Segment*> lost;  ///< they hold what nobody can read any more
    std::uint64_t last_id = 0;   ///< largest of those that the lost ones name, and can be read
    std::uint64_t unread = 0;    ///< octets of lost ones of which the disk does not give all
};

/// @param segments  that have read their headers
LostHeaders find_lost_headers(FileSystem& files,
                              const std::vector<std::unique_ptr<Segment>>& segments);

/// Nothing stands in it, or nothing that counts.
bool looks_free(const Segment& segment);

}  // namespace imc::spool
