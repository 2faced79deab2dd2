#include "queue/settle.h"

#include "mail/dsn.h"
#include "mail/trace.h"

#include <algorithm>

namespace imc::queue {
namespace {

using spool::Outcome;

constexpr std::uint8_t notify_failure = 4;

bool wants_report(const spool::Recipient& recipient)
{
    return recipient.notify == 0 || (recipient.notify & notify_failure) != 0;
}

spool::NewMessage report_on(const config::Config& config, const spool::Envelope& envelope,
                            const spool::Body& body, spool::MessageId id,
                            const std::vector<mail::ReportedRecipient>& failures, bool to_sender,
                            WallTime now)
{
    mail::Report report;
    report.id = id.to_string();
    report.host = config.host_name;
    report.from = "postmaster@" + config.local_domains.front();
    report.to = envelope.sender.empty() ? report.from : envelope.sender;
    report.envid = envelope.envid;
    report.arrived_at = envelope.arrived_at;
    report.now = now;
    report.recipients = failures;
    // A text that cannot be read is no reason to say nothing.
    const auto header = header_section(body);
    report.original = header ? std::string_view{*header} : body.memory();
    spool::NewMessage message;
    if (to_sender) message.envelope.recipients.push_back({envelope.sender});
    if (config.notify_administrator && config.administrator.address != envelope.sender)
        message.envelope.recipients.push_back({config.administrator.address});
    message.envelope.arrived_at = now;
    message.envelope.peer = "report on " + report.id;
    message.body = std::make_shared<const std::string>(mail::write_report(report));
    return message;
}

}  // namespace

std::optional<std::chrono::milliseconds> retry_wait(const std::vector<std::chrono::seconds>& after,
                                                    std::uint32_t attempts, std::mt19937_64& random)
{
    if (after.empty()) return {};
    const auto base =
        after[std::min<std::size_t>(attempts == 0 ? 0 : attempts - 1, after.size() - 1)];
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(base).count();
    std::uniform_int_distribution<std::int64_t> jitter{-millis / 10, millis / 10};
    return std::chrono::milliseconds{millis + jitter(random)};
}

Settled settle(const config::Config& config, const spool::Envelope& envelope,
               const spool::Body& body, spool::MessageId id,
               const std::vector<spool::RecipientState>& states,
               const std::vector<std::uint32_t>& recipients,
               const std::vector<DeliveryResult>& results, WallTime now, std::mt19937_64& random)
{
    Settled out;
    out.commit.message = id;
    std::vector<mail::ReportedRecipient> failures;
    bool told = false;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        const auto index = recipients[i];
        const auto& result = results[i];
        auto state = states[i];
        ++state.attempts;
        state.last_status = result.status;
        state.last_reply = result.reply;
        state.last_host = result.host;
        auto reply = result.reply;
        bool failed = result.delivery == Delivery::failed;
        if (result.delivery == Delivery::delivered) state.outcome = Outcome::delivered;
        if (result.delivery == Delivery::deferred) {
            const auto wait = retry_wait(config.retry_after, state.attempts, random);
            const bool expired = now - envelope.arrived_at >= config.message_timeout;
            failed = expired || !wait;
            if (failed) {
                state.last_status = "5.4.7";
                reply = expired ? "not delivered in time; last: " + result.reply
                                : "no retries are configured; " + result.reply;
            } else {
                state.next_attempt = now + *wait;
                // The last attempt comes when the time is up, not long after.
                state.next_attempt =
                    std::min(state.next_attempt, envelope.arrived_at + config.message_timeout);
                out.again.push_back(index);
            }
        }
        if (failed) {
            state.outcome = Outcome::failed;
            out.failed.push_back(index);
            const auto& recipient = envelope.recipients[index];
            told = told || wants_report(recipient);
            if (wants_report(recipient) || config.notify_administrator)
                failures.push_back({recipient.address, recipient.original, "failed",
                                    state.last_status, result.host, reply});
        }
        out.commit.results.push_back({index, std::move(state)});
    }
    const bool to_sender = told && !envelope.sender.empty();
    out.unreported = !out.failed.empty() && !to_sender;
    if (!failures.empty() &&
        (to_sender || (config.notify_administrator && !envelope.sender.empty())))
        out.commit.caused.push_back(
            report_on(config, envelope, body, id, failures, to_sender, now));
    return out;
}

Settled settle_after_defect(spool::MessageId id, const std::vector<spool::RecipientState>& states,
                            const std::vector<std::uint32_t>& recipients,
                            const std::vector<DeliveryResult>& results, WallTime now,
                            const std::string& defect)
{
    Settled out;
    out.commit.message = id;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        auto state = states[i];
        ++state.attempts;
        state.last_host = results[i].host;
        if (results[i].delivery == Delivery::delivered) {
            state.outcome = Outcome::delivered;
            state.last_status = results[i].status;
            state.last_reply = results[i].reply;
        } else {
            state.last_status = "4.3.0";
            state.last_reply = "internal error: " + defect + "; was: " + results[i].reply;
            state.next_attempt = now + std::chrono::hours{1};
            out.again.push_back(recipients[i]);
        }
        out.commit.results.push_back({recipients[i], std::move(state)});
    }
    return out;
}

}  // namespace imc::queue
