#include "tracking/archived.h"

#include "base/text.h"
#include "event/record_json.h"
#include "tracking/days.h"
#include "tracking/record_time.h"

#include <cerrno>

namespace imc::tracking {
namespace {

constexpr std::string_view title = "imc archive 1";

/// What would end a line, and the backslash, as \xNN.
std::string escaped(std::string_view value)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x20 || octet == 0x7f || c == '\\')
            out += {'\\', 'x', digits[octet >> 4U], digits[octet & 15U]};
        else
            out += c;
    }
    return out;
}

int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string unescaped(std::string_view value)
{
    std::string out;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const bool code = value[i] == '\\' && i + 3 < value.size() && value[i + 1] == 'x' &&
                          digit(value[i + 2]) >= 0 && digit(value[i + 3]) >= 0;
        if (code) {
            out += static_cast<char>(digit(value[i + 2]) * 16 + digit(value[i + 3]));
            i += 3;
        } else {
            out += value[i];
        }
    }
    return out;
}

bool is_plain(std::string_view word)
{
    return !word.empty() && word.find('/') == word.npos && word.front() != '.';
}

}  // namespace

std::string_view to_string(Direction direction)
{
    return direction == Direction::in ? "in" : "out";
}

std::string write_archived(const Archived& a)
{
    std::string out{title};
    out += '\n';
    const auto add = [&out](std::string_view key, std::string_view value) {
        if (!value.empty()) out.append(key).append(": ").append(escaped(value)) += '\n';
    };
    add("message", a.id);
    add("direction", to_string(a.direction));
    add("time", to_rfc3339(a.time));
    add("octets", std::to_string(a.octets));
    add("text", a.text);
    add("peer", a.peer);
    add("account", a.account);
    add("remote-id", a.remote_id);
    add("from", a.sender.empty() ? "<>" : std::string_view{a.sender});
    for (const auto& recipient : a.recipients)
        add("to", recipient);
    return out;
}

std::optional<Archived> parse_archived(std::string_view text)
{
    const auto lines = split(text, '\n');
    if (lines.empty() || lines.front() != title) return {};
    Archived out;
    bool timed = false;
    for (const auto line : lines) {
        const auto colon = line.find(": ");
        if (colon == line.npos) continue;
        const auto key = line.substr(0, colon);
        auto value = unescaped(line.substr(colon + 2));
        if (key == "message") {
            out.id = std::move(value);
        } else if (key == "direction") {
            out.direction = value == "out" ? Direction::out : Direction::in;
        } else if (key == "time") {
            const auto time = parse_record_time(value);
            timed = time.has_value();
            if (time) out.time = *time;
        } else if (key == "octets") {
            out.octets = parse_number(value).value_or(0);
        } else if (key == "text") {
            if (is_plain(value)) out.text = std::move(value);
        } else if (key == "peer") {
            out.peer = std::move(value);
        } else if (key == "account") {
            out.account = std::move(value);
        } else if (key == "remote-id") {
            out.remote_id = std::move(value);
        } else if (key == "from") {
            if (value != "<>") out.sender = std::move(value);
        } else if (key == "to") {
            out.recipients.push_back(std::move(value));
        }
    }
    if (out.id.empty() || out.text.empty() || !timed) return {};
    return out;
}

IoResult<std::size_t> list_archived(FileSystem& files, const std::string& folder,
                                    const std::function<bool(const Archived&)>& take)
{
    std::size_t broken = 0;
    for (const auto direction : {Direction::in, Direction::out}) {
        const auto base = std::string{to_string(direction)};
        const auto days = files.list(folder + "/" + base);
        if (!days && days.error().value() == ENOENT) continue;
        if (!days) return days.error();
        for (const auto& day : *days) {
            const auto names = files.list(folder + "/" + base + "/" + day);
            if (!names) continue;  // no folder, or gone just now
            for (const auto& name : *names) {
                if (!name.ends_with(".txt")) continue;
                const auto one = base + "/" + day + "/" + name.substr(0, name.size() - 4);
                const auto archived = read_archived(files, folder, one);
                if (!archived)
                    ++broken;
                else if (!take(*archived))
                    return broken;
            }
        }
    }
    return broken;
}

std::optional<Archived> read_archived(FileSystem& files, const std::string& folder,
                                      const std::string& name)
{
    const auto parts = split(name, '/');
    if (parts.size() != 3) return {};
    for (const auto part : parts)
        if (!is_plain(part)) return {};
    const auto text = read_file(files, folder + "/" + name + ".txt");
    if (!text) return {};
    auto out = parse_archived(*text);
    if (out) out->name = name;
    return out;
}

}  // namespace imc::tracking
