#pragma once
/// @file transfer/procedure.h  What becomes of one recipient: the procedure of routing, rerouting
/// and relaying, whole, as one function of a configuration, a question and the directory's answers.
///
///   1  The address is read. Its last domain decides, and no part of it is ever read as another
///      address, but for encapsulated names of our own senders (mail/imcea.h).
///   2  The domain is ours or not: the closest row of the routing table, a site domain being a row
///      for exactly its name; a literal, if it is an address of this host.
///   3  Ours: an address that we have made for a sender (mail/srs.h), who begins again at 2 (for
///      a report; other mail needs what all relaying needs); postmaster; who holds the address;
///      else an encapsulated name; else user of user+detail; else, of a shared name space, its
///      host; else nobody. A contact's target, and a row that rewrites, begin again at 2: eight
///      times at most, and never twice with one address.
///   4  Not ours: may this client relay? Then the hosts of the row; else the connector of the site
///      whose address space is closest; if that is ours, profile, smart host or MX.
///
/// While the directory cannot say, the answer is that (451), or for a client what the row of the
/// domain says instead.
///
/// Every question has an answer, every answer takes at most eight rounds, and none depends on the
/// order of rows or values.
///
/// KB:      Q169683, Q195969, Q258203 (table); Q255695 (delivery is not relaying); Q193782,
/// Q237927,
///          Q244008 (encapsulated names); Q201072, Q242387 (postmaster); Q251152 (two holders)
/// Threads: pure, as far as `People` is.
#include "base/answer.h"
#include "config/config.h"
#include "directory/entry.h"
#include "directory/recipient_cache.h"
#include "mail/address.h"
#include "transfer/decision.h"
#include "transfer/relay.h"
#include "transfer/route.h"

namespace imc::transfer {

/// What is asked of the directory. Absent means proven absent.
class People {
public:
    virtual ~People() = default;
    /// Who holds an SMTP address. @param address  as mail/address.h normalizes it
    virtual Answer<std::vector<Entry>> by_address(const std::string& address) const = 0;
    /// How fresh the last answer of by_address() was.
    virtual AnswerOrigin origin() const { return {}; }
    /// Who holds an address of another type: "X400", "c=US;a= ;p=Contoso;s=Lee".
    virtual Answer<std::vector<Entry>> by_proxy(const std::string& type,
                                                const std::string& value) const = 0;
    /// By legacyExchangeDN, or by the name in the tree: "/o=Org/ou=Site/cn=Recipients/cn=alias".
    virtual Answer<std::vector<Entry>> by_historic_name(const std::string& name) const = 0;
    virtual Answer<Entry> administrator() const = 0;
    /// Whom altRecipient names.
    virtual Answer<Entry> by_name(const Dn& name) const;
    /// What mail for an object that is no contact and no list does: the store of a mailbox or
    /// public folder.
    virtual Resolution deliver_to(const config::Config& config, const Entry& entry,
                                  const std::string& address) const;
};

/// One thing that was looked at.
struct Step {
    std::string step;     ///< "domain", "routing row", "proxy address", "address space", ...
    std::string finding;  ///< for people
    bool decides = false;
    std::vector<std::pair<std::string, std::string>> facts = {};  ///< for programs
};
using Evidence = std::vector<Step>;

struct Request {
    std::string_view recipient;    ///< as in the envelope; bare "postmaster" is legal
    RelayQuestion client = {};     ///< its domain is filled in
    std::string_view sender = {};  ///< of the client's message; empty: a report
    /// A client asks now, so relay rules are. No: whoever asks, a command or EXPN, is a stranger.
    bool from_client = false;
    /// The message was taken before; what its client might do was settled then.
    bool taken = false;
};

/// @param evidence  if given, gets every step in order; the last decides
/// @param line  if given, gets what decided
Resolution decide(const config::Config& config, const People& people, const Request& request,
                  Evidence* evidence = nullptr, DecisionLine* line = nullptr);

/// Whether the directory is asked about a domain, rows that rewrite followed. @param domain  or an
/// address literal
bool is_ours(const config::Config& config, std::string_view domain);

}  // namespace imc::transfer
