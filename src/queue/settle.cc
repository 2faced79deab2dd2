#include "queue/settle.h"

#include "mail/dsn.h"
#include "mail/trace.h"
#include "queue/profiles.h"

#include <algorithm>
#include <map>

namespace imc::queue {
namespace {

using spool::Outcome;

constexpr std::uint8_t notify_failure = 4, notify_delay = 8;

bool wants_report(const spool::Recipient& recipient)
{
    return recipient.notify == 0 || (recipient.notify & notify_failure) != 0;
}

bool wants_notice(const spool::Recipient& recipient)
{
    return recipient.notify == 0 || (recipient.notify & notify_delay) != 0;
}

/// The plans of a message's recipients: often one for all.
class Plans {
public:
    Plans(const config::Config& config, spool::Priority priority)
        : config_{config}, priority_{static_cast<std::size_t>(priority)}
    {}
    const config::RetryPlan& of(const std::string& address)
    {
        auto domain = domain_of(address);
        auto found = known_.find(domain);
        if (found == known_.end()) {
            auto profile = config::profile_for(config_, domain);
            found = known_.emplace(std::move(domain), std::move(profile.retry[priority_])).first;
        }
        return found->second;
    }
    /// Recipients that failed together are tried again together.
    double dice(std::mt19937_64& random)
    {
        if (!dice_) dice_ = std::uniform_real_distribution<>{0.9, 1.1}(random);
        return *dice_;
    }

private:
    const config::Config& config_;
    std::size_t priority_;
    std::map<std::string, config::RetryPlan> known_;
    std::optional<double> dice_;
};

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
                                                    std::uint32_t attempts, double dice)
{
    if (after.empty()) return {};
    const std::chrono::milliseconds base =
        after[std::min<std::size_t>(attempts == 0 ? 0 : attempts - 1, after.size() - 1)];
    return std::chrono::milliseconds{
        static_cast<std::int64_t>(static_cast<double>(base.count()) * dice)};
}

Settled settle(const config::Config& config, const spool::Envelope& envelope,
               const spool::Body& body, spool::MessageId id,
               const std::vector<spool::RecipientState>& states,
               const std::vector<std::uint32_t>& recipients,
               const std::vector<DeliveryResult>& results, WallTime now, std::mt19937_64& random,
               std::optional<std::chrono::milliseconds> age)
{
    Settled out;
    out.commit.message = id;
    if (!age) age = now - envelope.arrived_at;
    Plans plans{config, envelope.priority};
    std::vector<mail::ReportedRecipient> failures;
    bool told = false;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        const auto index = recipients[i];
        const auto& result = results[i];
        auto state = states[i];
        if (result.tried) ++state.attempts;
        state.last_status = result.status;
        state.last_reply = result.reply;
        state.last_host = result.host;
        auto reply = result.reply;
        bool failed = result.delivery == Delivery::failed;
        if (result.delivery == Delivery::delivered) state.outcome = Outcome::delivered;
        if (result.delivery == Delivery::deferred) {
            const auto& plan = plans.of(envelope.recipients[index].address);
            const auto wait = retry_wait(plan.after, state.attempts, plans.dice(random));
            const bool expired = *age >= plan.timeout;
            failed = expired || !wait;
            if (failed) {
                if (result.tried) state.last_status = "5.4.7";
                reply = expired ? "not delivered in time; last: " + result.reply
                                : "no retries are configured; " + result.reply;
            } else {
                // The last attempt comes when the time is up, not long after.
                state.next_attempt =
                    now + std::min<std::chrono::milliseconds>(*wait, plan.timeout - *age);
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

Settled delay_notice(const config::Config& config, const spool::Envelope& envelope,
                     const spool::Body& body, spool::MessageId id,
                     const std::vector<spool::RecipientState>& states,
                     const std::vector<std::uint32_t>& recipients,
                     const std::vector<DeliveryResult>& words, WallTime now)
{
    Settled out;
    out.commit.message = id;
    std::vector<mail::ReportedRecipient> late;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        const auto& recipient = envelope.recipients[recipients[i]];
        out.commit.results.push_back({recipients[i], states[i]});
        out.again.push_back(recipients[i]);
        if (!wants_notice(recipient)) continue;
        late.push_back({recipient.address, recipient.original, "delayed", words[i].status,
                        words[i].host, words[i].reply});
    }
    if (!late.empty() && !envelope.sender.empty())
        out.commit.caused.push_back(report_on(config, envelope, body, id, late, true, now));
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
