#pragma once
/// @file queue/local_sender.h  Did whoever sent a message prove who he is?
///
/// By SMTP he signed in, and the address that he sends by was his, or the message would not have
/// been taken. Of a file in the pickup folder the kernel says whose it is; that is noted with the
/// message (app/service/local_account.h) and compared with the directory when a recipient asks,
/// since pickup works while the directory does not.
///
/// Threads: pure.
#include "spool/spool.h"
#include "transfer/restriction.h"

namespace imc::queue {

/// Of envelope.account: "local:root", "local:alice".
inline constexpr std::string_view local_account = "local:";
/// What envelope.peer of a file in the pickup folder begins with.
inline constexpr std::string_view pickup_mark = "pickup ";

/// @param sender  who has the envelope's sender address, says the directory. Root may be anybody
///                who has a mailbox; another user is who has an alias of his name.
bool is_signed_in(const spool::Envelope& envelope, const transfer::Sender& sender);

}  // namespace imc::queue
