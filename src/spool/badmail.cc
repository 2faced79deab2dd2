#include "spool/badmail.h"

#include "base/notify.h"
#include "base/text.h"
#include "event/record_json.h"

#include <algorithm>
#include <array>

namespace imc::spool {
namespace {

constexpr std::string_view title = "imc badmail 1";
constexpr std::array<std::string_view, 4> outcomes{"waiting", "delivered", "failed", "deleted"};
constexpr std::array<std::string_view, 3> priorities{"urgent", "normal", "non-urgent"};
Error no_such(const std::string& what) { return {EventId::badmail_no_such, what}; }

Error failed(const std::string& path, const boost::system::error_code& why)
{
    return {EventId::badmail_failed, path + ": " + why.message(),
            static_cast<unsigned>(why.value())};
}

/// Control octets and the backslash as \xNN: a value is one line, and comes back as it was.
std::string escaped(std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (is_control(c) || c == '\\')
            out += {'\\', 'x', digits[octet >> 4U], digits[octet & 15U]};
        else
            out += c;
    }
    return out;
}

int digit_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string unescaped(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto code = text.substr(i, 4);
        const bool is_code = code.size() == 4 && code.starts_with("\\x") &&
                             digit_of(code[2]) >= 0 && digit_of(code[3]) >= 0;
        if (!is_code) {
            out += text[i];
            continue;
        }
        out += static_cast<char>(digit_of(code[2]) * 16 + digit_of(code[3]));
        i += 3;
    }
    return out;
}

class Lines {
public:
    void add(std::string_view key, std::string_view value)
    {
        if (value.empty()) return;
        out_.append(key).append(": ").append(escaped(value)).append("\n");
    }
    void time(std::string_view key, WallTime value)
    {
        if (value == WallTime{}) return;
        add(key, value == WallTime::max() ? "until it is released" : to_rfc3339(value));
    }
    std::string take() { return std::move(out_); }

private:
    std::string out_{std::string{title} + "\n"};
};

template <class Words>
std::size_t index_of(const Words& words, std::string_view word, std::size_t otherwise)
{
    const auto found = std::ranges::find(words, word);
    return found == words.end() ? otherwise : static_cast<std::size_t>(found - words.begin());
}

std::uint64_t number(std::string_view text) { return parse_number(text).value_or(0); }

/// Of the message, before the first recipient. What is for people only is passed over.
void read_line(std::string_view key, const std::string& value, BadMessage& into)
{
    auto& envelope = into.envelope;
    if (key == "why") into.why = value;
    if (key == "set-aside") into.set_aside_at = value;
    if (key == "octets") into.octets = number(value);
    if (key == "arrived") envelope.arrived_at = parse_time(value, {}).value_or(WallTime{});
    if (key == "from") envelope.sender = value;
    if (key == "peer") envelope.peer = value;
    if (key == "account") envelope.account = value;
    if (key == "envid") envelope.envid = value;
    if (key == "ret" && (value == "FULL" || value == "HDRS")) envelope.ret = value;
    if (key == "8bitmime") envelope.eight_bit = value == "yes";
    if (key == "smtputf8") envelope.smtp_utf8 = value == "yes";
    if (key == "priority")
        envelope.priority = static_cast<Priority>(index_of(priorities, value, 1));
    if (key.starts_with("evidence ")) into.evidence.push_back({std::string{key.substr(9)}, value});
}

void read_recipient_line(std::string_view key, const std::string& value, Recipient& recipient,
                         RecipientState& state)
{
    if (key == "orcpt") recipient.original = value;
    if (key == "notify") recipient.notify = notify::parse(value).value_or(0);
    if (key == "route") recipient.route = value;
    if (key == "outcome") state.outcome = static_cast<Outcome>(index_of(outcomes, value, 0));
    if (key == "attempts") state.attempts = static_cast<std::uint32_t>(number(value));
    if (key == "last-status") state.last_status = value;
    if (key == "last-reply") state.last_reply = value;
    if (key == "last-host") state.last_host = value;
}

/// Whole names only: nothing that leads out of the folder.
Result<MessageId> whole_id(std::string_view text)
{
    const auto id = MessageId::parse(text);
    if (id && id->to_string() == text) return id;
    return no_such("\"" + printable(text, 80) + "\" is no id (13 letters and digits)");
}

}  // namespace

std::string write_bad_message(const BadMessage& message)
{
    const auto& envelope = message.envelope;
    Lines out;
    out.add("message", message.id.to_string());
    out.add("why", message.why);
    out.add("set-aside", message.set_aside_at);
    out.add("octets", std::to_string(message.octets));
    out.time("arrived", envelope.arrived_at);
    out.time("expires", envelope.expires_at);
    out.time("held-until", envelope.held_until);
    out.add("hold-reason", envelope.hold_reason);
    out.add("from", envelope.sender);
    out.add("peer", envelope.peer);
    out.add("account", envelope.account);
    out.add("envid", envelope.envid);
    out.add("ret", envelope.ret);
    out.add("8bitmime", envelope.eight_bit ? "yes" : "");
    out.add("smtputf8", envelope.smtp_utf8 ? "yes" : "");
    out.add("priority", priorities[static_cast<std::size_t>(envelope.priority)]);
    for (const auto& evidence : message.evidence)
        out.add("evidence " + evidence.key, evidence.text);
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        const auto& recipient = envelope.recipients[i];
        const auto state = i < message.states.size() ? message.states[i] : RecipientState{};
        out.add("to", recipient.address);
        out.add("  orcpt", recipient.original);
        out.add("  notify", notify::words(recipient.notify));
        out.add("  route", recipient.route);
        out.add("  outcome", outcomes[static_cast<std::size_t>(state.outcome)]);
        out.add("  attempts", std::to_string(state.attempts));
        out.time("  next-attempt", state.next_attempt);
        out.add("  last-status", state.last_status);
        out.add("  last-reply", state.last_reply);
        out.add("  last-host", state.last_host);
    }
    return out.take();
}

