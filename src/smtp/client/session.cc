#include "smtp/client/session.h"

#include "base/offload.h"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace imc::smtp::client {
namespace {

constexpr std::size_t text_part = 64 * 1024;
constexpr std::size_t reply_piece = 1024;
constexpr std::chrono::seconds last_words{2};

}  // namespace

namespace {

bool needs_stuffing(std::string_view text, bool at_line_start)
{
    return (at_line_start && text.starts_with('.')) || text.find("\n.") != text.npos;
}

}  // namespace

std::string stuff_dots(std::string_view text, bool at_line_start)
{
    std::string out;
    out.reserve(text.size() + 64);
    if (at_line_start && text.starts_with('.')) out += '.';
    for (;;) {
        const auto dot = text.find("\n.");
        if (dot == text.npos) break;
        out += text.substr(0, dot + 1);
        out += '.';
        text.remove_prefix(dot + 1);
    }
    out += text;
    return out;
}

Session::Session(std::unique_ptr<Stream> stream, DialogueSettings settings, TimeLimits limits,
                 SessionTls tls)
    : stream_{std::move(stream)}, dialogue_{std::move(settings)}, limits_{limits},
      tls_{std::move(tls)}
{}

net::awaitable<Next> Session::open() { return drive(dialogue_.open()); }

net::awaitable<Next> Session::carry(const Transaction& transaction)
{
    return drive(dialogue_.begin(transaction));
}

net::awaitable<std::optional<PeerReply>> Session::ask(std::string node)
{
    (void)co_await drive(dialogue_.ask(std::move(node)));
    co_return dialogue_.answer();
}

net::awaitable<void> Session::quit()
{
    if (dialogue_.may_quit()) (void)co_await drive(dialogue_.quit());
    co_await stream_->close(after(last_words));
}

