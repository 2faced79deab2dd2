#include "smtp/client/dialogue.h"

#include "base/text.h"
#include "smtp/client/reply_meaning.h"

#include <algorithm>

namespace imc::smtp::client {
namespace {

bool has_high_octets(std::string_view text)
{
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) > 0x7f; });
}

bool has_controls(std::string_view text)
{
    return std::any_of(text.begin(), text.end(), is_control);
}

}  // namespace

std::string_view to_string(Phase phase)
{
    switch (phase) {
    case Phase::greeting: return "waiting for the greeting";
    case Phase::ehlo: return "sending EHLO";
    case Phase::helo: return "sending HELO";
    case Phase::rset: return "sending RSET";
    case Phase::mail: return "sending MAIL FROM";
    case Phase::rcpt: return "sending RCPT TO";
    case Phase::data: return "sending the DATA command";
    case Phase::text: return "sending the message text";
    case Phase::end_of_data: return "sending end of data -- message may be sent more than once";
    case Phase::quit: return "sending QUIT";
    }
    return "?";
}

Dialogue::Dialogue(DialogueSettings settings) : settings_{std::move(settings)} {}

Step Dialogue::open()
{
    expected_ = {Phase::greeting};
    return {};
}

Step Dialogue::quit()
{
    usable_ = false;
    closing_ = true;
    expected_ = {Phase::quit};
    return {"QUIT\r\n", Next::read_reply};
}

Step Dialogue::begin(const Transaction& transaction)
{
    transaction_ = &transaction;
    fates_.assign(transaction.recipients.size(), Fate::waiting);
    results_.assign(transaction.recipients.size(), {});
    facts_ = transaction.facts ? *transaction.facts : look_at(transaction.body).value();
    header_utf8_ = transaction.smtp_utf8 && facts_.high_in_header;
    refuse_the_impossible();
    return begin_batch();
}

void Dialogue::refuse_the_impossible()
{
    const auto& t = *transaction_;
    std::string status, why;
    if (has_controls(t.sender)) {
        status = "5.1.7", why = "the sender's address has control characters";
    } else if (size_limit_ != 0 && t.body.size() > size_limit_) {
        status = "5.3.4", why = "message of " + std::to_string(t.body.size()) +
                                " octets; the host takes " + std::to_string(size_limit_);
    } else if (!utf8_ && (header_utf8_ || has_high_octets(t.sender))) {
        status = "5.6.7", why = "the message needs SMTPUTF8, which the host does not offer";
    } else if (!facts_.lines_end_crlf) {
        // It came by BDAT as BINARYMIME. By DATA its lone LF could end the text where we do not.
        status = "5.6.3", why = "the message is binary, and can be sent as lines only";
    } else if (facts_.high_octets && !eight_bit_mime_ && settings_.eight_bit == EightBit::refuse) {
        status = "5.6.3", why = "the message needs 8BITMIME, which the host does not offer";
    }
    for (std::size_t i = 0; i < fates_.size(); ++i) {
        const auto& address = t.recipients[i];
        if (!status.empty())
            settle(i, Delivery::failed, status, why);
        else if (has_controls(address))
            settle(i, Delivery::failed, "5.1.3", "the address has control characters");
        else if (!utf8_ && has_high_octets(address))
            settle(i, Delivery::failed, "5.6.7",
                   "the address needs SMTPUTF8, which the host does not offer");
    }
}

Step Dialogue::begin_batch()
{
    batch_.clear();
    for (std::size_t i = 0; i < fates_.size() && batch_.size() < settings_.recipients; ++i)
        if (fates_[i] == Fate::waiting || fates_[i] == Fate::again) batch_.push_back(i);
    if (batch_.empty()) {
        transaction_ = nullptr;
        usable_ = established_;
        return {{}, Next::idle};
    }
    for (const auto i : batch_)
        fates_[i] = Fate::waiting;
    sent_ = answered_ = lmtp_next_ = accepted_ = 0;
    mail_refused_ = empty_text_ = text_sent_ = usable_ = false;
    expected_.clear();

    Step step;
    if (dirty_) {
        step.send = "RSET\r\n";
        expected_.push_back(Phase::rset);
        dirty_ = false;
        if (!pipelining_) return step;
    }
    step.send += mail_command();
    expected_.push_back(Phase::mail);
    if (!pipelining_) return step;
    for (; sent_ < batch_.size(); ++sent_) {
        step.send += "RCPT TO:<" + transaction_->recipients[batch_[sent_]] + ">\r\n";
        expected_.push_back(Phase::rcpt);
    }
    step.send += "DATA\r\n";
    expected_.push_back(Phase::data);
    return step;
}

std::string Dialogue::mail_command() const
{
    std::string command = "MAIL FROM:<" + transaction_->sender + ">";
    if (size_known_) command += " SIZE=" + std::to_string(transaction_->body.size());
    if (facts_.high_octets && eight_bit_mime_) command += " BODY=8BITMIME";
    const bool utf8_recipient = std::any_of(transaction_->recipients.begin(),
                                            transaction_->recipients.end(), has_high_octets);
    if (utf8_ && (header_utf8_ || utf8_recipient || has_high_octets(transaction_->sender)))
        command += " SMTPUTF8";
    return command + "\r\n";
}

