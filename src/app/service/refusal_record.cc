#include "app/service/refusal_record.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace imc::app {
namespace {

/// Before MAIL no sender was given; the empty one is a report.
bool has_sender(std::string_view stage)
{
    constexpr std::array later{"MAIL", "RCPT", "DATA", "BDAT", "message"};
    return std::ranges::any_of(later, [&](auto word) { return same_word(stage, word); });
}

std::string connection_of(const smtp::SessionFacts& facts)
{
    std::string out = "port " + std::to_string(facts.peer.port);
    if (!facts.proxy.empty()) out += ", said by " + facts.proxy;
    if (facts.tls) out += ", " + facts.tls->version;
    return out;
}

}  // namespace

tracking::Rejection record_of(const Refused& refused)
{
    const auto& [facts, envelope, stage, reply, rule, peer_name, evidence] = refused;
    tracking::Rejection out;
    out.peer = facts.peer.address;
    out.peer_name = peer_name;
    out.helo = facts.helo;
    out.listener = facts.listener;
    out.account = facts.account;
    if (has_sender(stage)) out.sender = envelope.sender;
    if (same_word(stage, "RCPT"))
        out.recipients = {envelope.pending};
    else if (has_sender(stage))
        for (const auto& recipient : envelope.recipients)
            out.recipients.push_back(recipient.address);
    out.stage = stage;
    out.rule = rule;
    if (!evidence.empty()) out.evidence = evidence + "; ";
    out.evidence += connection_of(facts);
    out.reply = std::to_string(reply.code) + " ";
    if (!reply.enhanced.empty()) out.reply += std::string{reply.enhanced} + " ";
    out.reply += reply.text;
    return out;
}

tracking::RejectJournalSettings journal_settings(const Paths& paths, const config::Config& config)
{
    tracking::RejectJournalSettings out;
    out.folder = paths.rejects();
    out.kept_days = config.reject_journal_days;
    out.records_per_second = config.reject_journal_rate;
    out.octets_per_day = config.reject_journal_day_octets;
    return out;
}

}  // namespace imc::app
