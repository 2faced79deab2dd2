#include "app/service/conversations.h"

#include "base/text.h"
#include "event/record_json.h"
#include "smtp/transcribed_stream.h"

namespace imc::app {
namespace {

using Level = tracking::ProtocolLogTerms::Level;
using Mark = tracking::ProtocolLog::Mark;

Level level_of(unsigned value)
{
    if (value == 0) return Level::none;
    return value < 3 ? Level::minimum : value < 5 ? Level::medium : Level::maximum;
}

Mark mark_of(smtp::Transcript::Voice voice)
{
    using Voice = smtp::Transcript::Voice;
    return voice == Voice::client   ? Mark::client
           : voice == Voice::server ? Mark::server
                                    : Mark::note;
}

class OverheardDialer final : public smtp::client::Dialer {
public:
    OverheardDialer(std::unique_ptr<smtp::client::Dialer> dialer, Conversations& conversations)
        : dialer_{std::move(dialer)}, conversations_{conversations}
    {}
    smtp::net::awaitable<smtp::IoResult<smtp::client::Line>> dial(smtp::client::Call call,
                                                                  Deadline deadline) override
    {
        const auto name = call.name;
        const auto port = call.port;
        auto line = co_await dialer_->dial(std::move(call), deadline);
        if (line)
            line->stream = conversations_.listen(std::move(line->stream), Conversations::Way::out,
                                                 line->address, port, name);
        co_return line;
    }

private:
    std::unique_ptr<smtp::client::Dialer> dialer_;
    Conversations& conversations_;
};

}  // namespace

Conversations::Conversations(const Paths& paths, unsigned kept_days, EventLog& events)
    : events_{events}, log_{paths.protocol(), kept_days, real_files(), events}
{}

void Conversations::take(config::ConfigPtr config)
{
    const std::lock_guard lock{mutex_};
    config_ = std::move(config);
    apply();
}

/// Under the mutex.
void Conversations::apply()
{
    tracking::ProtocolLogTerms terms;
    if (config_) {
        terms.level = level_of(config_->protocol_log.level);
        terms.octets_per_day = config_->protocol_log.day_octets;
        terms.wanted = [config = config_](const std::string& address, std::string_view host) {
            return config->protocol_log.wants(address, host);
        };
    }
    if (temporary_)
        terms.temporary = {
            level_of(temporary_->order.level),
            [peers = temporary_->peers](const std::string& address, std::string_view host) {
                return peers.wants(address, host);
            },
            temporary_->ends};
    log_.set(std::move(terms));
}

admin::ProtocolLogState Conversations::state() const
{
    const std::lock_guard lock{mutex_};
    admin::ProtocolLogState out;
    if (config_) {
        const auto& lasting = config_->protocol_log;
        out.level = lasting.level;
        for (const auto& network : lasting.networks)
            out.peers.push_back(network.text);
        out.peers.insert(out.peers.end(), lasting.hosts.begin(), lasting.hosts.end());
    }
    if (temporary_)
        out.temporary = {temporary_->order.level, temporary_->order.peers, temporary_->until,
                         temporary_->order.by};
    return out;
}

Result<> Conversations::order(admin::ProtocolLogOrder order, bool dry_run)
{
    Temporary next;
    std::string peers;
    for (const auto& peer : order.peers) {
        if (!next.peers.add_peer(peer))
            return Error{EventId::admin_refused,
                         "\"" + printable(peer, 80) +
                             "\"; a network such as 192.0.2.0/24, or the name of a host or domain "
                             "is expected"};
        peers += (peers.empty() ? "" : ", ") + peer;
    }
    if (dry_run) return {};
    const std::lock_guard lock{mutex_};
    if (order.level == 0) {
        if (temporary_) reverted("ended by " + order.by);
        return {};
    }
    next.until = wall_clock().now() + order.length;
    next.ends = after(order.length);
    next.order = std::move(order);
    temporary_ = std::move(next);
    apply();
    events_.raise(EventId::protocol_log_switched,
                  {{"peers", peers.empty() ? "everybody" : peers},
                   {"level", std::to_string(temporary_->order.level)},
                   {"until", to_rfc3339(temporary_->until)},
                   {"by", temporary_->order.by}});
    return {};
}

/// Under the mutex.
void Conversations::reverted(const std::string& why)
{
    temporary_.reset();
    apply();
    events_.raise(EventId::protocol_log_reverted, {{"detail", why}});
}

void Conversations::look()
{
    const std::lock_guard lock{mutex_};
    if (temporary_ && std::chrono::steady_clock::now() >= temporary_->ends)
        reverted("its time is over");
}

std::unique_ptr<smtp::Stream> Conversations::listen(std::unique_ptr<smtp::Stream> stream, Way way,
                                                    const std::string& address, std::uint16_t port,
                                                    std::string_view host)
{
    std::shared_ptr<tracking::ProtocolLog::Conversation> talk =
        log_.begin(way, address, port, host);
    if (!talk) return stream;
    talk->line(Mark::note, "connected");
    smtp::Transcript transcript{talk->level() == Level::maximum,
                                [talk](smtp::Transcript::Voice voice, std::string_view line) {
                                    talk->line(mark_of(voice), line);
                                }};
    return smtp::transcribed(std::move(stream),
                             way == Way::in ? smtp::Ours::server : smtp::Ours::client,
                             std::move(transcript));
}

std::unique_ptr<smtp::client::Dialer>
Conversations::dialer(std::unique_ptr<smtp::client::Dialer> dialer)
{
    return std::make_unique<OverheardDialer>(std::move(dialer), *this);
}

}  // namespace imc::app
