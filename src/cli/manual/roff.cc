#include "cli/manual/roff.h"

#include "base/text.h"

namespace imc::cli::roff {
namespace {

/// A line that begins with . or ' would be a request.
std::string guarded(std::string line)
{
    if (line.starts_with('.') || line.starts_with('\'') || line.starts_with("\\(aq"))
        line.insert(0, "\\&");
    return line;
}

std::string in_quotes(std::string_view text) { return "\"" + plain(text) + "\""; }

}  // namespace

std::string plain(std::string_view text)
{
    std::string out;
    for (const char c : text)
        switch (c) {
        case '\\': out += "\\e"; break;
        case '-': out += "\\-"; break;
        case '\'': out += "\\(aq"; break;
        case '"': out += "\\(dq"; break;
        case '`': out += "\\(ga"; break;
        case '^': out += "\\(ha"; break;
        case '~': out += "\\(ti"; break;
        default: out += c;
        }
    return out;
}

std::string bold(std::string_view text) { return "\\fB" + plain(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + plain(text) + "\\fR"; }

std::string title(std::string_view page, char section)
{
    // No date: the same source makes the same page.
    return ".TH " + in_quotes(page) + " " + section +
           " \"\" \"imc " IMC_VERSION "\" \"Internet Mail Connector\"\n.nh\n.ad l\n";
}

std::string section(std::string_view name) { return ".SH " + in_quotes(name) + "\n"; }
std::string subsection(std::string_view name) { return ".SS " + in_quotes(name) + "\n"; }

std::string paragraph(std::string_view text)
{
    if (text.empty()) return {};
    return ".PP\n" + guarded(plain(text)) + "\n";
}

std::string item(const std::string& head, std::string_view text)
{
    std::string out = ".TP\n" + guarded(head) + "\n";
    bool first = true;
    for (const auto line : split(text, '\n')) {
        if (!first) out += ".br\n";
        first = false;
        out += guarded(plain(line.empty() ? std::string_view{" "} : line)) + "\n";
    }
    return out;
}

std::string example(std::string_view lines)
{
    std::string out = ".PP\n.RS 4\n.nf\n";
    for (const auto line : split(lines, '\n'))
        out += guarded(plain(line)) + "\n";
    return out + ".fi\n.RE\n";
}

}  // namespace imc::cli::roff
