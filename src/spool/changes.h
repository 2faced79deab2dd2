#pragma once
/// @file spool/changes.h  What a commit makes of an envelope and its evidence. Pure.
#include "spool/spool.h"

namespace imc::spool {

/// What came after the record in which a message stands; copied forward, it becomes part of it.
struct Changes {
    std::vector<Recipient> added = {};
    Amendment amendment = {};
    std::vector<Evidence> evidence = {};  ///< by key; an empty text: removed
    bool empty() const { return added.empty() && amendment.empty() && evidence.empty(); }
};

/// @param recipients  how many there are, with those that `change` adds
void add(Changes& into, const Commit& change, std::size_t recipients);
void apply(const Changes& changes, Envelope& envelope, std::vector<Evidence>& evidence);

}  // namespace imc::spool
