#include "smtp/server/session.h"

#include "base/text.h"
#include "smtp/server/input.h"
#include "smtp/server/message_reader.h"
#include "smtp/server/proxy_header.h"
#include "smtp/tls/server.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace imc::smtp {
namespace {

constexpr std::size_t most_gathered = 8192;

class Session final : ChunkSource {
public:
    Session(Stream& stream, Dialogue& dialogue, Ports ports)
        : stream_{stream}, dialogue_{dialogue}, ports_{ports}
    {}

    Deadline patience() const { return after(dialogue_.limits().command_timeout); }

    /// A command; it has nothing to do with an authentication that was given up or has ended.
    Step take_line(const ReadResult<std::string>& line)
    {
        exchange_.reset();
        if (line) return dialogue_.on_command(*line);
        if (line.error() == ReadFailure::too_long)
            return dialogue_.on_long_line(input_.beginning());
        return dialogue_.on_read_failure(line.error());
    }

    Input& input() { return input_; }

    /// @return false: the client does not begin as it must
    net::awaitable<bool> begin()
    {
        if (must_come_by_proxy()) {
            const bool told = co_await read_proxy_header();
            if (!told) co_return false;
        }
        if (dialogue_.terms().tls != TlsTerms::implicit) co_return true;
        co_return co_await shake_hands();
    }

    /// No coroutine itself: each step has one frame.
    net::awaitable<Step> carry_out(Next next)
    {
        if (next != Next::sasl_step && next != Next::read_response) exchange_.reset();
        switch (next) {
        case Next::ask_connect: return ask_connect();
        case Next::ask_helo: return ask_helo();
        case Next::ask_mail: return ask_mail();
        case Next::ask_rcpt: return ask_rcpt();
        case Next::check_recipient: return check_recipient();
        case Next::tell_members: return tell_members();
        case Next::start_dequeue: return start_dequeue();
        case Next::receive_message: return receive_message(nullptr);
        case Next::receive_chunk: return receive_message(this);
        case Next::discard_chunk: return discard_chunk();
        case Next::start_tls: return start_tls();
        case Next::sasl_step: return sasl_step();
        case Next::read_response: return read_response();
        case Next::read_command:  // who calls reads it
        case Next::close: break;
        }
        return close_at_once();
    }

    /// Replies to commands that came together go back together (RFC 2920): they are gathered until
    /// we would wait for the client. False when it has gone, or has not read for as long as it may
    /// be silent.
    net::awaitable<bool> send(Step& step)
    {
        if (step.reply) {
            note_refusal(*step.reply);
            const auto wait = delay();
            if (wait.count() > 0) {
                const bool flushed = co_await flush();
                if (!flushed) co_return false;
                co_await pause(wait);
            }
            gathered_ += to_wire(*step.reply);
            step.reply.reset();  // that of EHLO is long, and the client may be silent for long
            dialogue_.settle();
        }
        const bool waits_for_client = step.next == Next::read_command
                                          ? !input_.has_line() || gathered_.size() >= most_gathered
                                          : !answered_by_us(step.next);
        if (gathered_.empty() || !waits_for_client) co_return true;
        co_return co_await flush();
    }

    /// A defect ends the session: the client is not left to guess.
    net::awaitable<void> give_up()
    {
        try {
            gathered_ += to_wire(*dialogue_.on_defect().reply);
            (void)co_await flush();
        } catch (...) {  // NOLINT(bugprone-empty-catch): then it hears nothing
        }
    }

private:
    // ------------------------------------------------------------------ before the greeting

    bool must_come_by_proxy() const
    {
        const auto& peer = dialogue_.facts().peer.address;
        return std::ranges::any_of(dialogue_.terms().proxy_from,
                                   [&](const auto& network) { return network.contains(peer); });
    }

    net::awaitable<bool> read_proxy_header()
    {
        const auto deadline = after(dialogue_.limits().proxy_timeout);
        for (;;) {
            const auto header = parse_proxy_header(input_.waiting());
            if (const auto* whole = std::get_if<proxy::Header>(&header)) {
                input_.take(whole->octets);
                auto& facts = dialogue_.facts();
                facts.proxy = facts.peer.address;
                if (whole->peer) {
                    const auto session = facts.peer.session;
                    facts.peer = *whole->peer;
                    facts.peer.session = session;
                }
                co_return true;
            }
            if (const auto* flaw = std::get_if<proxy::Flaw>(&header)) {
                complain_of_proxy(flaw->what);
                co_return false;
            }
            const auto received = co_await input_.more(deadline);
            if (!received) {
                complain_of_proxy(received.error() == ReadFailure::too_slow
                                      ? "nothing whole came in time"
                                      : "gone before it was whole");
                co_return false;
            }
        }
    }

