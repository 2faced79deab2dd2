/// Any octets in any pieces: the parser stays bounded and gives the same answer however it is cut.
#include "smtp/client/reply_parser.h"

#include <algorithm>

using namespace imc::smtp::client;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view all{reinterpret_cast<const char*>(octets), size};
    ReplyParser whole, pieces;
    (void)whole.take(all);
    for (std::size_t i = 0; i < size && pieces.state() == ReplyParser::State::needs_more; ++i)
        (void)pieces.take(all.substr(i, 1));
    if (whole.state() != pieces.state()) __builtin_trap();
    if (whole.state() == ReplyParser::State::complete) {
        const auto reply = whole.reply();
        if (reply.text() != pieces.reply().text()) __builtin_trap();
        if (reply.code < 200 || reply.code > 599 || reply.text().size() > 1010) __builtin_trap();
    }
    return 0;
}
