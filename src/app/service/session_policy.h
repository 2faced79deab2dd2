#pragma once
/// @file app/service/session_policy.h  The organization's rules, asked at each step of one session.
///
/// The decisions are policy/'s; here they are put in order, told to the event log, counted and
/// written to the reject journal. Cheap ones come first: nothing is looked up for a client that a
/// limit refuses anyway.
///
/// Events:  4192 (filtered), 40700 (connection refused), 40701 (limit reached), 40702 (recipients
///          guessed)
/// Threads: one session's.
#include "app/service/policy_book.h"
#include "base/octets.h"
#include "policy/size_limits.h"
#include "smtp/server/ports.h"
#include "transfer/resolver.h"

namespace imc::app {

class SessionPolicy final : public smtp::Policy {
public:
    SessionPolicy(PolicyBook& book, std::shared_ptr<const transfer::RecipientResolver> resolver);

    smtp::net::awaitable<Verdict> on_connect(const smtp::SessionFacts& facts) override;
    smtp::net::awaitable<Verdict> on_helo(const smtp::SessionFacts& facts) override;
    smtp::net::awaitable<Verdict> on_mail(const smtp::SessionFacts& facts,
                                          const smtp::Envelope& envelope) override;
    smtp::net::awaitable<Verdict> on_rcpt(const smtp::SessionFacts& facts,
                                          const smtp::Envelope& envelope,
                                          std::string_view recipient) override;
    smtp::net::awaitable<Verdict> on_header(const smtp::SessionFacts& facts,
                                            const smtp::Envelope& envelope,
                                            std::string_view header) override;
    std::string on_refused(const smtp::SessionFacts& facts, const smtp::Envelope& envelope,
                           std::string_view stage, const smtp::Reply& reply,
                           std::string_view rule) override;
    std::chrono::milliseconds delay(const smtp::SessionFacts& facts) override;

    // ---- for whoever stores the message, once its header has been shown ----

    /// The text is larger than this transaction may bring: 40706, naming the rule.
    std::optional<Error> too_large(std::uint64_t octets) const;
    /// A header field with its CRLF when a row tags the message, else empty.
    std::string tag() const;
    /// A row sets the message aside: set_aside() instead of the spool.
    bool sets_aside() const;
    /// Durable when it returns; raises 4192. Blocks on the disk. @return the id in the quarantine
    Result<std::string> set_aside(const smtp::Envelope& envelope, const Octets& text) const;
    /// A recipient of another domain, and no rule lets this client relay: said once in ten minutes;
    /// each refusal stands in the reject journal.
    void relay_refused(const smtp::SessionFacts& facts, const std::string& recipient,
                       const std::string& rule);
    /// A recipient does not take mail from this sender: said once in ten minutes.
    void restricted(const smtp::SessionFacts& facts, const std::string& recipient,
                    const std::string& rule);
    /// There is no memory for what this client sends: said once in ten minutes.
    void too_much_at_once(const smtp::SessionFacts& facts);
    /// The client's verified name, if it is known by now.
    std::string peer_name() const { return *peer_name_; }

    // ---- what the directory says of the transaction's sender and recipients ----

    const std::string& sender() const { return sender_; }
    std::uint64_t declared_octets() const { return declared_octets_; }
    bool sender_known() const { return sender_known_; }
    void sender_may(policy::SizeLimit limit)
    {
        sender_known_ = true;
        sender_limit_ = std::move(limit);
    }
    const policy::SizeLimit& sender_limit() const { return sender_limit_; }
    /// The directory cannot say who it is, and the rule takes it all the same.
    void taken_unasked(const smtp::SessionFacts& facts, const std::string& recipient,
                       const std::string& rule);
    /// By which facts the recipient that is refused next is nobody: for the reject journal.
    void is_nobody(std::string facts) { nobody_by_ = std::move(facts); }
    /// A recipient that is accepted takes so much.
    void recipient_takes(policy::SizeLimit limit);

private:
    policy::Client client(const smtp::SessionFacts& facts) const;
    Verdict refuse(const smtp::SessionFacts& facts, policy::Verdict verdict);
    Verdict judge_filter(const smtp::SessionFacts& facts, policy::FilterHit hit);
    bool is_trusted(const smtp::SessionFacts& facts) const;
    policy::SizeLimit size_limit() const;
    void begin_transaction(const smtp::SessionFacts& facts);

    PolicyBook& book_;
    std::shared_ptr<const transfer::RecipientResolver> resolver_;
    std::shared_ptr<const PolicyTables> tables_;
    const config::ConnectionRow* row_ = nullptr;  ///< of tables_
    policy::Limits::Held held_;
    std::string counted_account_;  ///< whose connections this one is counted among
    std::chrono::milliseconds delay_{0};
    Boxed<policy::Refusal> closing_;  ///< too many unknown recipients: said at the next command
    std::shared_ptr<std::string> peer_name_ = std::make_shared<std::string>();

    // Of the transaction that is under way.
    const smtp::SessionFacts* facts_;  ///< nobody's before MAIL
    std::string sender_, sender_domain_;
    std::uint64_t declared_octets_ = 0;
    bool sender_known_ = false;
    policy::SizeLimit sender_limit_;
    Boxed<policy::SizeLimit> largest_;  ///< that a recipient takes; nobody's before the first
    std::vector<std::string> recipient_domains_;  ///< of recipients not refused
    bool outbound_ = false;
    bool outbound_before_ = false;       ///< the recipient asked for last
    std::size_t recipients_before_ = 0;  ///< in the envelope when it was asked for
    bool asked_ = false;
    std::string nobody_by_;  ///< of the refusal that comes next
    Boxed<policy::FilterHit> filtered_;
};

/// "refused_connection_table" of "ConnectionTable 192.0.2.0/24".
std::string counter_of(std::string_view rule);

}  // namespace imc::app