    void complain_of_proxy(const std::string& what)
    {
        ports_.events.raise(EventId::proxy_header_bad,
                            {{"peer", "[" + dialogue_.facts().peer.address + "]"},
                             {"detail", what},
                             {"received", printable(input_.waiting(), 120)}});
    }

    net::awaitable<bool> shake_hands()
    {
        if (ports_.tls == nullptr) co_return false;
        auto proved =
            co_await stream_.accept_tls(*ports_.tls, after(dialogue_.limits().tls_timeout));
        if (!proved) {
            ports_.tls->handshake_failed(dialogue_.facts().peer.address, proved.error());
            co_return false;
        }
        dialogue_.facts().tls = std::move(*proved);
        co_return true;
    }

    // ------------------------------------------------------------------ one step

    /// A client that does not wait for the greeting is seen while the greeting waits.
    net::awaitable<Step> ask_connect()
    {
        const auto verdict = co_await ports_.policy.on_connect(dialogue_.facts());
        const auto wait = delay();
        if (wait.count() > 0 && !verdict && input_.waiting().empty()) {
            const auto spoke = co_await input_.more(after(wait));
            if (!spoke && spoke.error() == ReadFailure::gone)
                co_return Step{std::nullopt, Next::close};
        }
        dialogue_.facts().early = !input_.waiting().empty();
        co_return dialogue_.on_policy(verdict);
    }

    net::awaitable<Step> ask_helo()
    {
        const auto& facts = dialogue_.facts();
        const auto verdict = co_await ports_.policy.on_helo(facts);
        if (ports_.authenticator != nullptr)
            dialogue_.offer_mechanisms(ports_.authenticator->mechanisms(facts));
        dialogue_.offer_dequeue(ports_.dequeue != nullptr && ports_.dequeue->offered(facts));
        co_return dialogue_.on_policy(verdict);
    }

    net::awaitable<Step> ask_mail()
    {
        const auto verdict =
            co_await ports_.policy.on_mail(dialogue_.facts(), dialogue_.envelope());
        co_return dialogue_.on_policy(verdict);
    }

    net::awaitable<Step> ask_rcpt()
    {
        const auto& envelope = dialogue_.envelope();
        const auto verdict =
            co_await ports_.policy.on_rcpt(dialogue_.facts(), envelope, envelope.pending);
        co_return dialogue_.on_policy(verdict);
    }

    net::awaitable<Step> check_recipient()
    {
        auto verdict = co_await ports_.directory.look_up(dialogue_.pending_recipient());
        co_return dialogue_.on_recipient(std::move(verdict));
    }

    net::awaitable<Step> tell_members()
    {
        const auto verdict = co_await ports_.directory.members(dialogue_.pending_recipient());
        co_return dialogue_.on_members(verdict);
    }

    net::awaitable<Step> start_dequeue()
    {
        const auto answer =
            co_await ports_.dequeue->start(dialogue_.facts(), dialogue_.pending_recipient());
        co_return dialogue_.on_dequeue(answer);
    }

    net::awaitable<Step> read_response()
    {
        const auto line = co_await input_.line(dialogue_.longest_line(), patience());
        if (line) co_return dialogue_.on_response(*line);
        co_return take_line(line);
    }

    static net::awaitable<Step> close_at_once() { co_return Step{std::nullopt, Next::close}; }

    net::awaitable<Step> start_tls()
    {
        // CVE-2011-0411: what came in the clear must not be answered under TLS.
        if (const auto octets = input_.discard(); octets > 0)
            ports_.events.raise(EventId::plaintext_behind_starttls,
                                {{"peer", "[" + dialogue_.facts().peer.address + "]"},
                                 {"octets", std::to_string(octets)}});
        const bool done = co_await shake_hands();
        if (!done) co_return Step{std::nullopt, Next::close};
        co_return dialogue_.on_tls(*dialogue_.facts().tls);
    }

    net::awaitable<Step> sasl_step()
    {
        if (!exchange_ && ports_.authenticator != nullptr)
            exchange_ = ports_.authenticator->begin(dialogue_.sasl_mechanism(), dialogue_.facts());
        if (!exchange_) co_return dialogue_.on_no_mechanism();
        const auto outcome = co_await exchange_->step(dialogue_.take_sasl_response());
        co_return dialogue_.on_sasl(outcome);
    }

    // ------------------------------------------------------------------ messages

