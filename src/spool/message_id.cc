#include "base/text.h"
#include "spool/spool.h"

namespace imc::spool {
namespace {

constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford: no i, l, o, u

}  // namespace

std::string MessageId::to_string() const
{
    std::string out(13, '0');
    auto rest = number;
    for (std::size_t i = out.size(); i-- > 0; rest >>= 5U)
        out[i] = digits[rest & 31U];
    return out;
}

Result<MessageId> MessageId::parse(std::string_view text)
{
    MessageId id;
    bool sound = !text.empty() && text.size() <= 13;
    for (const char c : text) {
        const auto digit = digits.find(to_lower(c));
        if (digit == digits.npos) sound = false;
        id.number = id.number << 5U | (digit & 31U);
    }
    if (sound) return id;
    return Error{EventId::spool_no_such_message,
                 "\"" + printable(text, 40) + "\" is no queue id (13 letters and digits)"};
}

}  // namespace imc::spool
