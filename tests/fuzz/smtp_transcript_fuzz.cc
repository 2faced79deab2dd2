/// Any conversation: lines are the same however the octets are cut, none is longer than its bound,
/// and a response that signs in is never told.
#include "smtp/transcript.h"

#include <string>

using namespace imc::smtp;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

/// Turns end with NUL; each second one is the server's.
std::string told(std::string_view script, std::size_t step, bool with_headers)
{
    std::string out;
    Transcript transcript{with_headers, [&](Transcript::Voice voice, std::string_view line) {
                              require(line.size() <= Transcript::most_line + 60);
                              out += static_cast<char>('0' + static_cast<int>(voice));
                              out += line;
                              out += '\n';
                          }};
    bool server = false;
    while (!script.empty()) {
        auto turn = script.substr(0, script.find('\0'));
        script.remove_prefix(std::min(turn.size() + 1, script.size()));
        for (; !turn.empty(); turn.remove_prefix(std::min(step, turn.size())))
            server ? transcript.server(turn.substr(0, step))
                   : transcript.client(turn.substr(0, step));
        server = !server;
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view script{reinterpret_cast<const char*>(octets), size};
    const bool with_headers = size % 2 == 0;
    const auto whole = told(script, size + 1, with_headers);
    require(whole == told(script, 1, with_headers));
    require(whole == told(script, 7, with_headers));
    return 0;
}
