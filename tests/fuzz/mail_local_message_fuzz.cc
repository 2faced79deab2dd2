/// Any text from a local program: whole lines that end CRLF, a header of fields, recipients that
/// are addresses once a lone name has a domain.
#include "mail/local_message.h"

using namespace imc::mail;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

void all_crlf(std::string_view text)
{
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r') require(i + 1 < text.size() && text[i + 1] == '\n');
        if (text[i] == '\n') require(i > 0 && text[i - 1] == '\r');
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    const auto message = read_local_message(text);
    all_crlf(message.header);
    all_crlf(message.body);
    require(message.header.empty() || message.header.ends_with("\r\n"));
    require(message.header.find("\r\n\r\n") == std::string::npos);
    const auto recipients = header_recipients(message.header);
    if (!recipients) {
        require(!recipients.error().what.empty());
        return 0;
    }
    for (const auto& one : *recipients)
        require(parse_address(one) || parse_address(one + "@local.invalid"));
    all_crlf(mailbox(text, "ann"));
    require(mailbox(text, "ann").find('\n') == std::string::npos);
    return 0;
}
