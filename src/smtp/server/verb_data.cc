/// DATA and BDAT, and what became of the message.
#include "base/text.h"
#include "smtp/server/dialogue.h"
#include "smtp/server/ports.h"

namespace imc::smtp {

Step Dialogue::on_data(std::string_view)
{
    if (state_ == State::chunks)
        return protocol_error(503, "5.5.1", "The text came in chunks; go on with BDAT, or RSET");
    if (state_ != State::recipients) return protocol_error(503, "5.5.1", "No recipient yet");
    if (envelope_.binary) return protocol_error(503, "5.5.1", "BINARYMIME needs BDAT");
    stage_ = "DATA";
    return reply(354, "", "End with a line holding a single dot", Next::receive_message);
}

/// RFC 3030 2: a chunk that is refused is still read, or it would be taken for commands. Where its
/// length cannot be read, nobody knows where the next command begins.
Step Dialogue::on_bdat(std::string_view argument)
{
    if (!offers(Extension::chunking)) {
        Step no = protocol_error(502, "5.5.1", "Not supported");
        no.next = Next::close;  // its chunk is on its way
        return no;
    }
    const auto words = split(argument, ' ');
    const auto octets = words[0].size() <= 20 ? parse_number(words[0]) : std::nullopt;
    const bool last = words.size() == 2 && same_word(words[1], "LAST");
    if (!octets || (words.size() != 1 && !last)) {
        Step no = protocol_error(501, "5.5.4", "BDAT OCTETS [LAST]; closing");
        no.next = Next::close;
        return no;
    }
    chunk_ = {*octets, last};
    if (state_ != State::recipients && state_ != State::chunks) {
        after_chunk_ = protocol_error(503, "5.5.1", "No recipient yet");
        return Step{std::nullopt, Next::discard_chunk};
    }
    if (*octets > limits().message_octets - chunked_) {
        after_chunk_ = on_flawed_message(BodyFlaw::too_large);
        if (state_ == State::recipients) return Step{std::nullopt, Next::discard_chunk};
        // A sink is reading: it must hear that no more comes.
        state_ = State::recipients;
        return Step{std::nullopt, Next::discard_chunk};
    }
    state_ = State::chunks;
    return Step{std::nullopt, Next::receive_chunk};
}

Step Dialogue::on_chunk()
{
    if (after_chunk_) {
        Step step = std::move(*after_chunk_);
        after_chunk_.reset();
        return step;
    }
    chunked_ += chunk_.octets;
    return reply(250, "2.0.0", std::to_string(chunk_.octets) + " octets taken");
}

Step Dialogue::end_message(Step step)
{
    over_ = true;
    stage_ = "message";
    idle_commands_ = 0;
    return step;
}

Step Dialogue::on_flawed_message(BodyFlaw flaw)
{
    const auto no = [this](int code, std::string_view enhanced, std::string text) {
        return end_message(reply(code, enhanced, std::move(text)));
    };
    switch (flaw) {
    case BodyFlaw::bare_cr: return no(550, "5.6.11", "CR without LF in message; lines end CRLF");
    case BodyFlaw::bare_lf: return no(550, "5.6.11", "LF without CR in message; lines end CRLF");
    case BodyFlaw::line_too_long:
        return no(554, "5.6.0",
                  "A line of more than " + std::to_string(limits().text_line_octets) +
                      " octets in message");
    case BodyFlaw::header_too_large:
        return no(552, "5.3.4",
                  "Header over " + std::to_string(limits().header_octets) + " octets or " +
                      std::to_string(limits().header_lines) + " lines");
    case BodyFlaw::too_large: break;
    }
    return no(552, "5.3.4", "Message over " + std::to_string(limits().message_octets) + " octets");
}

Step Dialogue::on_refused_message(const Refusal& refusal)
{
    return end_message(refuse_by(refusal));
}

Step Dialogue::on_message(const Result<std::string>& queued)
{
    if (!queued && queued.error().event() == EventId::flush_mode_entered)
        return end_message(reply(452, "4.3.1", "Disk low; try again later"));
    if (!queued && queued.error().event() == EventId::too_much_in_flight)
        return end_message(reply(452, "4.3.1", "Too much mail at once; try again later"));
    if (!queued && (queued.error().event() == EventId::archive_full ||
                    queued.error().event() == EventId::archive_failed))
        return end_message(reply(452, "4.3.1", "No room for a copy; try again later"));
    if (!queued && queued.error().event() == EventId::message_too_large)
        return end_message(refuse_by({552, "5.3.4", queued.error().detail(), "SizeLimits"}));
    if (!queued && queued.error().event() == EventId::hop_count_exceeded)
        return end_message(reply(554, "5.4.6", "Too many hops: the message goes round in circles"));
    if (!queued) return end_message(reply(451, "4.3.0", "Not queued; try again later"));
    return end_message(reply(250, "2.0.0", "Queued as " + *queued));
}

}  // namespace imc::smtp
