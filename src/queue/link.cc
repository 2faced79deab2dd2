#include "queue/link.h"

#include <algorithm>
#include <utility>

namespace imc::queue {

using namespace std::chrono_literals;

namespace {

std::string minutes_text(std::chrono::minutes time)
{
    return std::to_string(time.count()) + (time == 1min ? " minute" : " minutes");
}

}  // namespace

void Link::set(config::Schedule schedule, std::chrono::minutes timeout)
{
    schedule_ = std::move(schedule);
    timeout_ = timeout;
}

void Link::ask_open(std::optional<std::chrono::minutes> length)
{
    asked_open_ = true;
    asked_close_ = false;
    length_ = length;
}

void Link::ask_close()
{
    asked_close_ = true;
    asked_open_ = false;
}

std::optional<Link::Move> Link::step(Moment now, const Needs& needs)
{
    if (open_) {
        if (auto why = why_close(now, needs)) return Move{false, std::move(*why)};
        return {};
    }
    if (auto why = why_open(now, needs)) return Move{true, std::move(*why)};
    return {};
}

std::optional<std::string> Link::why_close(Moment now, const Needs& needs)
{
    if (std::exchange(asked_close_, false)) {
        kept_closed_ = true;
        return "an administrator has closed it";
    }
    if (std::exchange(asked_open_, false)) {  // it is open; for how long is said anew
        until_.reset();
        if (length_) until_ = now.steady + *length_;
        until_quiet_ = !length_;
        opened_at_ = wanted_at_ = now.steady;
    }
    if (needs.wants) wanted_at_ = now.steady;
    if (config::in_window(schedule_, now.wall)) return {};
    if (until_ && now.steady < *until_) return {};
    if (!until_quiet_)
        return until_ ? "the time for which an administrator opened it is over"
                      : "its schedule has no open window any more";
    if (now.steady - opened_at_ >= timeout_)
        return "imcLinkTimeoutMinutes are over: " + minutes_text(timeout_);
    if (now.steady - wanted_at_ < quiet) return {};
    return "nothing has waited for a minute";
}

std::optional<std::string> Link::why_open(Moment now, const Needs& needs)
{
    const bool scheduled = config::in_window(schedule_, now.wall);
    if (std::exchange(asked_close_, false)) kept_closed_ = true;
    if (!scheduled) kept_closed_ = false;
    until_.reset();
    until_quiet_ = false;
    if (std::exchange(asked_open_, false)) {
        kept_closed_ = false;
        if (length_) until_ = now.steady + *length_;
        until_quiet_ = !length_;
        return "an administrator has opened it" +
               (length_ ? ", for " + minutes_text(*length_) : "");
    }
    if (now.steady < retry_at_) return {};
    if (scheduled && !kept_closed_)
        return schedule_.always ? "its schedule is always" : "its schedule has an open window";
    if (scheduled || !schedule_.queued || !needs.oldest) return {};
    const bool rested = !closed_at_ || now.steady - *closed_at_ >= *schedule_.queued;
    if (!rested || now.wall - *needs.oldest < *schedule_.queued) return {};
    until_quiet_ = true;
    return "mail has waited for " + minutes_text(*schedule_.queued);
}

void Link::opened(Moment now)
{
    open_ = true;
    opened_at_ = wanted_at_ = now.steady;
    retry_at_ = {};
}

void Link::closed(Moment now)
{
    open_ = false;
    closed_at_ = now.steady;
    until_.reset();
}

void Link::failed(Moment now) { retry_at_ = now.steady + after_failure; }

std::optional<WallTime> Link::opens_at(Moment now, const Needs& needs) const
{
    const auto rest = [&](Steady when) {
        return now.wall + std::chrono::ceil<std::chrono::milliseconds>(
                              std::max<Steady::duration>(when - now.steady, 0s));
    };
    if (kept_closed_) return {};
    auto out = next_window(schedule_, now.wall);
    if (schedule_.queued && needs.oldest) {
        auto due = std::max<WallTime>(*needs.oldest + *schedule_.queued, now.wall);
        if (closed_at_) due = std::max(due, rest(*closed_at_ + *schedule_.queued));
        out = out ? std::min(*out, due) : due;
    }
    if (out && now.steady < retry_at_) out = std::max(*out, rest(retry_at_));
    return out;
}

std::string Link::opens_when() const
{
    if (kept_closed_) return "an administrator has closed it";
    std::string out;
    const auto put = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
    if (schedule_.always) put("always");
    if (!schedule_.windows.empty()) put("in the windows of its schedule");
    if (schedule_.queued) put("when something has waited for " + minutes_text(*schedule_.queued));
    put("by imc link open");
    return out;
}

std::optional<WallTime> next_window(const config::Schedule& schedule, WallTime now)
{
    // A week has two edges per window; the hours before the clock is set are gone through minute
    // by minute.
    constexpr int most = 1000;
    auto at = now;
    for (int i = 0; i < most; ++i) {
        if (config::in_window(schedule, at)) return at;
        const auto next = config::next_change(schedule, at);
        if (!next) return {};
        at = *next;
    }
    return {};
}

}  // namespace imc::queue
