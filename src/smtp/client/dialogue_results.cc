/// What becomes of the recipients of a transaction, and who of them another host may take.
#include "base/notify.h"
#include "smtp/client/dialogue.h"
#include "smtp/client/reply_meaning.h"

#include <algorithm>

namespace imc::smtp::client {

void Dialogue::fail_open(const std::string& status, const std::string& why)
{
    for (std::size_t i = 0; i < fates_.size(); ++i)
        if (fates_[i] != Fate::final) settle(i, Delivery::failed, status, why);
}

/// A host that hung up on EHLO was not asked what it offers: the mail waits.
void Dialogue::lack(std::size_t recipient, std::string status, std::string why)
{
    if (!settings_.helo_only) return settle(recipient, Delivery::failed, std::move(status), why);
    status.front() = '4';
    settle(recipient, Delivery::deferred, std::move(status), why + " (it was greeted with HELO)");
}

void Dialogue::lack_open(const std::string& status, const std::string& why)
{
    for (std::size_t i = 0; i < fates_.size(); ++i)
        if (fates_[i] != Fate::final) lack(i, status, why);
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
    const bool no_tls =
        settings_.tls_has_failed || (settings_.tls != OutboundTls::none && !opening_.tls());
    if (reply.code == 530 && no_tls)
        return settle(recipient, Delivery::deferred, "4.7.5", reply.text());
    const auto delivery = reply.positive()    ? Delivery::delivered
                          : reply.permanent() ? Delivery::failed
                                              : Delivery::deferred;
    std::string status = status_of(reply, phase);
    if (!reply.positive() && !reply.transient() && !reply.permanent()) status = "4.5.0";
    settle(recipient, delivery, std::move(status), reply.text());
    if (!reply.positive()) return;
    auto& result = results_[recipient];
    result.remote_id = remote_id(result.reply);
    result.converted = plan_.has_value();
    const auto& wishes = transaction_->wishes;
    const bool success = !wishes.empty() && (wishes[recipient].notify & notify::success) != 0;
    result.relayed_without_dsn = success && !peer().dsn && settings_.protocol == Protocol::smtp;
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