net::awaitable<Next> Session::drive(Step step)
{
    for (;;) {
        if (!step.send.empty() && step.next != Next::send_chunk) {
            const auto sent = co_await stream_->write(step.send, after(limit()));
            if (!sent) {
                step = co_await write_failed(sent.error());
                continue;
            }
        }
        switch (step.next) {
        case Next::read_reply: step = co_await read_reply(); break;
        case Next::start_tls: step = co_await start_tls(); break;
        case Next::look_closer: step = co_await look_closer(); break;
        case Next::send_text: step = co_await send_text(); break;
        case Next::send_chunk: {
            std::string command = std::move(step.send);
            step = co_await send_chunk(std::move(command));
            break;
        }
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

net::awaitable<Step> Session::start_tls()
{
    if (!waiting_.empty() || parser_.state() != ReplyParser::State::needs_more)
        co_return dialogue_.on_failure(
            Failure::tls, "the host went on in the clear behind its answer to STARTTLS");
    if (!tls_.client) co_return dialogue_.on_failure(Failure::tls, "TLS is not set up here");
    const auto deadline = after(limits_.handshake);
    const auto facts = co_await stream_->connect_tls(*tls_.client, tls_.name, deadline);
    if (!facts) co_return dialogue_.on_failure(Failure::tls, facts.error().message());
    co_return dialogue_.on_tls(*facts);
}

/// The text is read once more, since it cannot go as it is.
net::awaitable<Step> Session::look_closer()
{
    mail::SevenBitPlanner planner;
    reader_.emplace(dialogue_.transaction().body);
    while (!reader_->at_end()) {
        const auto piece = co_await read_piece();
        if (!piece) co_return dialogue_.on_failure(Failure::unreadable, piece.error().to_string());
        const auto at_work = dialogue_.transaction().begin_work();
        planner.feed(*piece);
    }
    reader_.reset();
    const auto at_work = dialogue_.transaction().begin_work();
    co_return dialogue_.on_plan(planner.end());
}

void Session::begin_text()
{
    reader_.emplace(dialogue_.empty_text() ? Octets{} : dialogue_.transaction().body);
    rest_ = {};
    converter_.reset();
    if (dialogue_.plan() != nullptr)
        converter_ = std::make_unique<mail::SevenBitWriter>(*dialogue_.plan());
}

net::awaitable<Step> Session::send_text()
{
    begin_text();
    bool line_start = true;
    do {
        const auto piece = co_await next_piece();
        if (!piece) co_return dialogue_.on_failure(Failure::unreadable, piece.error().to_string());
        auto rest = *piece;
        do {
            const auto part = rest.substr(0, text_part);
            rest.remove_prefix(part.size());
            const bool last = rest.empty() && reader_->at_end();
            std::string copy;
            std::string_view octets = part;
            if (last || needs_stuffing(part, line_start)) {
                copy = stuff_dots(part, line_start);
                octets = copy;
            }
            // The dialogue sends nothing whose lines do not end CRLF.
            if (!part.empty()) line_start = part.back() == '\n';
            if (last) {
                // Q146993: the end mark stands on a line of its own, whatever the text ends with.
                copy += line_start ? ".\r\n" : "\r\n.\r\n";
                octets = copy;
            }
            if (octets.empty()) continue;
            const auto sent = co_await stream_->write(octets, after(limits_.text));
            if (!sent) co_return co_await write_failed(sent.error());
        } while (!rest.empty());
    } while (!reader_->at_end());
    reader_.reset();
    co_return dialogue_.on_text_sent();
}

net::awaitable<Step> Session::send_chunk(std::string command)
{
    const Chunk chunk = dialogue_.chunk();
    if (chunk.first) begin_text();
    std::uint64_t left = chunk.octets;
    do {
        if (rest_.empty() && !reader_->at_end()) {
            const auto piece = co_await read_piece();
            if (!piece)
                co_return dialogue_.on_failure(Failure::unreadable, piece.error().to_string());
            rest_ = *piece;
        }
        // A text for lines that lacks its last line end is given one.
        const bool all_read = rest_.empty();
        auto part = !all_read    ? rest_.substr(0, std::min<std::uint64_t>(left, text_part))
                    : chunk.last ? std::string_view{"\r\n"}.substr(left < 2 ? 2 - left : 0)
                                 : std::string_view{"\r"};
        left -= part.size();
        if (!all_read) rest_.remove_prefix(part.size());
        std::string first;
        if (!command.empty()) {
            first = std::exchange(command, {});
            first += part;
            part = first;
        }
        const auto sent = co_await stream_->write(part, after(limits_.text));
        if (!sent) co_return co_await write_failed(sent.error());
    } while (left > 0);
    if (chunk.last) reader_.reset();
    co_return dialogue_.on_text_sent();
}

net::awaitable<Result<std::string_view>> Session::next_piece()
{
    const auto piece = co_await read_piece();
    if (!piece || !converter_) co_return piece;
    const auto at_work = dialogue_.transaction().begin_work();
    converted_ = converter_->feed(*piece);
    if (reader_->at_end()) converted_ += converter_->end();
    co_return std::string_view{converted_};
}

net::awaitable<Result<std::string_view>> Session::read_piece()
{
    const auto& transaction = dialogue_.transaction();
    if (!transaction.body.blocks() || transaction.disk == nullptr) co_return reader_->next();
    const auto read = [this] { return reader_->next(); };
    auto piece = co_await offload(*transaction.disk, read);
    co_return piece;
}

/// What the peer said before it stopped listening is worth more than "broken pipe".
net::awaitable<Step> Session::write_failed(boost::system::error_code error)
{
    const Deadline deadline = after(last_words);
    const bool in_text = dialogue_.phase() == Phase::text;
    for (;;) {
        waiting_.erase(0, parser_.take(waiting_));
        if (parser_.state() == ReplyParser::State::complete) {
            const PeerReply said = parser_.reply();
            if (in_text && !said.positive()) co_return dialogue_.on_early_reply(said);
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
    const auto received = co_await stream_->read(reply_piece, deadline);
    if (received)
        waiting_ += *received;
    else
        read_error_ = received.error();
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
    case Phase::starttls:
    case Phase::auth:
    case Phase::rset: return limits_.helo;
    case Phase::handshake: return limits_.handshake;
    case Phase::mail: return limits_.mail;
    case Phase::rcpt: return limits_.rcpt;
    case Phase::data: return limits_.data;
    case Phase::text: return limits_.text;
    case Phase::chunk:
    case Phase::end_of_data: return limits_.end_of_data;
    case Phase::etrn: return limits_.etrn;
    case Phase::quit: return limits_.quit;
    }
    return limits_.quit;
}

}  // namespace imc::smtp::client
