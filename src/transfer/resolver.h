#pragma once
/// @file transfer/resolver.h  Who is this recipient, and where does his mail go next?
///
/// The procedure (procedure.h), with a directory that answers its questions. A local domain's
/// recipient is what the directory says; everybody else's mail goes by the routing table, the
/// address spaces of the site's connectors, delivery rows, smart hosts, or MX. An address is
/// decided by its last domain: user%other@ours, "user@other"@ours, other!user@ours are local names
/// that most likely nobody has.
///
/// user@[ADDRESS] with one of our own addresses is user at the site domain; any other literal is
/// somebody else's.
///
/// KB:      Q194742 (literals), Q201072, Q242387 (postmaster), Q251152 (ambiguous), Q259531
///          (subdomains of a row), Q228998 (a trailing space), Q255695 (delivery is not relaying)
/// Threads: any; resolve() blocks when the directory is not local.
#include "config/people.h"
#include "directory/recipients.h"
#include "mail/address.h"
#include "transfer/list_members.h"
#include "transfer/procedure.h"
#include "transfer/route.h"
#include "transfer/senders.h"
#include "transfer/sole_alias.h"

namespace imc::transfer {

class RecipientResolver {
public:
    /// @param cache  of look-ups among people; null: none
    RecipientResolver(config::ConfigPtr config, std::shared_ptr<Directory> directory,
                      const config::People& people = {},
                      std::shared_ptr<RecipientCache> cache = nullptr);

    /// Rows that rewrite are followed. @param domain  or an address literal
    bool is_local_domain(std::string_view domain) const;

    /// As a stranger's question, relay rules not asked. @param address  as it stands in the
    /// envelope; bare "postmaster" is legal
    Resolution resolve(std::string_view address, Deadline deadline) const;
    Resolution resolve(const Request& request, Deadline deadline, Evidence* evidence = nullptr,
                       DecisionLine* line = nullptr) const;

    /// Who is on a list, one level down (list_members.h).
    /// @param list  its address; a local part alone is at the site domain
    /// @param most  members that are read; more is TooManyMembers, never a part
    ListAnswer members(std::string_view list, std::size_t most, Deadline deadline) const;

    const config::Config& config() const { return *config_; }
    const config::ConfigPtr& config_ptr() const { return config_; }
    bool blocks() const { return !directory_->is_local() || !administrators_->is_local(); }
    /// Of people, and the name below which they are.
    const std::shared_ptr<Directory>& directory() const { return directory_; }
    const Dn& people() const { return lookup_.organization(); }
    /// Who senders are, for recipients that do not take mail from everybody.
    Senders& senders() const { return *senders_; }

private:
    Answer<std::vector<Entry>> holders(const mail::Address& address, Deadline deadline) const;

    config::ConfigPtr config_;
    std::shared_ptr<Directory> directory_;       ///< of people
    std::shared_ptr<Directory> administrators_;  ///< where the administrator mailbox is
    mutable RecipientLookup lookup_;
    std::shared_ptr<Senders> senders_;
    std::shared_ptr<SoleAlias> aliases_;
};

}  // namespace imc::transfer
