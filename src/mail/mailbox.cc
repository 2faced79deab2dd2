#include "mail/mailbox.h"

#include "base/text.h"
#include "mail/utf8.h"

#include <algorithm>
#include <optional>

namespace imc::mail {
namespace {

bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_atext(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           is_high(c) || std::string_view{"!#$%&'*+-/=?^_`{|}~"}.find(c) != std::string_view::npos;
}
bool is_space(char c) { return c == ' ' || c == '\t'; }

class Reader {
public:
    explicit Reader(std::string_view text) : text_{text} {}

    Parsed<Mailbox> run()
    {
        if (mailbox()) return std::move(out_);
        return std::move(*flaw_);
    }

private:
    /// A word or a dot, with what stood before it.
    struct Item {
        std::string text;  ///< "." or a word, unquoted
        std::size_t at;
        bool quoted = false;
        bool apart = false;  ///< space or a comment stands before it
    };

    bool fail(std::string what, std::size_t at)
    {
        if (!flaw_) flaw_ = AddressError{std::move(what), at};
        return false;
    }
    bool fail_here(const std::string& where)
    {
        if (at_ >= text_.size()) return fail("the end found in " + where, at_);
        return fail("\"" + printable(text_.substr(at_, 1)) + "\" in " + where, at_);
    }
    void obsolete(const char* what)
    {
        if (out_.obsolete.empty()) out_.obsolete = what;
    }
    bool ends() const { return at_ >= text_.size(); }
    bool next_is(char c) const { return !ends() && text_[at_] == c; }

    bool mailbox()
    {
        std::vector<Item> items;
        if (!words(items)) return false;
        if (next_is('<')) {
            if (!display_name(items) || !angle()) return false;
        } else if (!address(items, "the address")) {
            return false;
        }
        if (!space()) return false;
        if (ends()) return true;
        if (next_is(',')) return fail("a second address", at_);
        return fail_here("what follows the address");
    }

    /// Folding white space and comments; false: a flaw in them.
    bool space()
    {
        while (!ends()) {
            if (is_space(text_[at_])) {
                ++at_;
            } else if (text_.substr(at_).starts_with("\r\n")) {
                if (at_ + 2 >= text_.size() || !is_space(text_[at_ + 2]))
                    return fail("a line end that no space follows", at_);
                at_ += 3;
            } else if (text_[at_] == '(') {
                if (!comment()) return false;
            } else {
                break;
            }
        }
        return true;
    }

    bool comment()
    {
        const auto begin = at_;
        std::string inside;
        std::size_t depth = 0;
        for (; !ends(); ++at_) {
            const char c = text_[at_];
            if (c == '(' && depth++ == 0) continue;
            if (c == ')' && --depth == 0) {
                ++at_;
                out_.comments.push_back(std::move(inside));
                return true;
            }
            if (c == '\\') {
                if (!pair(inside)) return false;
                continue;
            }
            if (!plain(c, "a comment")) return false;
            inside += c;
        }
        return fail("a comment without its end", begin);
    }

    /// At a backslash; stays at the octet it hides.
    bool pair(std::string& into)
    {
        if (++at_ >= text_.size()) return fail("a backslash at the end", at_ - 1);
        const char c = text_[at_];
        if (is_control(c) && c != '\t') obsolete("a backslash before a control character");
        into += c;
        return true;
    }

    /// An octet of a comment or a quoted string that stands for itself.
    bool plain(char c, const char* where)
    {
        if (c == '\0' || c == '\r' || c == '\n') {
            // Folded white space is white space.
            if (c == '\r' && text_.substr(at_).starts_with("\r\n") && at_ + 2 < text_.size() &&
                is_space(text_[at_ + 2]))
                return true;
            if (c == '\n' && at_ > 0 && text_[at_ - 1] == '\r') return true;
            return fail_here(where);
        }
        if (is_control(c) && c != '\t') obsolete("a control character");
        return true;
    }

    bool in_quotes(std::string& into)
    {
        const auto begin = at_;
        for (++at_; !ends(); ++at_) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return true;
            }
            if (c == '\\') {
                if (!pair(into)) return false;
                continue;
            }
            if (!plain(c, "a quoted string")) return false;
            if (c != '\r' && c != '\n') into += c;
        }
        return fail("a quoted string without its end", begin);
    }

    /// Words and dots up to '@', '<' or what else cannot be one of them.
    bool words(std::vector<Item>& into)
    {
        for (;;) {
            const auto before = at_;
            if (!space()) return false;
            if (ends()) return true;
            Item item{"", at_, false, at_ != before && !into.empty()};
            const char c = text_[at_];
            if (c == '"') {
                item.quoted = true;
                if (!in_quotes(item.text)) return false;
            } else if (c == '.') {
                item.text = ".";
                ++at_;
            } else {
                while (!ends() && is_atext(text_[at_]))
                    item.text += text_[at_++];
                if (item.text.empty()) return true;
            }
            into.push_back(std::move(item));
        }
    }

