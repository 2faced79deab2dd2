#pragma once
/// @file smtp/client/reply_meaning.h  What a peer's reply to a command means for a recipient. Pure.
///
/// Rules:   RFC 3463 (x.y.z), RFC 5321 4.5.3.1.10 (too many recipients)
#include "smtp/client/dialogue.h"

namespace imc::smtp::client {

/// When the peer gives no x.y.z of the right class, its code and the command tell.
std::string status_of(const PeerReply& reply, Phase phase);

/// The limit on recipients is ours to respect; a full mailbox is not.
bool says_too_many(const PeerReply& reply);

/// The name under which the peer keeps the message, if it says so; else empty.
std::string remote_id(std::string_view text);

}  // namespace imc::smtp::client
