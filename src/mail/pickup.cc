#include "mail/pickup.h"

#include "base/text.h"
#include "mail/header.h"

#include <algorithm>
#include <optional>

namespace imc::mail {
namespace {

std::string with_crlf(std::string_view octets)
{
    std::string out;
    out.reserve(octets.size() + octets.size() / 32);
    char before = 0;
    for (const char c : octets) {
        if (c == '\n' && before != '\r') out += '\r';
        out += c;
        before = c;
    }
    return out;
}

/// Of an envelope line, "<a@b>" or "a@b"; of a header field any address it holds.
Parsed<Address> envelope_address(std::string_view text)
{
    text = trim(text);
    if (text.starts_with('<') && text.ends_with('>')) text = text.substr(1, text.size() - 2);
    return parse_address(text);
}

class Pickup {
public:
    explicit Pickup(std::string_view octets) : text_{with_crlf(octets)} {}

    Parsed<PickupMessage> run()
    {
        const auto fields = header_fields(text_);
        if (fields.empty()) return AddressError{"the file does not begin with a header"};
        for (const auto& field : fields)
            if (auto flaw = read(field); !flaw.empty()) return AddressError{std::move(flaw)};
        if (receivers_.empty()) {
            // One that cannot be reached must not be left out without a word.
            if (!flaw_.empty()) return AddressError{std::move(flaw_)};
            receivers_ = std::move(in_header_);
        }
        if (receivers_.empty())
            return AddressError{"no recipient: neither X-Receiver nor To, Cc or Bcc names one"};
        const auto sender = x_sender_ ? x_sender_ : sender_ ? sender_ : from_;
        if (!sender)
            return AddressError{"no sender: neither X-Sender nor Sender or From names one"};
        for (const auto& address : receivers_)
            if (std::ranges::find(message_.recipients, address) == message_.recipients.end())
                message_.recipients.push_back(address);
        message_.sender = *sender;
        strip(fields);
        return std::move(message_);
    }

private:
    std::string read(const HeaderField& field)
    {
        const auto value = unfold(field.value);
        if (same_word(field.name, "X-Sender")) {
            if (x_sender_) return "two X-Sender lines";
            if (trim(value) == "<>") return x_sender_ = "", std::string{};
            const auto address = envelope_address(value);
            if (!address) return "X-Sender: " + address.error().what;
            x_sender_ = address->to_string();
        } else if (same_word(field.name, "X-Receiver")) {
            const auto address = envelope_address(value);
            if (!address) return "X-Receiver: " + address.error().what;
            receivers_.push_back(address->to_string());
        } else if (same_word(field.name, "Sender")) {
            return first_of(field, value, sender_);
        } else if (same_word(field.name, "From")) {
            return first_of(field, value, from_);
        } else if (same_word(field.name, "To") || same_word(field.name, "Cc") ||
                   same_word(field.name, "Bcc")) {
            for (const auto& text : addresses_in(value)) {
                const auto address = parse_address(text);
                // With X-Receiver lines the header's recipients do not matter.
                if (!address)
                    flaw_ = std::string{field.name} + ": \"" + printable(text, 120) +
                            "\": " + address.error().what;
                else
                    in_header_.push_back(address->to_string());
            }
        }
        return {};
    }

    std::string first_of(const HeaderField& field, const std::string& value,
                         std::optional<std::string>& into)
    {
        const auto addresses = addresses_in(value);
        if (into || addresses.empty()) return {};
        const auto address = parse_address(addresses.front());
        if (!address && !x_sender_)
            return std::string{field.name} + ": \"" + printable(addresses.front(), 120) +
                   "\": " + address.error().what;
        if (address) into = address->to_string();
        return {};
    }

    void strip(const std::vector<HeaderField>& fields)
    {
        std::string_view rest = text_;
        for (const auto& field : fields) {
            if (!same_word(field.name, "X-Sender") && !same_word(field.name, "X-Receiver") &&
                !same_word(field.name, "Bcc"))
                continue;
            const auto at = static_cast<std::size_t>(field.whole.data() - rest.data());
            message_.text += rest.substr(0, at);
            rest.remove_prefix(at + field.whole.size());
        }
        message_.text += rest;
    }

    std::string text_;
    PickupMessage message_;
    std::optional<std::string> x_sender_, sender_, from_;
    std::vector<std::string> receivers_, in_header_;
    std::string flaw_;
};

}  // namespace

Parsed<PickupMessage> parse_pickup(std::string_view octets) { return Pickup{octets}.run(); }

}  // namespace imc::mail
