#include "mail/submission.h"

#include "base/text.h"
#include "mail/trace.h"

namespace imc::mail {

Missing missing_lines(std::string_view header)
{
    Missing out{true, true};
    while (!header.empty()) {
        const auto end = header.find('\n');
        const auto line = header.substr(0, end);
        header.remove_prefix(end == header.npos ? header.size() : end + 1);
        if (line.empty() || line == "\r") break;
        if (line.front() == ' ' || line.front() == '\t') continue;  // the rest of another
        const auto colon = line.find(':');
        if (colon == line.npos) continue;
        const auto name = trim(line.substr(0, colon));
        if (same_word(name, "Date")) out.date = false;
        if (same_word(name, "Message-ID")) out.message_id = false;
    }
    return out;
}

std::string completion(std::string_view header, WallTime now, std::string_view unique,
                       std::string_view host)
{
    const auto missing = missing_lines(header);
    std::string out;
    if (missing.date) out += "Date: " + rfc5322_date(now) + "\r\n";
    if (missing.message_id)
        out += "Message-ID: <" + std::string{unique} + "@" + std::string{host} + ">\r\n";
    return out;
}

}  // namespace imc::mail