    net::awaitable<Step> receive_message(ChunkSource* chunks)
    {
        MessageReader message{input_, dialogue_, ports_.policy, ports_.sink, chunks};
        const auto queued =
            co_await ports_.sink.store(dialogue_.facts(), dialogue_.envelope(), message);
        co_await message.finish();

        if (message.abandoned()) co_return std::move(*abandoned_);
        if (message.failure())
            co_return dialogue_.on_read_failure(*message.failure(), message.flaw());
        if (message.refusal()) co_return dialogue_.on_refused_message(*message.refusal());
        if (message.flaw()) co_return dialogue_.on_flawed_message(*message.flaw());
        co_return dialogue_.on_message(queued);
    }

    /// Between two chunks other commands may come; most of them end the transaction.
    net::awaitable<std::optional<Chunk>> next_chunk(Deadline deadline) override
    {
        Step step = dialogue_.on_chunk();
        for (;;) {
            if (step.next == Next::receive_chunk) co_return dialogue_.chunk();
            if (!dialogue_.between_chunks()) break;
            const bool sent = co_await send(step);
            if (!sent || step.next == Next::close) {
                step = Step{std::nullopt, Next::close};
                break;
            }
            if (step.next == Next::read_command) {
                const auto line =
                    co_await input_.line(dialogue_.longest_line(), std::min(patience(), deadline));
                step = take_line(line);
            } else {
                step = co_await carry_out(step.next);
            }
        }
        abandoned_ = std::move(step);
        co_return std::nullopt;
    }

    net::awaitable<Step> discard_chunk()
    {
        const auto last = after(dialogue_.limits().message_timeout);
        std::string nobody;
        for (auto left = dialogue_.chunk().octets; left > 0; nobody.clear()) {
            const auto read = co_await input_.chunk(left, nobody, std::min(patience(), last));
            if (!read) co_return dialogue_.on_read_failure(read.error());
        }
        co_return dialogue_.on_chunk();
    }

    // ------------------------------------------------------------------ replies

    static bool answered_by_us(Next next)
    {
        return next == Next::ask_helo || next == Next::ask_mail || next == Next::ask_rcpt ||
               next == Next::check_recipient || next == Next::tell_members ||
               next == Next::start_dequeue || next == Next::ask_connect;
    }

    void note_refusal(Reply& reply)
    {
        if (reply.code < 400) return;
        const auto code = ports_.policy.on_refused(dialogue_.facts(), dialogue_.envelope(),
                                                   dialogue_.stage(), reply, dialogue_.rule());
        if (!code.empty()) append_code(reply, code);
    }

    std::chrono::milliseconds delay()
    {
        return std::min(ports_.policy.delay(dialogue_.facts()), dialogue_.limits().longest_delay);
    }

    static net::awaitable<void> pause(std::chrono::milliseconds time)
    {
        net::steady_timer timer{co_await net::this_coro::executor, time};
        boost::system::error_code ignored;
        co_await timer.async_wait(net::redirect_error(net::use_awaitable, ignored));
    }

    net::awaitable<bool> flush()
    {
        if (gathered_.empty()) co_return true;
        const auto sent = co_await stream_.write(gathered_, patience());
        std::string{}.swap(gathered_);  // with its memory: the client may be silent for long
        co_return sent.has_value();
    }

    Stream& stream_;
    Dialogue& dialogue_;
    Ports ports_;
    Input input_{stream_};
    std::string gathered_;
    std::unique_ptr<SaslExchange> exchange_;
    Boxed<Step> abandoned_;  // what ended a text between two chunks
};

}  // namespace

net::awaitable<void> serve(std::unique_ptr<Stream> stream, std::unique_ptr<Dialogue> dialogue,
                           Ports ports)
{
    Session session{*stream, *dialogue, ports};
    Step step{std::nullopt, Next::close};
    bool begun = false;
    std::exception_ptr defect;
    try {
        begun = co_await session.begin();
        if (begun) step = dialogue->open();
        for (;;) {
            if (step.next == Next::receive_message) ports.sink.message_begins();
            const bool sent = co_await session.send(step);
            if (!sent || step.next == Next::close) break;
            if (step.next != Next::read_command) {
                step = co_await session.carry_out(step.next);
                continue;
            }
            // Here, and not in carry_out() or Input::line(): an idle client holds two frames less.
            auto& input = session.input();
            auto line = input.next_line(dialogue->longest_line());
            for (const auto deadline = session.patience(); !line;) {
                const auto received = input.add(co_await stream->read(Input::line_piece, deadline));
                if (received)
                    line = input.next_line(dialogue->longest_line());
                else
                    line = received.error();
            }
            step = session.take_line(*line);
        }
    } catch (...) {
        defect = std::current_exception();
    }
    // In the middle of a handshake nothing can be said.
    const bool can_speak = begun && step.next != Next::start_tls;
    if (defect && can_speak) co_await session.give_up();
    co_await stream->close(after(dialogue->limits().close_timeout));
    if (defect) std::rethrow_exception(defect);
}

}  // namespace imc::smtp
