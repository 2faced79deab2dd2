#include "smtp/client/session.h"

#include <boost/asio/error.hpp>

namespace imc::smtp::client {
namespace {

constexpr std::size_t text_piece = 64 * 1024;
constexpr std::size_t reply_piece = 1024;
constexpr std::chrono::seconds last_words{2};

}  // namespace

std::string stuff_dots(std::string_view text, bool at_line_start)
{
    std::string out;
    out.reserve(text.size() + 64);
    if (at_line_start && text.starts_with('.')) out += '.';
    for (;;) {
        const auto dot = text.find("\r\n.");
        if (dot == text.npos) break;
        out += text.substr(0, dot + 2);
        out += '.';
        text.remove_prefix(dot + 2);
    }
    out += text;
    return out;
}

Session::Session(std::unique_ptr<Stream> stream, DialogueSettings settings, TimeLimits limits)
    : stream_{std::move(stream)}, dialogue_{std::move(settings)}, limits_{limits}
{}

net::awaitable<Next> Session::open() { return drive(dialogue_.open()); }

net::awaitable<Next> Session::carry(const Transaction& transaction)
{
    return drive(dialogue_.begin(transaction));
}

net::awaitable<void> Session::quit()
{
    if (dialogue_.usable()) (void)co_await drive(dialogue_.quit());
    co_await stream_->close(after(last_words));
}

net::awaitable<Next> Session::drive(Step step)
{
    for (;;) {
        if (!step.send.empty()) {
            const auto sent = co_await stream_->write(step.send, after(limit()));
            if (!sent) {
                step = co_await write_failed(sent.error());
                continue;
            }
        }
        switch (step.next) {
        case Next::read_reply: step = co_await read_reply(); break;
        case Next::send_text: step = co_await send_text(); break;
        case Next::idle:
        case Next::give_up:
        case Next::reconnect: co_return step.next;
        }
    }
}

net::awaitable<Step> Session::read_reply()
{
    const Deadline deadline = after(limit());
    for (;;) {
        waiting_.erase(0, parser_.take(waiting_));
        if (parser_.state() == ReplyParser::State::complete)
            co_return dialogue_.on_reply(parser_.reply());
        if (parser_.state() == ReplyParser::State::malformed)
            co_return dialogue_.on_failure(Failure::malformed, parser_.complaint());
        const bool received = co_await receive(deadline);
        if (!received) co_return failed(read_error_);
    }
}

net::awaitable<Step> Session::send_text()
{
    std::string_view rest;
    if (!dialogue_.empty_text()) rest = dialogue_.body();
    const std::string_view whole = rest;
    const bool ends_in_line = whole.empty() || whole.ends_with("\r\n");
    for (bool last = false; !last;) {
        std::size_t size = std::min(rest.size(), text_piece);
        // A CRLF and the dot behind it must be seen together.
        while (size < rest.size() && (rest[size - 1] == '\r' || rest[size - 1] == '\n'))
            ++size;
        const auto piece = rest.substr(0, size);
        const bool at_start = rest.data() == whole.data() || whole.empty();
        rest.remove_prefix(size);
        last = rest.empty();

        std::string copy;
        std::string_view octets = piece;
        const bool stuffed =
            piece.find("\r\n.") != piece.npos || (at_start && piece.starts_with('.'));
        if (stuffed || last) {
            copy = stuff_dots(piece, at_start);
            // Q146993: the end mark stands on a line of its own, whatever the text ends with.
            if (last) copy += ends_in_line ? ".\r\n" : "\r\n.\r\n";
            octets = copy;
        }
        const auto sent = co_await stream_->write(octets, after(limits_.text));
        if (!sent) co_return co_await write_failed(sent.error());
    }
    co_return dialogue_.on_text_sent();
}

/// What the peer said before it stopped listening is worth more than "broken pipe".
net::awaitable<Step> Session::write_failed(boost::system::error_code error)
{
    const Deadline deadline = after(last_words);
    const bool in_text = dialogue_.phase() == Phase::text;
    for (;;) {
        waiting_.erase(0, parser_.take(waiting_));
        if (parser_.state() == ReplyParser::State::complete) {
            if (in_text) co_return dialogue_.on_early_reply(parser_.reply());
            const PeerReply said = parser_.reply();
            if (said.code == 421) co_return dialogue_.on_reply(said);
            continue;
        }
        if (parser_.state() == ReplyParser::State::malformed) break;
        const bool received = co_await receive(deadline);
        if (!received) break;
    }
    co_return failed(error);
}

net::awaitable<bool> Session::receive(Deadline deadline)
{
    const std::size_t before = waiting_.size();
    waiting_.resize(before + reply_piece);
    const auto room = std::span{waiting_}.subspan(before);
    const auto received = co_await stream_->read_some(room, deadline);
    waiting_.resize(before + (received ? *received : 0));
    if (!received) read_error_ = received.error();
    co_return received.has_value();
}

Step Session::failed(boost::system::error_code error)
{
    const bool late = error == net::error::timed_out;
    return dialogue_.on_failure(late ? Failure::timed_out : Failure::gone, error.message());
}

std::chrono::seconds Session::limit() const
{
    switch (dialogue_.phase()) {
    case Phase::greeting: return limits_.greeting;
    case Phase::ehlo:
    case Phase::helo:
    case Phase::rset: return limits_.helo;
    case Phase::mail: return limits_.mail;
    case Phase::rcpt: return limits_.rcpt;
    case Phase::data: return limits_.data;
    case Phase::text: return limits_.text;
    case Phase::end_of_data: return limits_.end_of_data;
    case Phase::quit: return limits_.quit;
    }
    return limits_.quit;
}

}  // namespace imc::smtp::client
