/// Parameters of MAIL and RCPT, XCLIENT, xtext, base64: what is taken is what its grammar says, and
/// goes back to what it was.
#include "base/base64.h"
#include "base/text.h"
#include "smtp/server/parameters.h"
#include "smtp/server/xclient.h"
#include "smtp/xtext.h"

using namespace imc;
using namespace imc::smtp;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

bool one_line(std::string_view text)
{
    return text.find('\n') == text.npos && text.find('\r') == text.npos &&
           text.find('\0') == text.npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    if (const auto decoded = xtext_decode(text))
        require(xtext_decode(xtext_encode(*decoded)) == decoded);
    require(xtext_decode(xtext_encode(text)) == std::string{text});
    if (const auto decoded = base64_decode(text)) require(base64_encode(*decoded) == text);
    require(base64_decode(base64_encode(text)) == std::string{text});

    Envelope envelope;
    if (const auto flaw = read_mail_parameters(text, {}, 1000, envelope)) {
        require(flaw->code == 501 || flaw->code == 552 || flaw->code == 555);
    } else {
        require(envelope.declared_octets <= 1000 && envelope.envid.size() <= 100);
        require(one_line(envelope.envid) && envelope.priority >= -9 && envelope.priority <= 9);
        require(envelope.ret.empty() || envelope.ret == "FULL" || envelope.ret == "HDRS");
        require(envelope.eight_bit || !envelope.binary);
    }
    Recipient recipient;
    if (!read_rcpt_parameters(text, {}, true, recipient))
        require(one_line(recipient.original) && recipient.original.size() <= 500);
    std::string flaw;
    if (const auto said = parse_xclient(text, flaw)) {
        for (const auto& value : {said->name, said->address, said->helo, said->login})
            require(!value || (one_line(*value) && value->size() <= 255));
    } else {
        require(!flaw.empty());
    }
    return 0;
}
