#include "tracking/protocol_log.h"

#include "event/record_json.h"
#include "tracking/line.h"

namespace imc::tracking {
namespace {

constexpr std::string_view title = "imc protocol log 1: time, conversation, way, peer, who, what";

DailyLogSettings settings_of(std::string folder, unsigned kept_days)
{
    DailyLogSettings out;
    out.folder = std::move(folder);
    out.title = title;
    out.kept_days = kept_days;
    return out;
}

std::string name_of(std::uint64_t number)
{
    constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
    std::string out;
    for (; number > 0 || out.empty(); number /= 32)
        out.insert(out.begin(), digits[number % 32]);
    return out;
}

}  // namespace

ProtocolLog::ProtocolLog(std::string folder, unsigned kept_days, FileSystem& files,
                         EventLog& events, const WallClock& clock)
    : folder_{folder}, files_{files}, events_{events}, clock_{clock},
      terms_{std::make_shared<const ProtocolLogTerms>()},
      // Milliseconds: nobody begins a thousand conversations a second for years.
      next_{static_cast<std::uint64_t>(clock.now().time_since_epoch().count())},
      log_{settings_of(std::move(folder), kept_days), files, events}
{}

ProtocolLog::~ProtocolLog() = default;

void ProtocolLog::set(ProtocolLogTerms terms)
{
    using Level = ProtocolLogTerms::Level;
    const auto level = terms.level;
    const bool on =
        level != Level::none || (terms.temporary && terms.temporary->level != Level::none);
    {
        const std::lock_guard lock{mutex_};
        full_ = full_ && day_octets_ > terms.octets_per_day;
        terms_ = std::make_shared<const ProtocolLogTerms>(std::move(terms));
    }
    on_ = on;
    const bool lasting = level != Level::none;
    if (lasting_.exchange(lasting) || !lasting) return;
    events_.raise(EventId::protocol_log_enabled,
                  {{"level", std::to_string(static_cast<unsigned>(level))}, {"folder", folder_}});
}

std::unique_ptr<ProtocolLog::Conversation>
ProtocolLog::begin(Way way, const std::string& address, std::uint16_t port, std::string_view host)
{
    if (!on_.load(std::memory_order_relaxed)) return {};
    std::shared_ptr<const ProtocolLogTerms> terms;
    {
        const std::lock_guard lock{mutex_};
        terms = terms_;
    }
    using Level = ProtocolLogTerms::Level;
    const auto level = terms->wanted && !terms->wanted(address, host) ? Level::none : terms->level;
    const auto& more = terms->temporary;
    const bool raised = more && more->level > level &&
                        std::chrono::steady_clock::now() < more->until &&
                        (!more->wanted || more->wanted(address, host));
    if (level == Level::none && !raised) return {};
    std::string peer{host};
    peer += "[" + address + "]:" + std::to_string(port);
    auto talk = std::make_unique<Conversation>(*this, level, name_of(next_.fetch_add(1)), way,
                                               std::move(peer));
    if (raised) talk->raise_until(more->level, more->until);
    return talk;
}

ProtocolLog::Conversation::Conversation(ProtocolLog& log, ProtocolLogTerms::Level level,
                                        std::string name, Way way, std::string peer)
    : log_{log}, level_{level}, name_{std::move(name)}, peer_{std::move(peer)}, way_{way}
{}

ProtocolLogTerms::Level ProtocolLog::Conversation::level() const
{
    if (raised_ == ProtocolLogTerms::Level::none) return level_;
    return std::chrono::steady_clock::now() < until_ ? raised_ : level_;
}

void ProtocolLog::Conversation::raise_until(ProtocolLogTerms::Level level,
                                            std::chrono::steady_clock::time_point then)
{
    raised_ = level;
    until_ = then;
}

void ProtocolLog::Conversation::line(Mark mark, std::string_view text)
{
    const auto level = this->level();
    if (level == ProtocolLogTerms::Level::none) return;
    if (mark != Mark::note && level == ProtocolLogTerms::Level::minimum) return;
    const auto now = log_.clock_.now();
    LineWriter line;
    line.add(to_rfc3339(now)).add(name_).add(way_ == Way::in ? "in" : "out").add(peer_);
    const char who = static_cast<char>(mark);
    line.add({&who, 1}).add(text);
    log_.append(line.take(), now);
}

void ProtocolLog::append(std::string_view line, WallTime now)
{
    bool filled = false;
    {
        const std::lock_guard lock{mutex_};
        if (const auto day = day_of(now); day > day_) {
            day_ = day;
            full_ = false;
            const auto there = files_.status(folder_ + "/" + file_of(day));
            day_octets_ = there ? there->size : 0;
        }
        if (full_) return;
        day_octets_ += line.size();
        full_ = filled = day_octets_ > terms_->octets_per_day;
    }
    if (filled)
        events_.raise(EventId::protocol_log_full, {{"file", folder_ + "/" + file_of(day_of(now))}});
    else
        log_.append(now, line);
}

}  // namespace imc::tracking
