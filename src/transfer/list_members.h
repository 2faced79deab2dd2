#pragma once
/// @file transfer/list_members.h  Who is on a list, one level down: for EXPN.
///
/// Lists of all kinds that are expanded (expansion.h): `member`, `uniqueMember`, `memberUid`, and
/// what a search finds. A list within it stays one address; nobody is told twice. What is read is
/// bounded: of more members than may be told, none is.
///
/// Threads: blocks when the directory is not local.
#include "transfer/expansion.h"
#include "transfer/route.h"

namespace imc::transfer {

struct ListMembers {
    std::vector<std::string> addresses;  ///< primary; who has none is left out
};
struct NotAList {};
struct TooManyMembers {};
using ListAnswer = std::variant<ListMembers, NotAList, TooManyMembers, NoSuchRecipient,
                                AmbiguousRecipient, CannotSay>;

/// @param organization  only what is below it is found by a search or by uid
/// @param most  members that are told; more is TooManyMembers, never a part
ListAnswer members_of(const Entry& list, Directory& directory, const Dn& organization,
                      std::size_t most, Deadline deadline);

}  // namespace imc::transfer
