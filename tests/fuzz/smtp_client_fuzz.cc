/// Any replies of a peer, as lines: the client ends, asks for nothing out of turn, gives every
/// recipient one result, and shows its password to nobody who did not ask for it under AUTH.
#include "base/text.h"
#include "smtp/client/dialogue.h"

using namespace imc::smtp;
using namespace imc::smtp::client;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

/// Runs steps until the script is at its end. @return what is left to do
Next drive(Dialogue& dialogue, Step step, std::string_view& script, std::string& heard)
{
    for (int turn = 0; turn < 2000; ++turn) {
        heard += step.send;
        switch (step.next) {
        case Next::idle:
        case Next::give_up:
        case Next::reconnect: return step.next;
        case Next::start_tls: step = dialogue.on_tls(TlsFacts{}); break;
        case Next::look_closer: {
            imc::mail::SevenBitPlanner planner;
            planner.feed(dialogue.transaction().body.memory());
            step = dialogue.on_plan(planner.end());
            break;
        }
        case Next::send_text:
        case Next::send_chunk: step = dialogue.on_text_sent(); break;
        case Next::read_reply: {
            ReplyParser parser;
            script.remove_prefix(parser.take(script));
            if (parser.state() == ReplyParser::State::complete)
                step = dialogue.on_reply(parser.reply());
            else
                step = dialogue.on_failure(parser.state() == ReplyParser::State::malformed
                                               ? Failure::malformed
                                               : Failure::gone,
                                           parser.complaint());
            break;
        }
        }
    }
    return Next::give_up;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    if (size < 2) return 0;
    DialogueSettings settings;
    settings.hostname = "mail.example.org";
    settings.protocol = (octets[0] & 1U) != 0 ? Protocol::lmtp : Protocol::smtp;
    settings.tls = static_cast<OutboundTls>((octets[0] >> 1U) % 5);
    settings.recipients = 1 + octets[1] % 3;
    settings.nonce = "rOprNGfwEbeRWgbNEkqO";
    static const auto credentials =
        std::make_shared<const sasl::Credentials>("user", "never-shown");
    if ((octets[0] & 0x80U) != 0) settings.credentials = credentials;
    std::string_view script{reinterpret_cast<const char*>(octets) + 2, size - 2};

    Dialogue dialogue{settings};
    std::string heard;
    if (drive(dialogue, dialogue.open(), script, heard) != Next::idle) {
        require(heard.find("never-shown") == std::string::npos);
        return 0;
    }
    Transaction transaction;
    transaction.sender = "a@example.org";
    transaction.recipients = {"b@example.net", "c@example.com", "\xc3\xa9@example.net"};
    transaction.wishes = {{2, "rfc822;b@example.net"}, {1, ""}, {0, ""}};
    transaction.body = imc::Octets{std::make_shared<const std::string>(
        (octets[1] & 0x80U) != 0 ? "A: b\r\n\r\n\xe9\r\n" : "A: b\r\n\r\nx\r\n")};
    const auto next = drive(dialogue, dialogue.begin(transaction), script, heard);
    require(dialogue.results().size() == 3);
    if (next == Next::idle) require(dialogue.unfinished().empty());
    for (const auto& result : dialogue.results()) {
        require(result.reply.size() < 2000);
        require(next != Next::idle || !result.status.empty());
        require(result.delivery != Delivery::delivered || result.status.starts_with('2'));
    }
    require(heard.find("never-shown") == std::string::npos);
    return 0;
}
