#include "mail/pickup.h"

#include "base/text.h"
#include "mail/header.h"
#include "mail/local_message.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

namespace imc::mail {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names)
{
    return std::ranges::any_of(names, [&](auto other) { return same_word(name, other); });
}

class Pickup {
public:
    Pickup(std::string_view octets, std::string_view own_domain)
        : text_{with_crlf(octets)}, own_domain_{own_domain}
    {}

    Parsed<PickupMessage> run()
    {
        const auto fields = header_fields(text_);
        if (fields.empty()) return AddressError{"the file does not begin with a header"};
        const auto end = std::ranges::find_if(
            fields, [](const auto& f) { return same_word(f.name, "X-EndOfInjectedXHeaders"); });
        if (end != fields.end()) injected_end_ = end->whole.data();
        for (const auto& field : fields)
            if (auto flaw = read(field); !flaw.empty()) return AddressError{std::move(flaw)};
        if (receivers_.empty()) {
            // One that cannot be reached must not be left out without a word.
            if (!flaw_.empty()) return AddressError{std::move(flaw_)};
            receivers_ = std::move(in_header_);
        }
        if (receivers_.empty())
            return AddressError{"no recipient: neither X-Receiver nor To, Cc or Bcc names one"};
        if (!x_sender_ && !sender_flaw_.empty()) return AddressError{std::move(sender_flaw_)};
        const auto sender = x_sender_ ? x_sender_ : sender_ ? sender_ : from_;
        if (!sender)
            return AddressError{"no sender: neither X-Sender nor Sender or From names one"};
        std::unordered_set<std::string> named;
        for (auto& receiver : receivers_)
            if (named.insert(receiver.address).second)
                message_.recipients.push_back(std::move(receiver));
        message_.sender = *sender;
        write(fields);
        return std::move(message_);
    }

private:
    bool is_envelope(const HeaderField& field) const
    {
        return (injected_end_ == nullptr || field.whole.data() <= injected_end_) &&
               is_one_of(field.name, {"X-Sender", "X-Receiver", "X-EndOfInjectedXHeaders"});
    }

    std::string read(const HeaderField& field)
    {
        const auto value = unfold(field.value);
        if (is_envelope(field)) {
            if (same_word(field.name, "X-Sender")) return read_sender(value);
            if (same_word(field.name, "X-Receiver")) return read_receiver(value);
            return {};
        }
        if (same_word(field.name, "Sender")) first_of(field, value, sender_);
        if (same_word(field.name, "From")) first_of(field, value, from_);
        if (is_one_of(field.name, {"To", "Cc", "Bcc"})) {
            for (const auto& found : found_addresses(completed(value))) {
                const auto address = parse_address(found.text);
                // With X-Receiver lines the header's recipients do not matter.
                if (!address || found.several)
                    flaw_ = flaw_of(field, found, address);
                else
                    in_header_.push_back({address->to_string()});
            }
        }
        return {};
    }

    static std::string flaw_of(const HeaderField& field, const FoundAddress& found,
                               const Parsed<Address>& address)
    {
        return std::string{field.name} + ": \"" + printable(found.text, 120) +
               "\": " + (found.several ? "several words" : address.error().what);
    }

    std::string completed(std::string_view value) const
    {
        return own_domain_.empty() ? std::string{value} : with_domain(value, own_domain_);
    }

    /// "<a@b> NOTIFY=NEVER", "<a@b>", "a@b".
    Parsed<Path> envelope_path(const std::string& text)
    {
        const auto bracket = text.starts_with('<') ? text.find('>') : text.npos;
        if (bracket == text.npos) {
            path_ = "<" + completed(text) + ">";
        } else {
            const auto inside = text.substr(1, bracket - 1);
            path_ = text.find('"') == text.npos
                        ? "<" + completed(inside) + text.substr(bracket)
                        : text;  // a '>' may stand in quotes, and nothing is to be completed
        }
        auto path = parse_path(path_);
        if (path && !path->is_null && path->address.domain.empty()) return AddressError{"no '@'"};
        return path;
    }

    std::string read_sender(std::string_view value)
    {
        if (x_sender_) return "two X-Sender lines";
        const auto path = envelope_path(std::string{trim(value)});
        if (!path) return "X-Sender: " + path.error().what;
        x_sender_ = path->address.to_string();
        if (path->is_null) x_sender_ = "";
        message_.parameters = path->rest;
        return {};
    }

    std::string read_receiver(std::string_view value)
    {
        const auto path = envelope_path(std::string{trim(value)});
        if (!path) return "X-Receiver: " + path.error().what;
        if (path->is_null) return "X-Receiver: <> is nobody";
        receivers_.push_back({path->address.to_string(), std::string{path->rest}});
        return {};
    }

    void first_of(const HeaderField& field, const std::string& value,
                  std::optional<std::string>& into)
    {
        const auto addresses = found_addresses(completed(value));
        if (into || addresses.empty()) return;
        const auto& first = addresses.front();
        const auto address = parse_address(first.text);
        if (address && !first.several)
            into = address->to_string();
        else if (sender_flaw_.empty())
            sender_flaw_ = flaw_of(field, first, address);
    }

    void write(const std::vector<HeaderField>& fields)
    {
        std::string_view rest = text_;
        for (const auto& field : fields) {
            const bool drop = is_envelope(field) || is_one_of(field.name, {"Bcc", "Resent-Bcc"});
            const bool complete =
                !own_domain_.empty() &&
                is_one_of(field.name, {"From", "Sender", "Reply-To", "To", "Cc", "Resent-From",
                                       "Resent-Sender", "Resent-To", "Resent-Cc"});
            if (!drop && !complete) continue;
            const auto& part = complete ? field.value : field.whole;
            message_.text += rest.substr(0, static_cast<std::size_t>(part.data() - rest.data()));
            rest.remove_prefix(static_cast<std::size_t>(part.data() - rest.data()) + part.size());
            if (complete) message_.text += with_domain(part, own_domain_);
        }
        message_.text += rest;
    }

    std::string text_;
    const std::string_view own_domain_;
    const char* injected_end_ = nullptr;
    std::string path_;  // what a Path points into
    PickupMessage message_;
    std::optional<std::string> x_sender_, sender_, from_;
    std::vector<PickupRecipient> receivers_, in_header_;
    std::string flaw_, sender_flaw_;  // of the header; the envelope's lines may make up for them
};

}  // namespace

Parsed<PickupMessage> parse_pickup(std::string_view octets, std::string_view own_domain)
{
    return Pickup{octets, own_domain}.run();
}

}  // namespace imc::mail
