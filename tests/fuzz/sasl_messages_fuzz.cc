/// Any octets as PLAIN, EXTERNAL and SCRAM messages: what is read holds to its bounds and can be
/// found in what came; and a server that is told anything proves nothing without the password.
#include "base/text.h"
#include "smtp/sasl/mechanism.h"

using namespace imc;
using namespace imc::smtp::sasl;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

void plain(std::string_view text)
{
    const auto message = parse_plain(text);
    if (!message) return;
    require(!message->user.empty() && !message->password.empty());
    require(message->authorization + '\0' + message->user + '\0' + message->password == text);
}

void first(std::string_view text)
{
    const auto message = parse_scram_first(text);
    if (!message) return;
    require(message->header + message->bare == text);
    require(!message->user.empty() && is_utf8(message->user));
    require(!message->nonce.empty() && message->nonce.size() <= most_nonce_octets);
    require(message->nonce.find(',') == std::string::npos);
    require((message->binding == Binding::required) == !message->binding_type.empty());
}

void last(std::string_view text)
{
    const auto message = parse_scram_final(text);
    if (!message) return;
    require(message->proof.size() == 32);
    require(message->without_proof + ",p=" + base64_encode(message->proof) == text);
}

/// Lines are responses; the keys are those of a password nobody has told the fuzzer.
void conversation(std::string_view text)
{
    static const auto keys = make_scram_keys(random_octets(32), random_octets(16), 1);
    const auto name = text.starts_with('p') ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256";
    const auto server = make_mechanism(name, {std::string(32, 'x'), "y"}, "nonce");
    for (const auto line : split(text, '\n')) {
        auto turn = server->on_response(std::string{line});
        require(!std::holds_alternative<Proved>(turn) && !std::holds_alternative<Finished>(turn));
        if (std::holds_alternative<NeedKeys>(turn)) (void)server->on_keys(keys, true);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    plain(text);
    (void)parse_external(text);
    first(text);
    last(text);
    conversation(text);
    if (const auto keys = parse_scram_keys(text))
        require(parse_scram_keys(to_user_password(*keys)) == keys);
    return 0;
}
