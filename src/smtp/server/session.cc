#include "smtp/server/session.h"

#include "smtp/server/input.h"

#include <algorithm>

namespace imc::smtp {
namespace {

/// One message on its way in. The sink draws from it as fast as it can store.
class Body final : public BodyReader {
public:
    Body(Input& input, const Limits& limits)
        : input_{input}, limits_{limits}, last_{after(limits.message_timeout)},
          decoder_{limits.message_octets}
    {}

    net::awaitable<Result<std::string_view>> next() override
    {
        piece_.clear();
        while (piece_.empty() && !ended() && !flaw())
            co_await read_on();

        if (failure_ == ReadFailure::too_slow)
            co_return Error{EventId::receive_timeout, "no end mark (CRLF . CRLF) in time"};
        if (failure_) co_return Error{EventId::message_broken_off, "client gone before end mark"};
        if (flaw()) co_return Error{EventId::message_broken_off, "text refused"};
        co_return std::string_view{piece_};
    }

    /// To the end mark, past what the sink has left: what comes before it is never a command.
    net::awaitable<void> finish()
    {
        for (; !ended(); piece_.clear())
            co_await read_on();
    }

    std::optional<ReadFailure> failure() const { return failure_; }
    std::optional<BodyFlaw> flaw() const { return decoder_.flaw(); }

private:
    bool ended() const { return decoder_.ended() || failure_; }

    net::awaitable<void> read_on()
    {
        const auto deadline = std::min(after(limits_.command_timeout), last_);
        const auto read = co_await input_.body(decoder_, piece_, deadline);
        if (!read) failure_ = read.error();
    }

    Input& input_;
    const Limits& limits_;
    const Deadline last_;
    BodyDecoder decoder_;
    std::string piece_;
    std::optional<ReadFailure> failure_;
};

class Session {
public:
    Session(Stream& stream, Dialogue& dialogue, RecipientDirectory& directory, MessageSink& sink)
        : stream_{stream}, dialogue_{dialogue}, directory_{directory}, sink_{sink}
    {}

    /// What to say is decided by the Dialogue; this function only carries it out.
    net::awaitable<void> run()
    {
        const Limits& limits = dialogue_.limits();
        Step step = dialogue_.open();
        const auto longest = limits.command_octets + limits.extension_octets;
        while (co_await send(step) && step.next != Next::close) {
            switch (step.next) {
            case Next::read_command: {
                const auto line = co_await input_.line(longest, after(limits.command_timeout));
                step = line ? dialogue_.on_command(*line) : dialogue_.on_read_failure(line.error());
                break;
            }
            case Next::check_recipient: {
                const auto verdict = co_await directory_.look_up(dialogue_.pending_recipient());
                step = dialogue_.on_recipient(verdict);
                break;
            }
            case Next::receive_message: step = co_await receive_message(); break;
            case Next::close: break;
            }
        }
        co_await stream_.close(after(limits.close_timeout));
    }

private:
    net::awaitable<Step> receive_message()
    {
        Body body{input_, dialogue_.limits()};
        const auto queued = co_await sink_.store(dialogue_.envelope(), body);
        co_await body.finish();

        if (body.failure()) co_return dialogue_.on_read_failure(*body.failure(), body.flaw());
        if (body.flaw()) co_return dialogue_.on_flawed_message(*body.flaw());
        co_return dialogue_.on_message(queued);
    }

    /// Replies to commands that came together go back together (RFC 2920): they are gathered until
    /// we would wait for the client. False when it has gone, or has not read for as long as it may
    /// be silent.
    net::awaitable<bool> send(const Step& step)
    {
        if (step.reply) gathered_ += to_wire(*step.reply);
        const bool more_to_come =
            step.next == Next::check_recipient ||
            (step.next == Next::read_command && input_.has_line() && gathered_.size() < 8192);
        if (gathered_.empty() || more_to_come) co_return true;
        const auto sent =
            co_await stream_.write(gathered_, after(dialogue_.limits().command_timeout));
        gathered_.clear();
        if (gathered_.capacity() > 1024) gathered_.shrink_to_fit();
        co_return sent.has_value();
    }

    Stream& stream_;
    Dialogue& dialogue_;
    RecipientDirectory& directory_;
    MessageSink& sink_;
    Input input_{stream_};
    std::string gathered_;
};

}  // namespace

net::awaitable<void> serve(std::unique_ptr<Stream> stream, Dialogue dialogue,
                           RecipientDirectory& directory, MessageSink& sink)
{
    Session session{*stream, dialogue, directory, sink};
    co_await session.run();
}

}  // namespace imc::smtp