Result<BadMessage> parse_bad_message(std::string_view text)
{
    BadMessage out;
    const auto lines = split(text, '\n');
    if (lines.front() != title)
        return no_such("a record does not begin with \"" + std::string{title} + "\"");
    for (const auto line : lines) {
        const auto colon = line.find(": ");
        if (colon == line.npos) continue;
        const auto key = line.substr(0, colon);
        auto value = unescaped(line.substr(colon + 2));
        if (key == "message") {
            const auto id = whole_id(value);
            if (!id) return id.error();
            out.id = *id;
        } else if (key == "to") {
            out.envelope.recipients.push_back({std::move(value)});
            out.states.emplace_back();
        } else if (!key.starts_with("  ")) {
            read_line(key, std::move(value), out);
        } else if (!out.states.empty()) {
            read_recipient_line(key.substr(2), std::move(value), out.envelope.recipients.back(),
                                out.states.back());
        }
    }
    if (out.id.number == 0) return no_such("a record without the line \"message: ID\"");
    if (out.states.empty()) return no_such("a record without a line \"to: ADDRESS\"");
    return out;
}

Envelope envelope_to_release(const BadMessage& message, WallTime now)
{
    Envelope out = message.envelope;
    out.recipients.clear();
    for (std::size_t i = 0; i < message.states.size(); ++i)
        if (message.states[i].outcome == Outcome::waiting)
            out.recipients.push_back(message.envelope.recipients[i]);
    out.arrived_at = now;
    return out;
}

/// Beside, synced, then renamed; the record is what makes it count.
Result<> Badmail::write_text(const std::string& path, const Body& text)
{
    const auto beside = path + ".part";
    auto file = files_.open(beside, OpenMode::create);
    if (!file) return failed(beside, file.error());
    const auto fill = [&]() -> Result<> {
        if (auto emptied = (*file)->truncate(0); !emptied) return failed(beside, emptied.error());
        std::uint64_t at = 0;
        for (OctetsReader reader{text}; !reader.at_end();) {
            const auto piece = reader.next();
            if (!piece) return piece.error();
            if (auto put = (*file)->write_at(at, *piece); !put) return failed(beside, put.error());
            at += piece->size();
        }
        if (auto synced = (*file)->sync(); !synced) return failed(beside, synced.error());
        if (auto named = files_.rename(beside, path); !named) return failed(path, named.error());
        return {};
    };
    auto filled = fill();
    if (!filled) (void)files_.remove(beside);
    return filled;
}

Result<> Badmail::keep(const BadMessage& message, const Body& text)
{
    if (auto made = make_folders(files_, folder_); !made) return failed(folder_, made.error());
    // Its name, too, each time: an earlier process may have died between the two.
    const auto parent = folder_.substr(0, folder_.rfind('/'));
    if (auto synced = files_.sync_folder(parent); !synced) return failed(parent, synced.error());
    if (auto written = write_text(path(message.id), text); !written) return written;
    // Its folder is synced with it, and so the name of the text.
    auto record_written =
        write_file_atomically(files_, record(message.id), write_bad_message(message));
    if (!record_written) return failed(record(message.id), record_written.error());
    return {};
}

std::vector<BadMessage> Badmail::list() const
{
    std::vector<BadMessage> out;
    const auto names = files_.list(folder_);
    if (!names) return out;
    for (const auto& name : *names)
        if (name.ends_with(".txt"))
            if (auto message = find(std::string_view{name}.substr(0, name.size() - 4)))
                out.push_back(std::move(*message));
    return out;
}

Result<BadMessage> Badmail::find(std::string_view id) const
{
    const auto number = whole_id(id);
    if (!number) return number.error();
    const auto content = read_file(files_, record(*number));
    if (!content) return no_such("no message " + std::string{id} + " in " + folder_);
    auto message = parse_bad_message(*content);
    if (!message) return no_such(record(*number) + ": " + message.error().detail());
    if (message->id != *number) return no_such(record(*number) + " is of another message");
    return message;
}

Result<std::string> Badmail::text(std::string_view id) const
{
    const auto number = whole_id(id);
    if (!number) return number.error();
    auto content = read_file(files_, path(*number));
    if (!content) return no_such(path(*number) + ": " + content.error().message());
    return std::move(*content);
}

Result<> Badmail::remove(std::string_view id)
{
    const auto there = find(id);
    if (!there) return there.error();
    if (auto gone = files_.remove(record(there->id)); !gone)
        return failed(record(there->id), gone.error());
    (void)files_.remove(path(there->id));  // without its record it is kept no more
    if (auto synced = files_.sync_folder(folder_); !synced) return failed(folder_, synced.error());
    return {};
}

}  // namespace imc::spool
