#pragma once
/// @file transfer/restriction.h  Who may send to a recipient, and how large a message it takes.
///
/// An object says so itself: authOrig (only these), unauthOrig (not these), imcAuthOnly (only who
/// has signed in), imcMaxReceiveKB. A list that is named stands for everybody on it, at any depth.
/// Who is named in both may not: a refusal is closer.
///
/// Mail that our connector carries to other hosts is asked of the connector, too, after what the
/// recipient says: imcOutboundAccept and imcOutboundReject, by the same rules.
///
/// The sender's address of a client that has not signed in is a claim, which anybody can make:
/// authOrig keeps out mistakes, imcAuthOnly keeps out liars. Reports (no sender) go to everybody
/// but lists, whom nobody owes one.
///
/// KB:      Q154542, Q244008 (accept from, reject from), Q153488 (sizes of contacts: here they
///          count)
/// Threads: pure.
#include "base/error.h"
#include "config/config.h"
#include "directory/entry.h"
#include "transfer/route.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>

namespace imc::transfer {

struct Restrictions {
    struct Named {
        std::string text;  ///< the DN as it is written
        std::string name;  ///< normalized
    };
    std::string object;           ///< DN of the recipient
    std::vector<Named> accept;    ///< authOrig
    std::vector<Named> reject;    ///< unauthOrig
    bool accepts_some = false;    ///< authOrig has a value, readable or not
    bool signed_in_only = false;  ///< imcAuthOnly
    bool list = false;
    bool old = false;  ///< as a server has it that lacks changes: by what was, nobody is refused
    std::uint64_t octets = 0;  ///< imcMaxReceiveKB; 0: no limit
    const char* accept_rule = "authOrig";
    const char* reject_rule = "unauthOrig";
    const char* use = "send to it";  ///< what one may or may not
    RestrictionsPtr outbound = {};   ///< of the connector that carries it; null: none, or it stays

    /// Not counting `outbound`.
    bool ask_senders() const { return accepts_some || !reject.empty() || signed_in_only; }
    bool of_senders() const { return ask_senders() || (outbound && outbound->of_senders()); }
};

/// Of what an object is judged by, something came in part only (directory/value_range.h): half of a
/// rule is another rule. Members are not meant; who walks a list asks for the rest of them.
std::optional<Error> came_in_part(const Entry& entry);

/// Null: none.
RestrictionsPtr restrictions_of(const Entry& entry, bool old = false);

/// The same, with those of our connector for what leaves. @param recipient  null: none
RestrictionsPtr with_outbound(RestrictionsPtr recipient, const config::Config& config);

struct Sender {
    std::string address = {};  ///< empty: a report
    bool signed_in = false;
    std::set<std::string> names = {};  ///< normalized DNs: its own, and of each list it is on
    std::map<std::string, std::string> doubts = {};  ///< lists it may be on, and why nobody can say
    std::string object = {};                         ///< its DN; empty: nobody here has the address
    std::string alias = {};    ///< of the only mailbox that has the address; empty: none
    std::uint64_t octets = 0;  ///< imcMaxSendKB of it; 0: no limit
    bool old = false;  ///< as a server has it that lacks changes: by what was, nobody is refused
};

struct Restricted {
    std::string rule;  ///< "authOrig of cn=staff,..."
    std::string text;  ///< "ann@example.net is not among those who may send to it"
};

/// Whether `sender` may depends on a list of which nobody can say whether it is on it, or on what
/// the object was: mail waits. Ask before judge().
std::optional<Error> undecided(const Restrictions& restrictions, const Sender& sender);

/// Why a refusal by old restrictions is none yet.
Error outdated(const Restrictions& restrictions, const std::string& rule);

std::optional<Restricted> judge(const Restrictions& restrictions, const Sender& sender);

/// Of one who may: by which attribute, "authOrig cn=staff,..." or "no rule against it".
std::string admitted_by(const Restrictions& restrictions, const Sender& sender);

/// The value of imcMaxReceiveKB or imcMaxSendKB in octets; 0: no limit.
std::uint64_t octets_of(const Entry& entry, std::string_view attribute);

/// "imcMaxReceiveKB of cn=..."
std::string size_rule(std::string_view attribute, std::string_view object);

}  // namespace imc::transfer
