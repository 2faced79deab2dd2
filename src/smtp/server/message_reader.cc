#include "smtp/server/message_reader.h"

#include <algorithm>

namespace imc::smtp {

namespace {

/// What a reader may hold without asking; most headers are smaller.
constexpr std::size_t usual_octets = 64 * 1024;

}  // namespace

MessageReader::MessageReader(Input& input, const Dialogue& dialogue, Policy& policy,
                             MessageSink& sink, ChunkSource* chunks)
    : input_{input}, dialogue_{dialogue}, policy_{policy}, sink_{sink}, chunks_{chunks},
      last_{after(dialogue.limits().message_timeout)},
      decoder_{dialogue.limits().message_octets, dialogue.limits().text_line_octets},
      checker_{dialogue.envelope().binary, dialogue.limits().text_line_octets}
{
    if (chunks_ == nullptr) return;
    left_ = dialogue.chunk().octets;
    last_chunk_ = dialogue.chunk().last;
}

bool MessageReader::whole() const
{
    return chunks_ == nullptr ? decoder_.ended() : last_chunk_ && left_ == 0;
}

Deadline MessageReader::deadline() const
{
    return std::min(after(dialogue_.limits().command_timeout), last_);
}

net::awaitable<Result<std::string_view>> MessageReader::next()
{
    if (piece_.capacity() > usual_octets)
        std::string{}.swap(piece_);
    else
        piece_.clear();
    if (!in_text_) co_await read_header();
    while (piece_.empty() && !ended() && !refused() && !no_room_)
        co_await read_on();

    if (failure_ == ReadFailure::too_slow)
        co_return Error{EventId::receive_timeout, "no end mark (CRLF . CRLF) in time"};
    if (failure_) co_return Error{EventId::message_broken_off, "client gone before end mark"};
    if (abandoned_) co_return Error{EventId::message_broken_off, "no last chunk"};
    if (no_room_) co_return Error{EventId::too_much_in_flight, ""};
    if (refusal_) co_return Error{EventId::message_refused, refusal_->rule};
    if (flaw_) co_return Error{EventId::message_refused, "the text is flawed"};
    co_return std::string_view{piece_};
}

net::awaitable<void> MessageReader::finish()
{
    if (chunks_ == nullptr) {
        for (; !ended(); piece_.clear())
            co_await read_on();
        co_return;
    }
    for (; left_ > 0 && !failure_; piece_.clear())
        co_await read_chunk();
}

/// Up to and with the empty line behind the header, and what came with it.
net::awaitable<void> MessageReader::read_header()
{
    const auto& limits = dialogue_.limits();
    std::size_t end = piece_.npos;
    std::size_t searched = 0;
    std::size_t held = usual_octets;
    while (!ended() && !refused()) {
        co_await read_on();
        if (piece_.size() > held) {
            no_room_ = !sink_.hold(piece_.size() - held);
            held = piece_.size();
            if (no_room_) co_return;
        }
        if (piece_.starts_with("\r\n"))
            end = 0;
        else if (end = piece_.find("\r\n\r\n", searched); end != piece_.npos)
            end += 2;
        if (end != piece_.npos || piece_.size() > limits.header_octets) break;
        searched = piece_.size() < 3 ? 0 : piece_.size() - 3;
    }
    if (failure_ || abandoned_ || refused()) co_return;
    const auto header = std::string_view{piece_}.substr(0, end);
    const auto lines = static_cast<std::size_t>(std::ranges::count(header, '\n'));
    if (header.size() > limits.header_octets || lines > limits.header_lines) {
        flaw_ = BodyFlaw::header_too_large;
        co_return;
    }
    // BINARYMIME is about bodies: a header is lines, and reports quote it.
    ChunkChecker checker{false, limits.text_line_octets};
    checker.take(header);
    flaw_ = checker.flaw();
    if (flaw_) co_return;
    in_text_ = true;
    refusal_ = co_await policy_.on_header(dialogue_.facts(), dialogue_.envelope(), header);
}

net::awaitable<void> MessageReader::read_on()
{
    if (chunks_ == nullptr) {
        const auto read = co_await input_.body(decoder_, piece_, deadline());
        if (!read) failure_ = read.error();
        if (!flaw_) flaw_ = decoder_.flaw();
        co_return;
    }
    if (left_ > 0) {
        co_await read_chunk();
        co_return;
    }
    const auto chunk = co_await chunks_->next_chunk(last_);
    abandoned_ = !chunk;
    if (!chunk) co_return;
    left_ = chunk->octets;
    last_chunk_ = chunk->last;
    if (whole()) checker_.end();
    if (!flaw_) flaw_ = checker_.flaw();
}

net::awaitable<void> MessageReader::read_chunk()
{
    const auto before = piece_.size();
    const auto read = co_await input_.chunk(left_, piece_, deadline());
    if (!read) failure_ = read.error();
    checker_.take(std::string_view{piece_}.substr(before));
    if (whole()) checker_.end();
    if (!flaw_) flaw_ = checker_.flaw();
}

}  // namespace imc::smtp
