#include "base/text.h"
#include "cli/manual/html.h"

#include <algorithm>

namespace imc::cli {
namespace {

/// What each page has, or says with other words elsewhere: whoever searches wants none of them.
constexpr std::string_view told_elsewhere[] = {"NAME", "SYNOPSIS", "VERBS", "EXIT STATUS",
                                               "SEE ALSO"};

/// HTML without its tags, in one line; what was written out stays so.
std::string without_tags(std::string_view html)
{
    std::string out;
    bool in_tag = false;
    for (const char c : html) {
        if (c == '<') in_tag = true;
        const bool space = in_tag || c == '\n' || c == ' ';
        if (c == '>') in_tag = false;
        if (!space)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    return std::string{trim(out)};
}

/// "imc-queue(1)" of "imc-queue.1".
std::string title_of(const std::string& file)
{
    const auto dot = file.rfind('.');
    return file.substr(0, dot) + "(" + file.substr(dot + 1) + ")";
}

}  // namespace

std::string section_list(const std::string& file, std::string_view html)
{
    constexpr std::string_view begin = "<h", id_begin = " id=\"", id_end = "\">";
    std::string out;
    for (auto at = html.find(begin); at != html.npos;) {
        html.remove_prefix(at + begin.size());
        const bool of_page = html.starts_with('2');
        at = html.find(begin);
        const auto part = html.substr(0, at);
        const auto id = part.find(id_begin) + id_begin.size();
        const auto name = part.find(id_end) + id_end.size();
        const auto end = part.find("</h");
        const auto heading = part.substr(name, end - name);
        const auto text = without_tags(part.substr(part.find('>', end) + 1));
        if (text.empty() || std::ranges::find(told_elsewhere, heading) != std::end(told_elsewhere))
            continue;
        (((out += "<dt><a href=\"man-") += file) += ".html#")
            .append(part.substr(id, name - id_end.size() - id))
            .append("\">");
        if (of_page) out += title_of(file) + ", ";
        out.append(heading).append("</a></dt>\n<dd>").append(text).append("</dd>\n");
    }
    return out;
}

}  // namespace imc::cli
