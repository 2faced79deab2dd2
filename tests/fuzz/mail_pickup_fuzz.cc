/// Any file of the pickup folder: a flaw with a text, or a message that has recipients and no Bcc.
#include "base/text.h"
#include "mail/header.h"
#include "mail/pickup.h"

using namespace imc;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    const auto parsed = mail::parse_pickup(text);
    if (!parsed) {
        if (parsed.error().what.empty()) __builtin_trap();
        return 0;
    }
    if (parsed->recipients.empty()) __builtin_trap();
    for (const auto& recipient : parsed->recipients)
        if (!mail::parse_address(recipient)) __builtin_trap();
    for (const auto& field : mail::header_fields(parsed->text))
        if (same_word(field.name, "Bcc") || same_word(field.name, "X-Sender") ||
            same_word(field.name, "X-Receiver"))
            __builtin_trap();
    return 0;
}
