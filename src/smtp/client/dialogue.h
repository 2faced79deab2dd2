#pragma once
/// @file smtp/client/dialogue.h  The client's half of SMTP and LMTP, without a network.
///
/// A Dialogue is told what came (a reply, an end, a silence) and says what to do next: send this,
/// read a reply, send the text. It carries any number of messages one after the other and keeps the
/// result of every recipient apart (Q260741). session.cc drives it.
///
/// Rules:   RFC 5321 (4.2.4.2: 421 at any time; 4.5.3.1.10: too many recipients), RFC 2920
/// (commands
///          in one piece; a lone 354 is answered with an empty text), RFC 2033 (LMTP: a reply per
///          accepted recipient), RFC 1870, RFC 6152, RFC 6531
/// KB:      Q245787 (HELO after a refused EHLO), Q197142 (a peer that hangs up on EHLO), Q241892
///          (a refused HELO is our fault: mail waits), Q176477 and Q196818 (the rest of too many
///          recipients goes in a further transaction of the session), Q202765 (a peer that takes
///          one message per connection), Q152940 (552 while we send)
/// Threads: one owner at a time.
#include "smtp/client/delivery.h"
#include "smtp/client/reply_parser.h"

#include <deque>
#include <string_view>

namespace imc::smtp::client {

enum class Protocol : std::uint8_t { smtp, lmtp };
enum class EightBit : std::uint8_t {
    send_as_is,  ///< to a peer without 8BITMIME too: almost all of them take it
    refuse,      ///< 5.6.3 instead
};

enum class Phase : std::uint8_t {
    greeting,
    ehlo,
    helo,
    rset,
    mail,
    rcpt,
    data,
    text,
    end_of_data,
    quit
};
/// "sending end of data -- message may be sent more than once", as an administrator reads it.
std::string_view to_string(Phase phase);

struct DialogueSettings {
    std::string hostname;
    Protocol protocol = Protocol::smtp;
    EightBit eight_bit = EightBit::send_as_is;
    std::size_t recipients = 100;  ///< per transaction
    bool helo_only = false;        ///< this peer does not know EHLO
};

enum class Next : std::uint8_t {
    read_reply,  ///< then on_reply() or on_failure(); phase() tells which time-out applies
    send_text,   ///< the text with dots stuffed and its end mark; then on_text_sent(), or
                 ///< on_early_reply() or on_failure()
    idle,        ///< begin() or quit() may follow; what was begun has results
    give_up,     ///< this connection is useless; unfinished() recipients may be tried elsewhere
    reconnect,   ///< same host, new connection: with HELO if wants_helo(), and then carry on
};

struct [[nodiscard]] Step {
    std::string send = {};
    Next next = Next::read_reply;
};

enum class Failure : std::uint8_t {
    timed_out,
    gone,
    malformed,
    unreadable,  ///< our own text: no other host gets it either
};

class Dialogue {
public:
    explicit Dialogue(DialogueSettings settings);

    Step open();
    /// @param transaction  outlives the transaction.
    Step begin(const Transaction& transaction);
    Step on_reply(const PeerReply& reply);
    Step on_text_sent();
    Step on_early_reply(const PeerReply& reply);
    Step on_failure(Failure why, std::string_view detail);
    Step quit();

    Phase phase() const { return expected_.empty() ? Phase::text : expected_.front(); }
    const Transaction& transaction() const { return *transaction_; }
    bool empty_text() const { return empty_text_; }  ///< send only the end mark
    bool usable() const { return usable_; }          ///< idle, and another message may follow
    bool wants_helo() const { return wants_helo_; }
    /// HELO or greeting was refused, or the connection failed: what was said.
    const std::string& refusal() const { return refusal_; }
    bool name_refused() const { return name_refused_; }

    /// One per recipient of the transaction; of those unfinished, the reason to defer them.
    const std::vector<RecipientOutcome>& results() const { return results_; }
    /// Indices of recipients which another host may take without risk of a second copy.
    std::vector<std::size_t> unfinished() const;

private:
    enum class Fate : std::uint8_t { waiting, asked, accepted, again, final };

    Step next_command();
    Step begin_batch();
    Step after_batch();
    Step on_ehlo(const PeerReply& reply);
    Step on_data(const PeerReply& reply);
    Step on_end_of_data(const PeerReply& reply);
    void on_mail(const PeerReply& reply);
    void on_rcpt(const PeerReply& reply);
    void read_extensions(const PeerReply& reply);
    void refuse_the_impossible();
    void finish(std::size_t recipient, const PeerReply& reply, Phase phase);
    void finish_all(Fate fate, const PeerReply& reply, Phase phase);
    void settle(std::size_t recipient, Delivery delivery, std::string status, std::string reply);
    void defer_open(const std::string& status, const std::string& reply);
    Step lose(std::string refusal, std::string status);
    bool any(Fate fate) const;
    std::string mail_command() const;

    DialogueSettings settings_;
    std::deque<Phase> expected_;
    bool pipelining_ = false, eight_bit_mime_ = false, utf8_ = false, size_known_ = false;
    std::uint64_t size_limit_ = 0;  // 0: none
    bool usable_ = false, established_ = false, wants_helo_ = false, name_refused_ = false;
    bool dirty_ = false;  // a transaction was left open: RSET first
    bool closing_ = false;
    unsigned carried_ = 0;  // transactions ended in this session
    std::string refusal_;

    const Transaction* transaction_ = nullptr;
    std::vector<Fate> fates_;
    std::vector<RecipientOutcome> results_;
    std::vector<std::size_t> batch_;
    std::size_t sent_ = 0, answered_ = 0;  // RCPTs of the batch
    std::size_t lmtp_next_ = 0;
    std::size_t accepted_ = 0;
    TextFacts facts_;
    bool mail_refused_ = false, empty_text_ = false, header_utf8_ = false;
    bool text_sent_ = false;  // or no other host may have it
};

}  // namespace imc::smtp::client
