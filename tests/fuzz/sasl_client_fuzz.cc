/// Any challenges of a server: nobody without the password is believed under SCRAM, and what is
/// read holds to its bounds.
#include "base/text.h"
#include "smtp/sasl/client.h"

using namespace imc;
using namespace imc::smtp::sasl;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    if (const auto first = parse_scram_server_first(text)) {
        if (first->iterations < 4096 || first->iterations > 1'000'000) __builtin_trap();
        if (first->nonce.empty() || first->salt.empty()) __builtin_trap();
    }
    if (const auto last = parse_scram_server_final(text))
        if (last->size() != 32) __builtin_trap();
    static const auto credentials = std::make_shared<const Credentials>("user", random_octets(16));
    for (const auto* name : {"SCRAM-SHA-256", "PLAIN", "LOGIN"}) {
        const auto exchange = make_exchange(name, credentials, "nonce");
        (void)exchange->initial();
        int answers = 0;
        for (const auto line : split(text, '\n')) {
            // Keys of many iterations only take time.
            if (line.find("i=") != line.npos && line.find("i=4096") == line.npos) continue;
            if (exchange->on_challenge(line) && ++answers > 3) __builtin_trap();
        }
        if (std::string_view{name} == "SCRAM-SHA-256" && exchange->may_succeed()) __builtin_trap();
    }
    return 0;
}
