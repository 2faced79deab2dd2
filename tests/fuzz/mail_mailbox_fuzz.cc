/// Any text as one mailbox: a flaw with its words and a place within the text; what is an address
/// of the envelope is one of a header, too, but for its trailing dot.
#include "mail/mailbox.h"

using namespace imc::mail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    const auto mailbox = parse_mailbox(text);
    if (!mailbox && (mailbox.error().what.empty() || mailbox.error().at > size)) __builtin_trap();
    if (mailbox && mailbox->domain.empty()) __builtin_trap();
    const auto address = parse_address(text);
    if (!address) {
        if (address.error().what.empty() || address.error().at > size) __builtin_trap();
        return 0;
    }
    if (text.ends_with('.')) return 0;
    if (!mailbox || mailbox->local != address->local || mailbox->domain != address->domain ||
        mailbox->utf8 != address->utf8)
        __builtin_trap();
    return 0;
}