Step Dialogue::on_reply(const PeerReply& reply)
{
    if (expected_.empty()) return lose("unexpected reply: " + reply.text(), "4.5.0");
    const Phase phase = expected_.front();
    if (reply.code == 421 && phase != Phase::quit) {
        // One message per connection is a peer's right; the next one gets a new connection.
        if (phase == Phase::mail && carried_ > 0 && !any(Fate::final)) return {{}, Next::reconnect};
        return lose(reply.text(), status_of(reply, phase));
    }
    expected_.pop_front();
    switch (phase) {
    case Phase::greeting:
        if (reply.code != 220) return lose(reply.text(), "4.3.2");
        if (settings_.protocol == Protocol::lmtp) {
            expected_ = {Phase::ehlo};
            return {"LHLO " + settings_.hostname + "\r\n", Next::read_reply};
        }
        expected_ = {settings_.helo_only ? Phase::helo : Phase::ehlo};
        return {(settings_.helo_only ? "HELO " : "EHLO ") + settings_.hostname + "\r\n",
                Next::read_reply};
    case Phase::ehlo:
    case Phase::helo: expected_.push_front(phase); return on_ehlo(reply);
    case Phase::rset:
        if (!reply.positive()) return lose(reply.text(), "4.5.0");
        break;
    case Phase::mail:
        if (reply.code == 503 && carried_ > 0) return {{}, Next::reconnect};
        on_mail(reply);
        break;
    case Phase::rcpt: on_rcpt(reply); break;
    case Phase::data: return on_data(reply);
    case Phase::text: break;
    case Phase::end_of_data: return on_end_of_data(reply);
    case Phase::quit: return {{}, Next::give_up};
    }
    return next_command();
}

Step Dialogue::on_ehlo(const PeerReply& reply)
{
    const bool was_ehlo = expected_.front() == Phase::ehlo;
    expected_.clear();
    if (reply.positive()) {
        established_ = usable_ = true;
        if (was_ehlo) read_extensions(reply);
        return {{}, Next::idle};
    }
    const bool unknown = reply.code == 500 || reply.code == 501 || reply.code == 502 ||
                         reply.code == 504 || reply.code == 550;
    if (was_ehlo && unknown && settings_.protocol == Protocol::smtp) {
        wants_helo_ = true;
        expected_ = {Phase::helo};
        return {"HELO " + settings_.hostname + "\r\n", Next::read_reply};
    }
    name_refused_ = reply.permanent();
    return lose(reply.text(), "4.5.0");
}

void Dialogue::read_extensions(const PeerReply& reply)
{
    for (std::size_t i = 1; i < reply.lines.size(); ++i) {
        const auto words = split(trim(reply.lines[i]), ' ');
        if (same_word(words[0], "PIPELINING")) pipelining_ = true;
        if (same_word(words[0], "8BITMIME")) eight_bit_mime_ = true;
        if (same_word(words[0], "SMTPUTF8")) utf8_ = true;
        if (same_word(words[0], "SIZE")) {
            size_known_ = true;
            if (words.size() > 1) size_limit_ = parse_number(words[1]).value_or(0);
        }
    }
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
        return {"RCPT TO:<" + transaction_->recipients[batch_[sent_++]] + ">\r\n",
                Next::read_reply};
    }
    if (mail_refused_ || accepted_ == 0) return after_batch();
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
        return {{}, Next::send_text};
    }
    if (reply.positive()) return lose("DATA answered by " + reply.text(), "4.5.0");
    finish_all(Fate::accepted, reply, Phase::data);
    return after_batch();
}

Step Dialogue::on_text_sent()
{
    text_sent_ = true;
    const bool each = settings_.protocol == Protocol::lmtp && !empty_text_;
    expected_.assign(each ? accepted_ : 1, Phase::end_of_data);
    return {};
}

Step Dialogue::on_end_of_data(const PeerReply& reply)
{
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
    // Q197142: a peer that drops the line on EHLO may know HELO.
    if (at == Phase::ehlo && why == Failure::gone && settings_.protocol == Protocol::smtp) {
        wants_helo_ = true;
        return {{}, Next::reconnect};
    }
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
    usable_ = established_ = false;
    defer_open(status, refusal_);
    return {{}, Next::give_up};
}

void Dialogue::defer_open(const std::string& status, const std::string& reply)
{
    for (std::size_t i = 0; i < fates_.size(); ++i) {
        if (fates_[i] == Fate::final) continue;
        results_[i].delivery = Delivery::deferred;
        results_[i].status = status;
        results_[i].reply = reply;
    }
}

std::vector<std::size_t> Dialogue::unfinished() const
{
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < fates_.size(); ++i) {
        if (fates_[i] == Fate::final) continue;
        if (text_sent_ && fates_[i] == Fate::accepted) continue;  // perhaps taken: no second copy
        open.push_back(i);
    }
    return open;
}

void Dialogue::finish(std::size_t recipient, const PeerReply& reply, Phase phase)
{
    // 3yz where a result is due is neither; it must not be taken for success.
    const auto delivery = reply.positive()    ? Delivery::delivered
                          : reply.permanent() ? Delivery::failed
                                              : Delivery::deferred;
    std::string status = status_of(reply, phase);
    if (!reply.positive() && !reply.transient() && !reply.permanent()) status = "4.5.0";
    settle(recipient, delivery, std::move(status), reply.text());
    if (reply.positive()) results_[recipient].remote_id = remote_id(results_[recipient].reply);
}

void Dialogue::finish_all(Fate fate, const PeerReply& reply, Phase phase)
{
    for (const auto i : batch_)
        if (fates_[i] == fate) finish(i, reply, phase);
}

void Dialogue::settle(std::size_t recipient, Delivery delivery, std::string status,
                      std::string reply)
{
    fates_[recipient] = Fate::final;
    results_[recipient].delivery = delivery;
    results_[recipient].status = std::move(status);
    results_[recipient].reply = std::move(reply);
}

bool Dialogue::any(Fate fate) const
{
    return std::find(fates_.begin(), fates_.end(), fate) != fates_.end();
}

}  // namespace imc::smtp::client
