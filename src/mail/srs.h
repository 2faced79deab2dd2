#pragma once
/// @file mail/srs.h  Senders of mail that we pass on to others, rewritten so that the next host's
/// SPF finds one of our addresses, and reports still find their way (Sender Rewriting Scheme).
///
/// "ann@example.net" becomes "SRS0=HASH=DAY=example.net=ann" at a domain of ours; what another
/// forwarder has rewritten becomes "SRS1=HASH=its.domain==HASH=DAY=example.net=ann", and however
/// many there are, a report goes back over the first of them. The hash is a keyed one, so that
/// nobody makes an address that we would pass mail on for, and the day ends that after three weeks.
/// Letter case is not part of the hash: relays fold it.
///
/// An address that would not fit into 64 octets (RFC 5321 4.5.3.1.1) is not rewritten.
///
/// Threads: pure. Strangers choose every octet of reverse(): fuzz target mail_srs.
#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>

namespace imc::mail {

class Srs {
public:
    static constexpr int days_valid = 21;

    /// @param key  secret octets; empty: nothing is rewritten, and nothing of ours is known
    explicit Srs(std::string key) : key_{std::move(key)} {}

    /// @param domain  of ours. @return nothing: it stays as it is
    std::optional<std::string> forward(std::string_view sender, std::string_view domain,
                                       WallTime now) const;

    /// Whose address it was. @param local  unquoted, of an address of ours
    /// @return nothing: not one of ours, forged, or too old
    std::optional<std::string> reverse(std::string_view local, WallTime now) const;

    /// It has the form, whoever made it.
    static bool has_form(std::string_view local);

private:
    std::string hash(std::string_view text) const;
    bool fits(std::string_view hash, std::string_view text) const;

    std::string key_;
};

}  // namespace imc::mail
