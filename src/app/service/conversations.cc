#include "app/service/conversations.h"

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
    : log_{paths.protocol(), kept_days, real_files(), events}
{}

void Conversations::take(config::ConfigPtr config)
{
    tracking::ProtocolLogTerms terms;
    terms.level = level_of(config->protocol_log.level);
    terms.octets_per_day = config->protocol_log.day_octets;
    terms.wanted = [config = std::move(config)](const std::string& address, std::string_view host) {
        return config->protocol_log.wants(address, host);
    };
    log_.set(std::move(terms));
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
