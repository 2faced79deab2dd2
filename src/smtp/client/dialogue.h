#pragma once
/// @file smtp/client/dialogue.h  The client's half of SMTP and LMTP, without a network.
///
/// A Dialogue is told what came (a reply, an end, a silence) and says what to do next: send this,
/// read a reply, send the text. It carries any number of messages one after the other and keeps the
/// result of every recipient apart (Q260741). session.cc drives it; opening.h is what comes before
/// the first message.
///
/// Rules:   RFC 5321 (4.2.4.2: 421 at any time; 4.5.3.1.10: too many recipients), RFC 2920
///          (commands in one piece; a lone 354 is answered with an empty text), RFC 2033 (LMTP: a
///          reply per accepted recipient), RFC 1870, RFC 3030 (BDAT when offered: nothing of a text
///          is looked for in its octets), RFC 3461, RFC 6152, RFC 6531, RFC 6710, RFC 9422
/// KB:      Q245787 (HELO after a refused EHLO), Q197142 (a peer that hangs up on EHLO), Q241892
///          (a refused HELO is our fault: mail waits), Q176477 and Q196818 (the rest of too many
///          recipients goes in a further transaction of the session), Q202765 (a peer that takes
///          one message per connection), Q152940 (552 while we send), Q195215 (8-bit to a peer
///          without 8BITMIME)
/// Threads: one owner at a time.
#include "mail/seven_bit.h"
#include "smtp/client/delivery.h"
#include "smtp/client/opening.h"

#include <deque>
#include <utility>

namespace imc::smtp::client {

/// A piece of the text for one BDAT.
struct Chunk {
    std::uint64_t octets = 0;
    bool first = false, last = false;
};

class Dialogue {
public:
    explicit Dialogue(DialogueSettings settings);
    Dialogue(const Dialogue&) = delete;
    Dialogue& operator=(const Dialogue&) = delete;

    Step open();
    /// @param transaction  outlives the transaction.
    Step begin(const Transaction& transaction);
    /// ETRN, between messages (RFC 1985). Then idle or give_up; answer() has the reply.
    Step ask(const std::string& node);
    Step on_reply(const PeerReply& reply);
    Step on_tls(const TlsFacts& facts);
    Step on_plan(mail::SevenBitPlan plan);
    Step on_text_sent();  ///< the text, or the chunk
    Step on_early_reply(const PeerReply& reply);
    Step on_failure(Failure why, std::string_view detail);
    Step quit();

    Phase phase() const;
    const Transaction& transaction() const { return *transaction_; }
    bool empty_text() const { return empty_text_; }  ///< send only the end mark
    const Chunk& chunk() const { return chunk_; }
    /// How the text is changed on its way; null: not at all.
    const mail::SevenBitPlan* plan() const { return plan_ ? &*plan_ : nullptr; }
    bool usable() const { return usable_; }  ///< idle, and another message may follow
    bool may_quit() const { return usable_ || spent_; }
    bool wants_helo() const { return opening_.wants_helo(); }
    /// The connection failed, or was refused: what was said.
    const std::string& refusal() const { return refusal_; }
    const std::optional<PeerReply>& answer() const { return answer_; }
    const Opening& opening() const { return opening_; }

    /// One per recipient of the transaction; of those unfinished, the reason to defer them.
    const std::vector<RecipientOutcome>& results() const { return results_; }
    /// When the transaction has ended: with them goes what is known of its recipients.
    std::vector<RecipientOutcome> take_results()
    {
        fates_.clear();
        return std::exchange(results_, {});
    }
    /// Indices of recipients which another host may take without risk of a second copy.
    std::vector<std::size_t> unfinished() const;

private:
    enum class Fate : std::uint8_t { waiting, asked, accepted, again, final };

    Step opened(Step step);
    Step next_command();
    Step begin_batch();
    void choose_batch();
    Step after_batch();
    Step next_chunk();
    Step on_data(const PeerReply& reply);
    Step on_chunk(const PeerReply& reply);
    Step on_end_of_data(const PeerReply& reply);
    void on_mail(const PeerReply& reply);
    void on_rcpt(const PeerReply& reply);
    void refuse_the_impossible();
    bool needs_conversion() const;
    bool goes_by_chunks() const { return peer().chunking && !plan_; }
    void finish(std::size_t recipient, const PeerReply& reply, Phase phase);
    void finish_all(Fate fate, const PeerReply& reply, Phase phase);
    void settle(std::size_t recipient, Delivery delivery, std::string status, std::string reply);
    void lack(std::size_t recipient, std::string status, std::string why);
    void lack_open(const std::string& status, const std::string& why);
    void fail_open(const std::string& status, const std::string& why);
    void defer_open(const std::string& status, const std::string& reply);
    Step lose(std::string refusal, std::string status);
    bool any(Fate fate) const;
    std::string mail_command() const;
    std::string rcpt_command(std::size_t recipient) const;
    const PeerExtensions& peer() const { return opening_.extensions(); }

    const DialogueSettings settings_;
    Opening opening_{settings_};
    std::deque<Phase> expected_;
    bool usable_ = false, established_ = false;
    bool spent_ = false;  // the peer has had as many messages as it wants
    bool dirty_ = false;  // a transaction was left open: RSET first
    bool closing_ = false;
    unsigned carried_ = 0;  // transactions ended in this session
    std::string refusal_;
    std::optional<PeerReply> answer_;  // of ETRN

    const Transaction* transaction_ = nullptr;
    std::vector<Fate> fates_;
    std::vector<RecipientOutcome> results_;
    std::vector<std::size_t> batch_;
    std::size_t sent_ = 0, answered_ = 0;  // RCPTs of the batch
    std::size_t lmtp_next_ = 0;
    std::size_t accepted_ = 0;
    TextFacts facts_;
    std::optional<mail::SevenBitPlan> plan_;
    Chunk chunk_;
    std::uint64_t chunked_ = 0;  // octets in chunks before this one
    bool mail_refused_ = false, empty_text_ = false, header_utf8_ = false;
    bool sending_ = false;        // text or a chunk is under way
    bool chunk_refused_ = false;  // the rest of the replies are echoes
    bool text_sent_ = false;      // or no other host may have it
};

}  // namespace imc::smtp::client
