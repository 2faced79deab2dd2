#include "tracking/rejection.h"

#include "base/text.h"
#include "event/record_json.h"
#include "tracking/line.h"
#include "tracking/record_time.h"

namespace imc::tracking {
namespace {

constexpr std::size_t columns = 14;
constexpr std::size_t most_recipients_octets = 16 << 10;
constexpr std::string_view code_letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

std::string joined(const std::vector<std::string>& words)
{
    std::string out;
    for (const auto& word : words)
        out += (out.empty() ? "" : " ") + word;
    return out;
}

}  // namespace

std::string_view rejects_title()
{
    return "imc rejects 1\ttime\tcode\tcount\tpeer\tpeer name\tHELO\tlistener\taccount\tsender\t"
           "recipients\tstage\trule\tevidence\treply";
}

std::string write_rejection(const Rejection& r)
{
    const auto sender = !r.sender ? std::string{} : r.sender->empty() ? "<>" : *r.sender;
    return LineWriter{}
        .add(to_rfc3339(r.time))
        .add(r.code)
        .add(r.count)
        .add(r.peer)
        .add(r.peer_name)
        .add(r.helo)
        .add(r.listener)
        .add(r.account)
        .add(sender)
        .add(joined(r.recipients), most_recipients_octets)
        .add(r.stage)
        .add(r.rule)
        .add(r.evidence)
        .add(r.reply)
        .take();
}

std::optional<Rejection> parse_rejection(std::string_view line)
{
    auto fields = read_fields(line);
    if (fields.size() < columns) return {};
    const auto time = parse_record_time(fields[0]);
    const auto count = parse_number(fields[2]);
    if (!time || !count || (!fields[1].empty() && parse_code(fields[1]) != fields[1])) return {};
    Rejection r;
    r.time = *time;
    r.code = std::move(fields[1]);
    r.count = *count;
    r.peer = std::move(fields[3]);
    r.peer_name = std::move(fields[4]);
    r.helo = std::move(fields[5]);
    r.listener = std::move(fields[6]);
    r.account = std::move(fields[7]);
    if (fields[8] == "<>")
        r.sender = "";
    else if (!fields[8].empty())
        r.sender = std::move(fields[8]);
    if (!fields[9].empty())
        for (const auto recipient : split(fields[9], ' '))
            r.recipients.emplace_back(recipient);
    r.stage = std::move(fields[10]);
    r.rule = std::move(fields[11]);
    r.evidence = std::move(fields[12]);
    r.reply = std::move(fields[13]);
    return r;
}

std::optional<std::string> parse_code(std::string_view text)
{
    if (text.size() != 8) return {};
    std::string code = upper(text);
    for (char& c : code) {
        if (c == 'I' || c == 'L') c = '1';
        if (c == 'O') c = '0';
        if (code_letters.find(c) == code_letters.npos) return {};
    }
    return code;
}

}  // namespace imc::tracking
