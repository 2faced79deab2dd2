#include "queue/settle.h"

#include "queue/profiles.h"

#include <algorithm>
#include <map>

namespace imc::queue {
namespace {

using spool::Outcome;

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

}  // namespace

std::optional<Told> news_of(std::uint32_t recipient, const spool::RecipientState& state,
                            const DeliveryResult& result)
{
    const bool failed = state.outcome == Outcome::failed;
    if (!failed && state.outcome != Outcome::delivered) return {};
    const bool stood_for_others = result.became != Became::nothing;
    if (!failed && !result.final_delivery && !result.relayed_without_dsn && !stood_for_others)
        return {};
    Told told{recipient, mail::Action::failed, state.last_status, result.reply, result.host};
    told.suppressed = result.suppressed;
    if (failed) return told;
    told.action = result.became == Became::copies             ? mail::Action::expanded
                  : result.final_delivery || stood_for_others ? mail::Action::delivered
                                                              : mail::Action::relayed;
    // Our own words name the file, which is no business of others.
    if (result.host.empty()) told.reply.clear();
    return told;
}

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
               DoubleBounces* double_bounces, std::optional<std::chrono::milliseconds> age,
               const std::vector<std::optional<std::chrono::milliseconds>>& left)
{
    Settled out;
    out.commit.message = id;
    if (!age) age = now - envelope.arrived_at;
    Plans plans{config, envelope.priority};
    std::vector<Told> told;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        const auto index = recipients[i];
        const auto& result = results[i];
        auto state = states[i];
        if (result.tried) ++state.attempts;
        state.last_status = result.status;
        state.last_reply = result.reply;
        state.last_host = result.host;
        std::string last_words;  // where they are more than the reply
        bool failed = result.delivery == Delivery::failed;
        if (result.delivery == Delivery::delivered) state.outcome = Outcome::delivered;
        if (result.delivery == Delivery::deferred) {
            const auto& plan = plans.of(envelope.recipients[index].address);
            const auto wait = retry_wait(plan.after, state.attempts, plans.dice(random));
            const auto usual = std::chrono::milliseconds{plan.timeout} - *age;
            const auto rest = left.empty() ? usual : left[i].value_or(usual);
            const bool expired = rest.count() <= 0;
            failed = expired || !wait;
            if (failed) {
                if (result.tried) state.last_status = "5.4.7";
                last_words =
                    (expired ? "not delivered in time; last: " : "no retries are configured; ") +
                    result.reply;
            } else {
                // The last attempt comes when the time is up, not long after.
                state.next_attempt = now + std::min<std::chrono::milliseconds>(*wait, rest);
                out.again.push_back(index);
            }
        }
        if (failed) {
            state.outcome = Outcome::failed;
            out.failed.push_back(index);
        }
        if (auto news = news_of(index, state, result)) {
            if (!last_words.empty()) news->reply = std::move(last_words);
            if (result.tried) news->last_attempt = now;
            told.push_back(std::move(*news));
        }
        out.commit.results.push_back({index, std::move(state)});
    }
    auto reports = make_reports(config, envelope, body, id, told, now, double_bounces);
    out.commit.caused = std::move(reports.messages);
    out.reports = std::move(reports.of);
    out.too_many_double_bounces = reports.too_many_double_bounces;
    out.unreported = !out.failed.empty() && out.commit.caused.empty();
    return out;
}

Settled delay_notice(const config::Config& config, const spool::Envelope& envelope,
                     const spool::Body& body, spool::MessageId id,
                     const std::vector<spool::RecipientState>& states,
                     const std::vector<std::uint32_t>& recipients,
                     const std::vector<DeliveryResult>& words, WallTime now,
                     const std::vector<std::optional<std::chrono::milliseconds>>& left)
{
    Settled out;
    out.commit.message = id;
    Plans plans{config, envelope.priority};
    std::vector<Told> late;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        out.commit.results.push_back({recipients[i], states[i]});
        out.again.push_back(recipients[i]);
        Told told{recipients[i], mail::Action::delayed, words[i].status, words[i].reply,
                  words[i].host};
        told.retry_until =
            left.empty() || !left[i]
                ? envelope.arrived_at + plans.of(envelope.recipients[recipients[i]].address).timeout
                : now + *left[i];
        late.push_back(std::move(told));
    }
    auto reports = make_reports(config, envelope, body, id, late, now, nullptr);
    out.commit.caused = std::move(reports.messages);
    out.reports = std::move(reports.of);
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
