#include "tracking/reject_journal.h"

#include <algorithm>
#include <sys/random.h>

namespace imc::tracking {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t code_octets = 5;
constexpr std::size_t most_peers = 4096;
constexpr std::int64_t calm_seconds = 60;  ///< then the next flood is another one

std::int64_t second_of(WallTime time)
{
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

DailyLogSettings log_settings(const RejectJournalSettings& settings, std::function<void()> tick)
{
    DailyLogSettings out;
    out.folder = settings.folder;
    out.title = rejects_title();
    out.kept_days = settings.kept_days;
    out.gather = settings.gather;
    out.each_second = std::move(tick);
    return out;
}

}  // namespace

RejectJournal::RejectJournal(RejectJournalSettings settings, FileSystem& files, EventLog& events,
                             const WallClock& clock)
    : settings_{std::move(settings)}, files_{files}, events_{events}, clock_{clock},
      log_{log_settings(settings_,
                        [this] {
                            const std::lock_guard lock{mutex_};
                            summarize();
                        }),
           files, events}
{}

std::string RejectJournal::note(Rejection rejection)
{
    const auto now = clock_.now();
    const std::lock_guard lock{mutex_};
    if (!may_record(rejection.peer, now)) {
        ++only_counted_;
        return {};
    }
    rejection.time = now;
    rejection.code = new_code();
    append(rejection);
    return rejection.code;
}

bool RejectJournal::may_record(const std::string& peer, WallTime now)
{
    if (const auto second = second_of(now); second != second_) begin_second(second);
    if (const auto day = day_of(now); day != day_) begin_day(day);
    many_peers_ = many_peers_ || (by_peer_.size() >= most_peers && !by_peer_.contains(peer));
    const auto of_peer = many_peers_ && !by_peer_.contains(peer) ? 1 : ++by_peer_[peer];
    std::string why;
    if (recorded_ >= settings_.records_per_second)
        why = std::to_string(settings_.records_per_second) + " a second";
    else if (of_peer > std::max<std::uint64_t>(settings_.records_per_second / 4, 1))
        why = "a quarter of " + std::to_string(settings_.records_per_second) + " a second from [" +
              peer + "]";
    else if (day_octets_ >= settings_.octets_per_day)
        why = std::to_string(settings_.octets_per_day >> 20U) + " MiB a day";
    if (why.empty()) {
        ++recorded_;
        return true;
    }
    if (!std::exchange(flooded_, true))
        events_.raise(EventId::refusals_only_counted, {{"detail", why}});
    calm_since_ = second_;
    return false;
}

void RejectJournal::begin_second(std::int64_t second)
{
    summarize();
    if (flooded_ && second - calm_since_ > calm_seconds) flooded_ = false;
    second_ = second;
    recorded_ = 0;
    by_peer_.clear();
    many_peers_ = false;
}

void RejectJournal::begin_day(Day day)
{
    day_ = day;
    const auto there = files_.status(settings_.folder + "/" + file_of(day));
    day_octets_ = there ? there->size : 0;
}

/// What was only counted since the last time, with the address that did most of it.
void RejectJournal::summarize()
{
    if (only_counted_ == 0) return;
    const auto most = std::ranges::max_element(
        by_peer_, {}, &std::unordered_map<std::string, std::uint64_t>::value_type::second);
    Rejection summary;
    summary.time = WallTime{std::chrono::seconds{second_}};
    summary.count = std::exchange(only_counted_, 0);
    if (most != by_peer_.end()) summary.peer = most->first;
    summary.stage = "summary";
    summary.rule = "rate";
    summary.evidence = std::to_string(summary.count) + " refusals were counted, not recorded; " +
                       std::to_string(by_peer_.size()) +
                       (many_peers_ ? " addresses and more" : " addresses");
    append(summary);
}

void RejectJournal::append(const Rejection& rejection)
{
    const auto line = write_rejection(rejection);
    day_octets_ += line.size();
    log_.append(rejection.time, line);
}

/// Nobody may open another's record by counting.
std::string RejectJournal::new_code()
{
    constexpr std::string_view letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    if (randomness_.size() < code_octets) {
        randomness_.resize(250);
        if (::getrandom(randomness_.data(), randomness_.size(), 0) !=
            static_cast<ssize_t>(randomness_.size()))
            throw std::runtime_error{"getrandom(2) gives nothing"};
    }
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < code_octets; ++i) {
        bits = bits << 8U | static_cast<unsigned char>(randomness_.back());
        randomness_.pop_back();
    }
    std::string code(8, '0');
    for (char& c : code) {
        c = letters[bits & 31U];
        bits >>= 5U;
    }
    return code;
}

}  // namespace imc::tracking
