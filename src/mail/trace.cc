#include "mail/trace.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace imc::mail {

std::string rfc5322_date(WallTime time)
{
    constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
    std::string text = "Day, 00 Mon 0000 00:00:00 +0000";
    text.replace(0, 3, days[std::chrono::weekday{day}.c_encoding()]);
    put_number(text, 5, 2, static_cast<unsigned>(date.day()));
    text.replace(8, 3, months[static_cast<unsigned>(date.month()) - 1]);
    put_number(text, 12, 4, static_cast<int>(date.year()));
    put_number(text, 17, 2, clock.hours().count());
    put_number(text, 20, 2, clock.minutes().count());
    put_number(text, 23, 2, clock.seconds().count());
    return text;
}

std::string with_protocol(bool extended, bool tls, bool authenticated, bool utf8)
{
    if (!extended && !tls && !authenticated && !utf8) return "SMTP";
    return std::string{utf8 ? "UTF8SMTP" : "ESMTP"} + (tls ? "S" : "") + (authenticated ? "A" : "");
}

std::string received_line(const Hop& hop)
{
    const auto clean = [](std::string_view text) {
        std::string out = printable(text, 255);
        for (char& c : out)
            if (c == '(' || c == ')' || c == '\\' || c == ';') c = '?';
        return out;
    };
    const bool six = hop.peer.find(':') != hop.peer.npos;
    std::string out = "Received: from " + clean(hop.helo) + " (";
    if (!hop.name.empty()) out += clean(hop.name) + " ";
    out += std::string{six ? "[IPv6:" : "["} + hop.peer + "])\r\n\tby " + hop.host;
    out += " with " + hop.protocol;
    if (!hop.tls.empty()) out += " (" + clean(hop.tls) + ")";
    if (!hop.id.empty()) out += " id " + hop.id;
    if (!hop.single_recipient.empty())
        out += "\r\n\tfor <" + printable(hop.single_recipient, 300) + ">";
    return out + "; " + rfc5322_date(hop.time) + "\r\n";
}

std::size_t count_received(std::string_view text)
{
    std::size_t count = 0;
    while (!text.empty() && !text.starts_with("\r\n")) {
        if (starts_with_word(text, "Received:")) ++count;
        const auto end = text.find('\n');
        if (end == text.npos) break;
        text.remove_prefix(end + 1);
    }
    return count;
}

std::string message_id(std::string_view text)
{
    while (!text.empty() && !text.starts_with("\r\n")) {
        const auto end = std::min(text.find('\n'), text.size() - 1);
        if (starts_with_word(text, "Message-ID:")) {
            auto value = text.substr(11, end - 10);
            // A long one stands alone on the next line.
            const auto next = text.substr(end + 1);
            if (trim(value).empty() && (next.starts_with(' ') || next.starts_with('\t')))
                value = next.substr(0, next.find('\n'));
            return printable(trim(value), 998);
        }
        text.remove_prefix(end + 1);
    }
    return {};
}

}  // namespace imc::mail
