#include "mail/originators.h"

#include "base/text.h"

#include <algorithm>

namespace imc::mail {
namespace {

constexpr std::size_t most_addresses = 1000;

/// Reads an address list token by token; display names go, addresses stay.
class AddressList {
public:
    explicit AddressList(std::string_view text) : text_{text} {}

    bool read(std::vector<std::string>& out)
    {
        while (skip_space()) {
            const char c = text_[at_];
            if (c == ',' || c == ';') {
                ++at_;
                if (!end_mailbox(out)) return false;
                if (c == ';') in_group_ = false;
            } else if (c == ':') {
                ++at_;
                // "Name:" begins a group; its name is no address, and groups do not nest.
                if (in_group_ || words_.empty() || angle_) return false;
                in_group_ = true;
                words_.clear();
            } else if (c == '<') {
                if (angle_ || !angle()) return false;
            } else if (!word()) {
                return false;
            }
        }
        if (unclosed_) return false;
        return end_mailbox(out) && out.size() <= most_addresses;
    }

private:
    /// Spaces and comments, which may nest. @return  false at the end
    bool skip_space()
    {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                ++at_;
            } else if (c == '(') {
                if (!comment()) {
                    unclosed_ = true;
                    at_ = text_.size();
                }
            } else {
                return true;
            }
        }
        return false;
    }

    bool comment()
    {
        unsigned depth = 0;
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '\\')
                ++at_;
            else if (c == '(')
                ++depth;
            else if (c == ')' && --depth == 0) {
                ++at_;
                return true;
            }
        }
        return false;
    }

    /// An atom, a quoted string, a literal, '.' or '@'.
    bool token()
    {
        const auto begin = at_;
        const char c = text_[at_];
        if (c == '"' || c == '[') {
            const char close = c == '"' ? '"' : ']';
            for (++at_; at_ < text_.size() && text_[at_] != close; ++at_)
                if (text_[at_] == '\\') ++at_;
            if (at_ >= text_.size()) return false;
            ++at_;
            return true;
        }
        if (c == '.' || c == '@') {
            ++at_;
            return true;
        }
        while (at_ < text_.size() && !is_special(text_[at_]))
            ++at_;
        return at_ != begin;
    }

    /// Around '.' and '@' space means nothing; other words side by side are two.
    static bool joins(std::string_view before, std::string_view piece)
    {
        return before.empty() || piece == "." || piece == "@" || before.ends_with('.') ||
               before.ends_with('@');
    }

    bool word()
    {
        const auto begin = at_;
        if (angle_ || !token()) return false;  // nothing stands behind "<...>"
        const auto piece = text_.substr(begin, at_ - begin);
        if (!joins(words_, piece)) several_ = true;
        words_ += piece;
        return true;
    }

    static bool is_special(char c)
    {
        return std::string_view{"()<>[]:;@\\,.\" \t\r\n"}.find(c) != std::string_view::npos;
    }

    /// "<local@domain>", perhaps with a source route.
    bool angle()
    {
        ++at_;
        std::string address;
        while (skip_space()) {
            const char c = text_[at_];
            if (c == '>') {
                ++at_;
                angle_ = true;
                // Of "@a,@b:user@c" the route goes.
                if (address.starts_with('@')) {
                    const auto colon = address.find(':');
                    if (colon == std::string::npos) return false;
                    address.erase(0, colon + 1);
                }
                address_ = address;
                return true;
            }
            if (c == ',' || c == ':') {
                address += c;
                ++at_;
                continue;
            }
            const auto begin = at_;
            if (!token()) return false;
            const auto piece = text_.substr(begin, at_ - begin);
            if (!address.ends_with(',') && !address.ends_with(':') && !joins(address, piece))
                return false;
            address += piece;
        }
        return false;
    }

    bool end_mailbox(std::vector<std::string>& out)
    {
        const bool named = angle_;
        const auto address = named ? address_ : words_;
        const bool several = several_ && !named;
        const bool nothing = !named && words_.empty();
        words_.clear();
        address_.clear();
        angle_ = several_ = false;
        if (nothing) return true;  // obsolete empty elements
        const auto at = address.rfind('@');
        if (several || at == std::string::npos || at == 0 || at + 1 == address.size()) return false;
        out.push_back(address);
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string words_;    ///< before '<', or all of it
    std::string address_;  ///< in "<...>"
    bool angle_ = false;
    bool several_ = false;
    bool in_group_ = false;
    bool unclosed_ = false;
};

/// The name before the colon without the space that obsolete syntax allows there.
std::string_view field_name(std::string_view line)
{
    const auto colon = line.find(':');
    return colon == line.npos ? std::string_view{} : trim(line.substr(0, colon));
}

}  // namespace

Originators read_originators(std::string_view header)
{
    Originators out;
    while (!header.empty()) {
        // One field: its line and those that begin with a space.
        std::size_t end = 0;
        for (;;) {
            end = header.find('\n', end);
            end = end == header.npos ? header.size() : end + 1;
            if (end >= header.size() || (header[end] != ' ' && header[end] != '\t')) break;
        }
        const auto field = header.substr(0, end);
        header.remove_prefix(end);
        if (trim(field).empty()) break;
        const auto name = field_name(field);
        const bool from = same_word(name, "From");
        const bool sender = same_word(name, "Sender");
        if (!from && !sender) continue;
        ++(from ? out.from_lines : out.sender_lines);
        auto& into = from ? out.from : out.sender;
        const auto before = into.size();
        const auto value = field.substr(field.find(':') + 1);
        const bool read = AddressList{value}.read(into);
        if ((!read || into.size() == before) && out.flaw.empty())
            out.flaw =
                std::string{name} + ": no address in \"" + printable(trim(value), 200) + "\"";
    }
    return out;
}

}  // namespace imc::mail
