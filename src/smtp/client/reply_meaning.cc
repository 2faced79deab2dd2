#include "smtp/client/reply_meaning.h"

#include "base/text.h"

namespace imc::smtp::client {

std::string status_of(const PeerReply& reply, Phase phase)
{
    if (!reply.enhanced.empty()) return reply.enhanced;
    const std::string leading = reply.positive() ? "2." : reply.transient() ? "4." : "5.";
    const bool rcpt = phase == Phase::rcpt;
    switch (reply.code % 100) {
    case 21: return leading + "3.2";
    case 50: return leading + (rcpt ? "1.1" : "0.0");
    case 51: return leading + (rcpt ? "1.6" : "3.0");
    case 52: return leading + (rcpt ? "2.2" : reply.permanent() ? "3.4" : "3.1");
    case 53: return leading + "1.3";
    default: return leading + "0.0";
    }
}

bool says_too_many(const PeerReply& reply)
{
    if (reply.code != 452 && reply.code != 552) return false;
    return reply.enhanced.empty() || reply.enhanced.ends_with(".5.3");
}

std::string remote_id(std::string_view text)
{
    for (const std::string_view mark : {"queued as ", "id="}) {
        const auto at = lower(text).find(mark);
        if (at == std::string::npos) continue;
        const auto rest = text.substr(at + mark.size());
        return std::string{rest.substr(0, rest.find_first_of(" ;,)>"))};
    }
    return {};
}

}  // namespace imc::smtp::client
