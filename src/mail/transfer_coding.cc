#include "mail/transfer_coding.h"

#include "base/base64.h"

#include <utility>

namespace imc::mail {
namespace {

constexpr std::size_t longest_line = 75;      // and '=' behind it
constexpr std::size_t octets_of_a_line = 57;  // 76 in base64

}  // namespace

void QuotedPrintableWriter::feed(std::string_view octets, std::string& out)
{
    for (const char c : octets)
        put(c, out);
}

void QuotedPrintableWriter::put(char c, std::string& out)
{
    const bool line_end = after_cr_ && c == '\n';
    if (after_cr_ && !line_end) {
        if (blank_ != 0) literal(std::exchange(blank_, 0), out);
        encoded('\r', out);
    }
    after_cr_ = c == '\r';
    if (after_cr_) return;
    if (line_end) {
        if (blank_ != 0) encoded(std::exchange(blank_, 0), out);
        out += "\r\n";
        column_ = 0;
        return;
    }
    if (blank_ != 0) literal(std::exchange(blank_, 0), out);
    if (c == ' ' || c == '\t')
        blank_ = c;
    else if (c > ' ' && c < 0x7f && c != '=')
        literal(c, out);
    else
        encoded(c, out);
}

void QuotedPrintableWriter::room(std::size_t octets, std::string& out)
{
    if (column_ + octets <= longest_line) return;
    out += "=\r\n";
    column_ = 0;
}

void QuotedPrintableWriter::literal(char c, std::string& out)
{
    room(1, out);
    out += c;
    ++column_;
}

void QuotedPrintableWriter::encoded(char c, std::string& out)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto octet = static_cast<unsigned char>(c);
    room(3, out);
    out += '=';
    out += digits[octet >> 4U];
    out += digits[octet & 15U];
    column_ += 3;
}

void QuotedPrintableWriter::end(std::string& out)
{
    if (blank_ != 0) encoded(std::exchange(blank_, 0), out);
    if (std::exchange(after_cr_, false)) encoded('\r', out);
    column_ = 0;
}

void Base64Writer::feed(std::string_view octets, std::string& out)
{
    while (!octets.empty()) {
        const auto part = octets.substr(0, octets_of_a_line - rest_.size());
        rest_ += part;
        octets.remove_prefix(part.size());
        if (rest_.size() == octets_of_a_line) line(out);
    }
}

void Base64Writer::line(std::string& out)
{
    if (std::exchange(begun_, true)) out += "\r\n";
    out += base64_encode(std::exchange(rest_, {}));
}

void Base64Writer::end(std::string& out)
{
    if (!rest_.empty()) line(out);
    begun_ = false;
}

}  // namespace imc::mail
