#pragma once
/// @file transfer/procedure_parts.h  The inside of decide(): one recipient on his way. Not for
/// others.
///
/// procedure.cc asks which domain, procedure_people.cc who it is, procedure_ways.cc which way.
#include "base/text.h"
#include "transfer/address_space.h"
#include "transfer/next_hop.h"
#include "transfer/procedure.h"
#include "transfer/restriction.h"

namespace imc::transfer {

using Facts = std::vector<std::pair<std::string, std::string>>;

inline std::string in_quotes(std::string_view text) { return "\"" + printable(text, 320) + "\""; }

/// What the routing table and the site's domains say of a domain.
struct Class {
    std::string domain;  ///< A-labels; of a literal as written
    bool ours = false;
    const config::RoutingRow* row = nullptr;
};

class Procedure {
public:
    Procedure(const config::Config& config, const People& people, const Request& request,
              Evidence* evidence, DecisionLine* line)
        : config_{config}, people_{people}, request_{request}, evidence_{evidence}, line_{line}
    {}

    Resolution run();

private:
    Resolution find();
    /// The answer, or the address with which to begin again.
    using Outcome = std::variant<Resolution, mail::Address>;
    /// An object, or the answer that there is not one.
    using Holder = std::variant<Entry, Resolution>;

    void step(std::string name, std::string finding, bool decides = false, Facts facts = {});
    void note(std::string_view word, std::string_view value)
    {
        if (line_ != nullptr) line_->add(word, value);
    }
    void note_origin();
    Resolution refuse(int code, std::string status, std::string why, std::string rule = {},
                      EventId event = EventId{});
    Resolution nobody(std::string why);
    /// The directory has proved it.
    Resolution absent(const mail::Address& address);
    std::optional<Resolution> goes_round(const mail::Address& address, unsigned round);
    Outcome at(const mail::Address& address);
    void tell(const Class& found);
    /// Who says "always" or "never" is believed on the whole way; "never" stays.
    void merge(const config::RoutingRow& row);

    // ---- procedure_people.cc
    Outcome local(const mail::Address& address, const Class& found);
    /// Nothing: proven absent.
    std::optional<Holder> one(Answer<std::vector<Entry>> answer, const char* name,
                              const std::string& value);
    std::optional<Holder> cannot_say(const char* name, CannotSay silent);
    /// The same of a question that the directory did not answer: the domain's row may take the mail
    /// all the same.
    std::optional<Holder> unanswered(const char* name, CannotSay silent);
    /// What the queue will do with the address when the directory is back it must do for a
    /// stranger, too: it asks no relay rule any more, nor whether mail is a report.
    bool may_be_taken_unasked(const mail::Address& address, const Class& found);
    void tell_match(const Entry& entry, const char* name, const std::string& value);
    Outcome of(Holder holder, const mail::Address& address, bool postmaster = false);
    Outcome administrator(const mail::Address& address, bool of_site);
    /// @param postmaster  a domain's mail for its keeper is never refused
    Outcome object(const Entry& entry, const mail::Address& address, bool postmaster = false);
    /// The directory authorizes it: no relay rule is asked.
    Outcome contact(const std::string& name, std::string_view target);
    /// user+detail is user, if nobody has the whole address.
    std::optional<Holder> subaddress(const mail::Address& address);
    /// May this client do what our own senders may?
    bool is_own_sender();
    std::optional<Outcome> encapsulated(const mail::Address& address);

    // ---- procedure_lists.cc
    /// A list, or an object with an alternate recipient. Nothing: neither.
    std::optional<Outcome> stands_for_others(const Entry& entry, const mail::Address& address,
                                             bool postmaster);
    Outcome redirected(const Entry& entry, const mail::Address& address, bool postmaster);
    /// A report on mail that we have passed on, to whom it had come from.
    Outcome returned(const mail::Address& address);
    Outcome broken(const Entry& entry, const std::string& what);

    // ---- procedure_ways.cc
    Resolution shared(const mail::Address& address, const config::RoutingRow& row);
    Resolution named_hosts(const mail::Address& address, const config::RoutingRow& row);
    Resolution remote(const mail::Address& address, const Class& found);
    std::optional<Resolution> relay_denied(const std::string& domain);
    /// What this connector does with the mail that it carries itself.
    Resolution own_way(const mail::Address& address, const std::string& domain);
    /// An address of another type, as the connector for it takes it.
    Resolution of_type(const std::string& type, const std::string& value);
    Resolution no_connector(const std::string& address);
    Resolution to_connectors(const Choice& choice, const std::string& address);
    void tell_choice(const Choice& choice);
    void tell_route(const Route& route);

    const config::Config& config_;
    const People& people_;
    const Request& request_;
    Evidence* evidence_;
    DecisionLine* line_;
    std::vector<std::string> trail_;
    bool authorized_ = false;  ///< by a contact
    bool no_report_ = false;   ///< to an address that is for reports alone
    bool leaves_ = false;      ///< our connector carries it to a host that is not ours
    std::string contact_;
    config::RowRelay relay_ = config::RowRelay::inherit;
    std::string relay_row_;
    std::string taken_unasked_by_;  ///< row of the domain that is looked at; empty: none
    std::vector<Dn> redirections_;  ///< that have led here
    /// Those of the object that was asked for; who is led to is not asked (Q273907).
    std::optional<RestrictionsPtr> restrictions_;
};

}  // namespace imc::transfer
