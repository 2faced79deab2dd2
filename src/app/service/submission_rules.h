#pragma once
/// @file app/service/submission_rules.h  May this account send with that address?
///
/// It may when the address is one of its own, when it is a delegate of whoever has it
/// (publicDelegates, by DN), or when it is the administrator and the address is postmaster of one
/// of our domains. An address of nobody is nobody's to use. Of several objects it cannot be said
/// whose it is, if one of them would let him: that is neither yes nor no, and so is a "no" of a
/// server that lacks changes.
///
/// Events:  10000 and 40895 (SubmissionPolicy; the Error of 10000 names the objects only)
/// Source:  RFC 6409 6.1; KB Q188250 (event 4151).
/// Threads: any; may_send_as() blocks when the directory is not local.
#include "config/people.h"
#include "directory/recipients.h"
#include "event/log.h"
#include "smtp/server/ports.h"

#include <boost/asio/thread_pool.hpp>

namespace imc::app {

class SubmissionRules {
public:
    SubmissionRules(config::ConfigPtr config, const config::People& people,
                    std::shared_ptr<RecipientCache> cache = nullptr);

    /// @param account  alias, as Authenticator said it
    /// @param address  as written; one that cannot be read is false
    Answer<bool> may_send_as(std::string_view account, std::string_view address,
                             Deadline deadline) const;

    bool blocks() const { return !directory_->is_local(); }

private:
    Answer<Entry> account_entry(std::string_view alias, Deadline deadline) const;
    Answer<bool> judge(std::string_view account, std::string_view address, Deadline deadline) const;

    config::ConfigPtr config_;
    std::shared_ptr<Directory> directory_;
    Dn base_;
    mutable RecipientLookup lookup_;
};

/// The part of Policy that holds clients who have signed in to their own addresses: 550 5.7.1 and
/// event 4151, 451 4.1.4 when several objects have the address, 451 4.3.0 when the directory cannot
/// say. Nobody else is judged.
class SubmissionPolicy final : public smtp::Policy {
public:
    SubmissionPolicy(SubmissionRules rules, EventLog& events, boost::asio::thread_pool& background);

    /// The sender of the envelope; the empty one is a report's, and its From is still judged.
    boost::asio::awaitable<Verdict> on_mail(const smtp::SessionFacts& facts,
                                            const smtp::Envelope& envelope) override;
    /// All of From and Sender. Without a From nobody can be held to one: 550 5.6.0.
    boost::asio::awaitable<Verdict> on_header(const smtp::SessionFacts& facts,
                                              const smtp::Envelope& envelope,
                                              std::string_view header) override;

private:
    boost::asio::awaitable<Verdict> judge(const smtp::SessionFacts& facts, std::string where,
                                          std::vector<std::string> addresses);
    smtp::Refusal deferred(const Error& reason, const std::string& address);

    SubmissionRules rules_;
    EventLog& events_;
    boost::asio::thread_pool& background_;
};

}  // namespace imc::app