    static bool is_dot(const Item& item) { return !item.quoted && item.text == "."; }

    bool display_name(const std::vector<Item>& items)
    {
        for (const auto& item : items) {
            if (is_dot(item)) {
                if (&item == &items.front())
                    return fail("a name that begins with a dot; write it in quotes", item.at);
                obsolete("a dot in a name without quotes");
            }
            if (!out_.display_name.empty() && item.apart) out_.display_name += ' ';
            out_.display_name += item.text;
        }
        return true;
    }

    bool angle()
    {
        out_.angle = true;
        ++at_;
        if (!space()) return false;
        if (next_is('>')) return fail("<> names nobody; it is of the envelope", at_);
        if (next_is('@') || next_is(',')) {
            obsolete("a source route");
            if (!route()) return false;
        }
        std::vector<Item> items;
        if (!words(items) || !address(items, "<>")) return false;
        if (!space()) return false;
        if (!next_is('>')) return fail("'>' expected", at_);
        ++at_;
        return true;
    }

    /// "@a,@b:"
    bool route()
    {
        std::string ignored;
        while (!ends() && !next_is(':')) {
            if (next_is(',')) {
                ++at_;
            } else if (next_is('@')) {
                ++at_;
                if (!domain(ignored)) return false;
            } else {
                return fail_here("a source route");
            }
            if (!space()) return false;
        }
        if (ends()) return fail("a source route without ':'", at_);
        ++at_;
        return true;
    }

    bool address(const std::vector<Item>& items, const std::string& where)
    {
        if (next_is(':')) return fail("a group, not one address", at_);
        if (ends() && items.empty()) return fail("nothing found, an address expected", at_);
        if (ends()) return fail("no '@'", at_);
        if (!next_is('@')) return fail_here(where);
        if (items.empty()) return fail("nothing before '@'", at_);
        if (!local_part(items)) return false;
        ++at_;
        const auto begin = at_;
        if (!domain(out_.domain)) return false;
        out_.utf8 = out_.utf8 || std::ranges::any_of(text_.substr(begin, at_ - begin), is_high);
        return true;
    }

    bool local_part(const std::vector<Item>& items)
    {
        bool expect_word = true;
        for (const auto& item : items) {
            if (is_dot(item) && expect_word)
                return fail(&item == &items.front() ? "the local part begins with a dot"
                                                    : "two dots in the local part",
                            item.at);
            if (!is_dot(item) && !expect_word)
                return fail(item.apart ? "a space in the local part, where only quotes allow it"
                                       : "quotes within the local part",
                            item.apart ? item.at - 1 : item.at);
            if (item.apart) obsolete("space or a comment within the local part");
            if (item.quoted && items.size() > 1) obsolete("a local part quoted in pieces");
            out_.local += item.text;
            out_.utf8 = out_.utf8 || std::ranges::any_of(item.text, is_high);
            expect_word = is_dot(item);
        }
        if (expect_word) return fail("the local part ends in a dot", items.back().at);
        return true;
    }

    bool domain(std::string& into)
    {
        if (!space()) return false;
        if (ends() || next_is('>')) return fail("no domain after '@'", at_);
        if (next_is('[')) return literal(into);
        bool expect_label = true;
        bool apart = false;
        std::size_t last = at_;
        for (;;) {
            if (next_is('.')) {
                if (expect_label) return fail("an empty label in the domain", at_);
                if (apart) obsolete("space or a comment within the domain");
                last = at_++;
                into += '.';
                expect_label = true;
            } else if (!ends() && is_atext(text_[at_])) {
                if (!expect_label) return fail("a space in the domain", at_ - 1);
                if (apart) obsolete("space or a comment within the domain");
                while (!ends() && is_atext(text_[at_]))
                    into += text_[at_++];
                expect_label = false;
            } else {
                break;
            }
            const auto before = at_;
            if (!space()) return false;
            apart = at_ != before;
        }
        if (into.empty()) return fail_here("the domain");
        if (expect_label) return fail("the domain ends in a dot", last);
        return true;
    }

    bool literal(std::string& into)
    {
        const auto begin = at_;
        for (; !ends(); ++at_) {
            const char c = text_[at_];
            into += c;
            if (c == ']') {
                ++at_;
                return true;
            }
            if ((c == '[' && at_ != begin) || is_control(c)) return fail_here("the domain literal");
            if (c == '\\') {
                obsolete("a backslash in the domain literal");
                if (!pair(into)) return false;
            }
        }
        return fail("a domain literal without its end", begin);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Mailbox out_;
    std::optional<AddressError> flaw_;
};

}  // namespace

Parsed<Mailbox> parse_mailbox(std::string_view text)
{
    if (!is_utf8(text)) return AddressError{"octets that are not UTF-8", first_bad_octet(text)};
    return Reader{text}.run();
}

}  // namespace imc::mail
