/// Any octets as a header and as what peers said: a sort is always found, and a report on it keeps
/// its structure and its bounds.
#include "mail/automatic.h"
#include "mail/dsn.h"

#include <algorithm>

using namespace imc;
using namespace imc::mail;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

std::size_t count(std::string_view text, std::string_view what)
{
    std::size_t n = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1))
        ++n;
    return n;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    for (const bool null_sender : {true, false}) {
        const auto signs = look_for_automatic(text, null_sender);
        require(!to_string(signs.kind).empty());
        require(!null_sender || !signs.may_be_answered());
    }
    Report report;
    report.id = "1";
    report.host = "mail.example.org";
    report.from = "postmaster@example.org";
    report.to = std::string{text.substr(0, 300)};
    report.envid = report.to;
    report.recipients.resize(2);
    for (auto& r : report.recipients)
        r.address = r.original = r.status = r.host = r.reply = std::string{text};
    report.recipients[1].action = Action::delayed;
    report.original = text;
    for (const bool utf8 : {true, false}) {
        report.utf8 = utf8;
        report.whole = can_be_returned(text);
        const auto written = write_report(report);
        require(written.size() <= 4 * size + 64 * 1024);
        require(text.find("Action: failed") != text.npos ||
                count(written, "\r\nAction: failed\r\n") == 1);
        require(count(written, "\r\n--=_imc_1_0") >= 4);
        if (!utf8 && !report.whole)
            require(std::ranges::all_of(
                written, [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != 0; }));
        for (const auto action : {Action::failed, Action::delayed, Action::delivered}) {
            const auto status = valid_status(text, text, action);
            require(status.size() >= 5 && status.size() <= 9);
        }
    }
    return 0;
}
