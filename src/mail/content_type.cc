#include "mail/content_type.h"

#include "base/text.h"

namespace imc::mail {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

std::string ContentTypeReader::type()
{
    skip();
    std::string out = lower(token("/;"));
    skip();
    if (!take('/')) return out;
    skip();
    return out + "/" + lower(token("/;"));
}

std::optional<std::string> ContentTypeReader::boundary()
{
    for (;;) {
        skip();
        if (rest_.empty()) return {};
        if (!take(';')) {
            (void)value();  // what is no parameter hides none
            if (!rest_.empty() && rest_.front() != ';') rest_.remove_prefix(1);
            continue;
        }
        skip();
        const auto name = token("=;");
        skip();
        if (!take('=')) continue;
        skip();
        auto found = value();
        if (same_word(name, "boundary")) return found;
    }
}

bool ContentTypeReader::take(char c)
{
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
}

/// Blanks and comments.
void ContentTypeReader::skip()
{
    int depth = 0;
    while (!rest_.empty()) {
        const char c = rest_.front();
        if (c == '(')
            ++depth;
        else if (depth == 0 && !is_blank(c))
            return;
        else if (c == ')')
            --depth;
        else if (c == '\\' && rest_.size() > 1)
            rest_.remove_prefix(1);
        rest_.remove_prefix(1);
    }
}

std::string_view ContentTypeReader::token(std::string_view ends)
{
    std::size_t n = 0;
    while (n < rest_.size() && !is_blank(rest_[n]) && rest_[n] != '(' &&
           ends.find(rest_[n]) == ends.npos)
        ++n;
    const auto out = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return out;
}

std::string ContentTypeReader::value()
{
    if (!take('"')) return std::string{token(";")};
    std::string out;
    while (!rest_.empty() && !take('"')) {
        if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
        out += rest_.front();
        rest_.remove_prefix(1);
    }
    return out;
}

}  // namespace imc::mail
