#pragma once
/// @file app/service/session_ports.h  What one SMTP session asks of directory, relay rules, spool
/// and queue.
#include "app/service/mail_counters.h"
#include "app/service/session_policy.h"
#include "app/service/tracker.h"
#include "event/log.h"
#include "metrics/counters.h"
#include "queue/queue.h"
#include "smtp/server/listener.h"
#include "smtp/server/ports.h"
#include "tracking/archive.h"
#include "transfer/resolver.h"

#include <boost/asio/thread_pool.hpp>

#include <atomic>

namespace imc::app {

/// Octets of messages that are being received by all sessions together, as far as they are in
/// memory.
class BodyBudget {
public:
    explicit BodyBudget(std::uint64_t most) : most_{most} {}
    bool take(std::uint64_t octets)
    {
        if (used_.fetch_add(octets) + octets <= most_) return true;
        used_ -= octets;
        return false;
    }
    void give_back(std::uint64_t octets) { used_ -= octets; }

private:
    const std::uint64_t most_;
    std::atomic<std::uint64_t> used_{0};
};

struct SessionParts {
    std::shared_ptr<const transfer::RecipientResolver> resolver;
    spool::Spool& spool;
    queue::Queue& queue;
    EventLog& events;
    BodyBudget& budget;
    boost::asio::thread_pool& background;
    boost::asio::thread_pool& disk;       ///< for texts: nobody waits there for a directory
    std::atomic<bool>& directory_silent;  ///< an outage is one event, not one per recipient
    metrics::Registry& metrics;
    smtp::Sessions& sessions;
    SessionPolicy& policy;
    Tracker& tracker;
    tracking::Archive* archive = nullptr;    ///< null: no copies
    const TakenCounters* counted = nullptr;  ///< null: nobody counts
};

class SessionPorts final : public smtp::RecipientDirectory, public smtp::MessageSink {
public:
    /// @param facts  of the session, as they grow; outlive this object
    /// @param session  as Sessions counts it
    SessionPorts(SessionParts parts, const smtp::SessionFacts& facts, std::uint64_t session)
        : parts_{std::move(parts)}, facts_{facts}, session_{session}
    {}

    SessionPorts(const SessionPorts&) = delete;
    SessionPorts& operator=(const SessionPorts&) = delete;
    ~SessionPorts() override { parts_.budget.give_back(taken_); }

    boost::asio::awaitable<smtp::RecipientVerdict> look_up(std::string address) override;
    boost::asio::awaitable<smtp::ListVerdict> members(std::string list) override;
    void message_begins() override;
    bool hold(std::uint64_t octets) override;
    boost::asio::awaitable<Result<std::string>> store(const smtp::SessionFacts& facts,
                                                      const smtp::Envelope& envelope,
                                                      smtp::BodyReader& body) override;

private:
    transfer::Request question(const std::string& address) const;
    /// Whether to answer for this address takes a wait.
    bool asks_elsewhere(std::string_view address) const;
    /// @param takes  becomes how large a message may be in the end
    std::optional<smtp::RecipientVerdict> too_large_for(const transfer::Restrictions& rules,
                                                        policy::SizeLimit& takes);
    std::optional<smtp::RecipientVerdict> refused_for_size(const policy::SizeLimit& limit,
                                                           const char* status) const;
    /// Whether the sender may send to it; what he may send is known then.
    /// @param rules  null: none that ask who he is. All parameters outlive the call.
    boost::asio::awaitable<std::optional<smtp::RecipientVerdict>>
    refused_for_sender(const std::string& address, const transfer::Restrictions* rules,
                       transfer::DecisionLine& line);
    smtp::RecipientVerdict admitted(policy::SizeLimit takes, transfer::DecisionLine& line);
    boost::asio::awaitable<std::variant<transfer::Sender, CannotSay>>
    who_sends(const transfer::Restrictions* rules);
    smtp::ListVerdict judge(const std::string& list, transfer::ListAnswer expansion);
    policy::SizeLimit limit_of_way(const transfer::Resolution& resolution) const;
    void tell_several(const std::string& address, const transfer::AmbiguousRecipient& several);
    smtp::RecipientVerdict judge(const std::string& address, transfer::Resolution resolution,
                                 transfer::DecisionLine& line);
    /// @param line  by which facts; empty: by those that `who` tells
    smtp::verdict::Unknown unknown(const transfer::NoSuchRecipient& who, std::string_view line);
    /// A text that has come whole.
    struct Text {
        std::string text = {};  ///< as the client sent it, unless it is on the disk
        std::shared_ptr<spool::TextWriter> rest = {};
        std::string added = {};  ///< header fields of ours, behind the trace
        std::uint64_t size = 0;  ///< of what the client sent
        std::string message_id = {};
    };
    boost::asio::awaitable<Result<std::string>> take(const smtp::SessionFacts& facts,
                                                     const smtp::Envelope& envelope,
                                                     smtp::BodyReader& body, Text& text);
    boost::asio::awaitable<Result<>> read(const smtp::SessionFacts& facts, smtp::BodyReader& body,
                                          Text& text, WallTime now);
    Result<> judge_header(const smtp::SessionFacts& facts, std::string_view piece, Text& text,
                          WallTime now);
    boost::asio::awaitable<Result<>> spill(Text& text, bool last);
    Result<> refuse(const smtp::SessionFacts& facts, Error why);

    SessionParts parts_;
    const smtp::SessionFacts& facts_;
    const std::uint64_t session_;
    std::uint64_t taken_ = 0;  ///< of the budget
};

}  // namespace imc::app
