/// Any file of the pickup folder: a flaw with a text, or a message that has recipients and no Bcc.
#include "base/text.h"
#include "mail/header.h"
#include "mail/local_message.h"
#include "mail/pickup.h"

#include <algorithm>

using namespace imc;

namespace {

void check(const mail::Parsed<mail::PickupMessage>& parsed, bool marked)
{
    if (!parsed) {
        if (parsed.error().what.empty()) __builtin_trap();
        return;
    }
    if (parsed->recipients.empty()) __builtin_trap();
    for (const auto& recipient : parsed->recipients)
        if (!mail::parse_address(recipient.address)) __builtin_trap();
    for (const auto& field : mail::header_fields(parsed->text))
        if (same_word(field.name, "Bcc") ||
            (!marked && (same_word(field.name, "X-Sender") || same_word(field.name, "X-Receiver"))))
            __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    const auto lines = mail::with_crlf(text);
    const bool marked = std::ranges::any_of(mail::header_fields(lines), [](const auto& field) {
        return same_word(field.name, "X-EndOfInjectedXHeaders");
    });
    check(mail::parse_pickup(text), marked);
    check(mail::parse_pickup(text, "ours.example"), marked);
    return 0;
}
