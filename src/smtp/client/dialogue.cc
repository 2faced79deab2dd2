#include "smtp/client/dialogue.h"

#include "base/text.h"
#include "smtp/client/commands.h"
#include "smtp/client/reply_meaning.h"

#include <algorithm>
#include <set>

namespace imc::smtp::client {
namespace {

/// So that a refusal is heard before all of a large text has gone.
constexpr std::uint64_t chunk_octets = 1 << 20;

bool has_controls(std::string_view text)
{
    return std::any_of(text.begin(), text.end(), is_control);
}

std::string_view domain_of(std::string_view address)
{
    return address.substr(address.rfind('@') + 1);
}

}  // namespace

Dialogue::Dialogue(DialogueSettings settings) : settings_{std::move(settings)} {}

Phase Dialogue::phase() const
{
    if (closing_) return Phase::quit;
    if (!established_) return opening_.phase();
    return sending_ || expected_.empty() ? Phase::text : expected_.front();
}

Step Dialogue::open() { return opened(opening_.open()); }

Step Dialogue::opened(Step step)
{
    if (step.next == Next::idle) established_ = usable_ = true;
    if (step.next == Next::give_up) refusal_ = opening_.refusal();
    return step;
}

Step Dialogue::on_tls(const TlsFacts& facts) { return opened(opening_.on_tls(facts)); }

Step Dialogue::quit()
{
    usable_ = spent_ = false;
    closing_ = true;
    return {"QUIT\r\n", Next::read_reply};
}

Step Dialogue::ask(const std::string& node)
{
    answer_.reset();
    expected_ = {Phase::etrn};
    return {"ETRN " + node + "\r\n", Next::read_reply};
}

Step Dialogue::begin(const Transaction& transaction)
{
    transaction_ = &transaction;
    plan_.reset();
    fates_.assign(transaction.recipients.size(), Fate::waiting);
    results_.assign(transaction.recipients.size(), {});
    const auto at_work = transaction.begin_work();
    facts_ = transaction.facts ? *transaction.facts : look_at(transaction.body).value();
    header_utf8_ = transaction.smtp_utf8 && facts_.high_in_header;
    refuse_the_impossible();
    if (any(Fate::waiting) && needs_conversion()) return {{}, Next::look_closer};
    return begin_batch();
}

/// Binary text needs BDAT and BINARYMIME, 8-bit text 8BITMIME.
bool Dialogue::needs_conversion() const
{
    if (!facts_.lines_end_crlf) return !peer().chunking || !peer().binary_mime;
    return facts_.high_octets && !peer().eight_bit_mime && settings_.eight_bit == EightBit::convert;
}

Step Dialogue::on_plan(mail::SevenBitPlan plan)
{
    if (!plan.flaw.empty())
        lack_open("5.6.3", "the host does not take the message as it is, and it cannot be "
                           "converted: " +
                               plan.flaw);
    if (plan.flaw.empty() && plan.changes()) plan_ = std::move(plan);
    return begin_batch();
}

void Dialogue::refuse_the_impossible()
{
    const auto& t = *transaction_;
    const bool binary = !facts_.lines_end_crlf;
    std::string status, why;
    bool lacking = false;  // for want of an extension
    if (has_controls(t.sender)) {
        status = "5.1.7", why = "the sender's address has control characters";
    } else if (settings_.most_octets != 0 && t.body.size() > settings_.most_octets) {
        status = "5.3.4", why = "message of " + std::to_string(t.body.size()) +
                                " octets; mail to this domain has " +
                                std::to_string(settings_.most_octets) + " at most";
    } else if (peer().size_limit != 0 && t.body.size() > peer().size_limit) {
        status = "5.3.4", why = "message of " + std::to_string(t.body.size()) +
                                " octets; the host takes " + std::to_string(peer().size_limit);
    } else if (!peer().smtp_utf8 && (header_utf8_ || has_high_octets(t.sender))) {
        lacking = true;
        status = "5.6.7", why = "the message needs SMTPUTF8, which the host does not offer";
    } else if (binary && settings_.eight_bit != EightBit::convert &&
               !(peer().chunking && peer().binary_mime)) {
        // By DATA its lone LF could end the text where we do not.
        lacking = true;
        status = "5.6.3", why = "the message is binary, and can be sent as lines only";
    } else if (facts_.high_octets && !peer().eight_bit_mime &&
               settings_.eight_bit == EightBit::refuse) {
        lacking = true;
        status = "5.6.3", why = "the message needs 8BITMIME, which the host does not offer";
    }
    if (lacking)
        lack_open(status, why);
    else if (!status.empty())
        fail_open(status, why);
    for (std::size_t i = 0; i < fates_.size(); ++i) {
        const auto& address = t.recipients[i];
        if (fates_[i] == Fate::final) continue;
        if (has_controls(address))
            settle(i, Delivery::failed, "5.1.3", "the address has control characters");
        else if (!peer().smtp_utf8 && has_high_octets(address))
            lack(i, "5.6.7", "the address needs SMTPUTF8, which the host does not offer");
    }
}

/// As many as we and the peer want in one transaction (RFC 9422).
void Dialogue::choose_batch()
{
    batch_.clear();
    const auto& limits = peer();
    const std::uint64_t ours = settings_.recipients;
    const auto most = limits.most_recipients == 0 ? ours : std::min(ours, limits.most_recipients);
    std::set<std::string> domains;
    for (std::size_t i = 0; i < fates_.size() && batch_.size() < most; ++i) {
        if (fates_[i] != Fate::waiting && fates_[i] != Fate::again) continue;
        if (limits.most_domains != 0) {
            auto domain = lower(domain_of(transaction_->recipients[i]));
            if (domains.size() == limits.most_domains && !domains.contains(domain)) continue;
            domains.insert(std::move(domain));
        }
        batch_.push_back(i);
    }
}

Step Dialogue::begin_batch()
{
    spent_ = peer().most_messages != 0 && carried_ >= peer().most_messages;
    choose_batch();
    if (batch_.empty()) {
        transaction_ = nullptr;
        usable_ = established_ && !spent_;
        return {{}, Next::idle};
    }
    if (spent_) return {{}, Next::reconnect};
    for (const auto i : batch_)
        fates_[i] = Fate::waiting;
    sent_ = answered_ = lmtp_next_ = accepted_ = 0;
    chunked_ = 0;
    chunk_ = {};
    mail_refused_ = empty_text_ = text_sent_ = usable_ = chunk_refused_ = false;
    expected_.clear();

    Step step;
    if (dirty_) {
        step.send = "RSET\r\n";
        expected_.push_back(Phase::rset);
        dirty_ = false;
        if (!peer().pipelining) return step;
    }
    step.send += mail_command();
    expected_.push_back(Phase::mail);
    if (!peer().pipelining) return step;
    for (; sent_ < batch_.size(); ++sent_) {
        step.send += rcpt_command(batch_[sent_]);
        expected_.push_back(Phase::rcpt);
    }
    if (goes_by_chunks()) return step;
    step.send += "DATA\r\n";
    expected_.push_back(Phase::data);
    return step;
}

std::string Dialogue::mail_command() const
{
    MailWords words;
    words.octets = plan_ ? plan_->octets : transaction_->body.size();
    words.binary = !facts_.lines_end_crlf && !plan_;
    words.eight_bit = facts_.high_octets && !plan_;
    words.utf8 = header_utf8_ || has_high_octets(transaction_->sender) ||
                 std::any_of(transaction_->recipients.begin(), transaction_->recipients.end(),
                             has_high_octets);
    return client::mail_command(*transaction_, words, peer());
}

std::string Dialogue::rcpt_command(std::size_t recipient) const
{
    return client::rcpt_command(*transaction_, recipient, peer());
}

Step Dialogue::on_reply(const PeerReply& reply)
{
    if (closing_) return {{}, Next::give_up};
    if (!established_) return opened(opening_.on_reply(reply));
    if (expected_.empty()) return lose("unexpected reply: " + reply.text(), "4.5.0");
    const Phase phase = expected_.front();
    if (phase == Phase::etrn) {
        answer_ = reply;
        expected_.clear();
        if (reply.code == 421) return lose(reply.text(), "4.3.2");
        return {{}, Next::idle};
    }
    if (reply.code == 421) {
        // One message per connection is a peer's right; the next one gets a new connection.
        if (phase == Phase::mail && carried_ > 0 && !any(Fate::final)) return {{}, Next::reconnect};
        return lose(reply.text(), status_of(reply, phase));
    }
    expected_.pop_front();
    switch (phase) {
    case Phase::rset:
        if (!reply.positive()) return lose(reply.text(), "4.5.0");
        break;
    case Phase::mail:
        if (reply.code == 503 && carried_ > 0) return {{}, Next::reconnect};
        on_mail(reply);
        break;
    case Phase::rcpt: on_rcpt(reply); break;
    case Phase::data: return on_data(reply);
    case Phase::chunk: return on_chunk(reply);
    case Phase::end_of_data: return on_end_of_data(reply);
    default: break;
    }
    return next_command();
}

/// What is left to say when no reply is outstanding.
Step Dialogue::next_command()
{
    if (!expected_.empty()) return {};
    if (sent_ == 0 && answered_ == 0 && !mail_refused_ && !dirty_) {
        expected_ = {Phase::mail};
        return {mail_command(), Next::read_reply};
    }
    if (!mail_refused_ && sent_ < batch_.size()) {
        expected_ = {Phase::rcpt};
        return {rcpt_command(batch_[sent_++]), Next::read_reply};
    }
    if (mail_refused_ || accepted_ == 0) return after_batch();
    if (goes_by_chunks()) return next_chunk();
    expected_ = {Phase::data};
    return {"DATA\r\n", Next::read_reply};
}

void Dialogue::on_mail(const PeerReply& reply)
{
    dirty_ = true;
    if (reply.positive()) return;
    mail_refused_ = true;
    for (const auto i : batch_)
        finish(i, reply, Phase::mail);
}

void Dialogue::on_rcpt(const PeerReply& reply)
{
    const auto i = batch_[answered_++];
    if (fates_[i] == Fate::final) return;  // MAIL was refused; this is an echo of it
    if (reply.positive()) {
        fates_[i] = Fate::accepted;
        ++accepted_;
    } else if (accepted_ > 0 && says_too_many(reply)) {
        fates_[i] = Fate::again;
    } else {
        finish(i, reply, Phase::rcpt);
    }
}

Step Dialogue::on_data(const PeerReply& reply)
{
    if (reply.code == 354) {
        empty_text_ = accepted_ == 0;
        sending_ = true;
        return {{}, Next::send_text};
    }
    if (reply.positive()) return lose("DATA answered by " + reply.text(), "4.5.0");
    finish_all(Fate::accepted, reply, Phase::data);
    return after_batch();
}

Step Dialogue::next_chunk()
{
    // A text for lines ends with one.
    const bool completed = facts_.lines_end_crlf && !facts_.ends_with_line;
    const auto left = transaction_->body.size() + (completed ? 2 : 0) - chunked_;
    chunk_.first = chunked_ == 0;
    chunk_.octets = std::min(left, chunk_octets);
    chunk_.last = chunk_.octets == left;
    chunked_ += chunk_.octets;
    sending_ = true;
    return {"BDAT " + std::to_string(chunk_.octets) + (chunk_.last ? " LAST\r\n" : "\r\n"),
            Next::send_chunk};
}

Step Dialogue::on_text_sent()
{
    sending_ = false;
    const bool each = settings_.protocol == Protocol::lmtp && !empty_text_;
    if (goes_by_chunks() && !chunk_.last) {
        expected_.push_back(Phase::chunk);
        // With PIPELINING the reply to the chunk before is read while this one is on its way.
        if (peer().pipelining && expected_.size() == 1) return next_chunk();
        return {};
    }
    text_sent_ = true;
    expected_.insert(expected_.end(), each ? accepted_ : 1, Phase::end_of_data);
    return {};
}

Step Dialogue::on_chunk(const PeerReply& reply)
{
    if (reply.positive() && !chunk_refused_) return chunk_.last ? Step{} : next_chunk();
    if (!chunk_refused_) finish_all(Fate::accepted, reply, Phase::end_of_data);
    chunk_refused_ = true;
    // How many replies LMTP gives to what follows a refused chunk nobody says.
    if (settings_.protocol == Protocol::lmtp) return lose(reply.text(), "4.5.0");
    return expected_.empty() ? after_batch() : Step{};
}

Step Dialogue::on_end_of_data(const PeerReply& reply)
{
    if (chunk_refused_) return expected_.empty() ? after_batch() : Step{};
    if (empty_text_) {
        dirty_ = false;
        return after_batch();
    }
    if (settings_.protocol == Protocol::lmtp) {
        while (fates_[batch_[lmtp_next_]] != Fate::accepted)
            ++lmtp_next_;
        finish(batch_[lmtp_next_++], reply, Phase::end_of_data);
    } else {
        finish_all(Fate::accepted, reply, Phase::end_of_data);
    }
    if (!expected_.empty()) return {};
    dirty_ = false;
    return after_batch();
}

Step Dialogue::on_early_reply(const PeerReply& reply)
{
    // The text is not complete, so nothing was taken; and no command can follow half a text.
    const std::string words = reply.text();
    if (reply.permanent()) finish_all(Fate::accepted, reply, Phase::end_of_data);
    return lose(words, reply.transient() ? status_of(reply, Phase::end_of_data) : "4.5.0");
}

Step Dialogue::after_batch()
{
    ++carried_;
    return begin_batch();
}

Step Dialogue::on_failure(Failure why, std::string_view detail)
{
    const Phase at = phase();
    if (closing_) return {{}, Next::give_up};
    if (!established_) return opened(opening_.on_failure(why, detail));
    // An idle connection may have died while nobody looked.
    const bool first = at == Phase::rset || at == Phase::mail;
    if (first && carried_ > 0 && why == Failure::gone && !any(Fate::final))
        return {{}, Next::reconnect};
    if (why == Failure::unreadable) {
        text_sent_ = true;
        return lose("the message cannot be read: " + printable(detail, 300), "4.3.0");
    }
    const std::string what = why == Failure::timed_out ? "timed out"
                             : why == Failure::gone    ? "connection lost"
                                                       : "no SMTP: " + printable(detail, 300);
    return lose(what + " while " + std::string{to_string(at)},
                why == Failure::malformed ? "4.5.0" : "4.4.2");
}

Step Dialogue::lose(std::string refusal, std::string status)
{
    refusal_ = std::move(refusal);
    usable_ = spent_ = false;
    sending_ = false;
    defer_open(status, refusal_);
    return {{}, Next::give_up};
}

}  // namespace imc::smtp::client
