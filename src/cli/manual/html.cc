#include "cli/manual/html.h"

#include "base/text.h"

#include <algorithm>

namespace imc::cli {
namespace {

/// The escapes that roff::plain() writes.
constexpr std::pair<std::string_view, char> roff_escapes[] = {
    {"\\e", '\\'},  {"\\-", '-'},   {"\\(aq", '\''}, {"\\(dq", '"'},
    {"\\(ga", '`'}, {"\\(ha", '^'}, {"\\(ti", '~'},
};

/// Letters and digits in lower case, and one - for all between.
std::string id_of(std::string_view heading)
{
    std::string out;
    for (const char c : heading) {
        const bool kept =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (kept)
            out += to_lower(c);
        else if (!out.empty() && out.back() != '-')
            out += '-';
    }
    while (out.ends_with('-'))
        out.pop_back();
    return out;
}

std::string page_of(std::string_view name, char section)
{
    if (name == "imc-registry") return "registry.html";
    if (name == "imc-events" && section == '7') return "events.html";
    if (!name.starts_with("imc")) return {};
    return "man-" + std::string{name} + "." + section + ".html";
}

/// "<b>imc-reg</b>(1)" leads to that page.
std::string with_links(std::string html)
{
    constexpr std::string_view begin = "<b>", end = "</b>(";
    for (std::size_t at = 0; (at = html.find(end, at)) != html.npos;) {
        const auto from = html.rfind(begin, at);
        const auto close = html.find(')', at);
        if (from == html.npos || close != at + end.size() + 1) {
            at += end.size();
            continue;
        }
        const auto name = html.substr(from + begin.size(), at - from - begin.size());
        const auto page = page_of(name, html[at + end.size()]);
        if (page.empty()) {
            at = close;
            continue;
        }
        const auto link =
            "<a href=\"" + page + "\">" + html.substr(from, close + 1 - from) + "</a>";
        html.replace(from, close + 1 - from, link);
        at = from + link.size();
    }
    return html;
}

/// One line of text with its escapes and fonts.
std::string inline_html(std::string_view text)
{
    std::string out, tag;
    const auto close = [&] {
        if (!tag.empty()) out += "</" + tag + ">";
        tag.clear();
    };
    while (!text.empty()) {
        if (text.starts_with("\\f") && text.size() > 2) {
            close();
            tag = text[2] == 'B' ? "b" : text[2] == 'I' ? "i" : "";
            if (!tag.empty()) out += "<" + tag + ">";
            text.remove_prefix(3);
        } else if (text.starts_with("\\&")) {
            text.remove_prefix(2);
        } else {
            const auto known = std::ranges::find_if(
                roff_escapes, [&](const auto& one) { return text.starts_with(one.first); });
            const bool is_escape = known != std::end(roff_escapes);
            out += html_text(is_escape ? std::string_view{&known->second, 1} : text.substr(0, 1));
            text.remove_prefix(is_escape ? known->first.size() : 1);
        }
    }
    close();
    return with_links(std::move(out));
}

/// Reads man(7) source line by line.
class HtmlWriter {
public:
    void line(std::string_view line)
    {
        if (line.starts_with(".SH "))
            heading("h2", line.substr(4));
        else if (line.starts_with(".SS "))
            heading("h3", line.substr(4));
        else if (line == ".PP")
            end_list();
        else if (line == ".TP")
            begin_item();
        else if (line == ".br")
            begins_anew_ = at_ != At::nothing && at_ != At::head;
        else if (line == ".nf")
            begin_example();
        else if (line == ".fi")
            end_block();
        else if (!line.starts_with('.'))
            text(line);
    }

    std::string finish()
    {
        end_list();
        return std::move(out_);
    }

private:
    enum class At : std::uint8_t { nothing, paragraph, head, item, example };

    void end_block()
    {
        if (at_ == At::paragraph) out_ += "</p>\n";
        if (at_ == At::item) out_ += "</dd>\n";
        if (at_ == At::example) out_ += "</pre>\n";
        at_ = At::nothing;
        empty_ = true;
        begins_anew_ = false;
    }

    void end_list()
    {
        end_block();
        if (in_list_) out_ += "</dl>\n";
        in_list_ = false;
    }

    void heading(std::string_view tag, std::string_view quoted)
    {
        end_list();
        const auto name = inline_html(quoted.substr(1, quoted.size() - 2));
        out_ += "<" + std::string{tag} + " id=\"" + id_of(name) + "\">" + name + "</" +
                std::string{tag} + ">\n";
    }

    void begin_item()
    {
        end_block();
        if (!in_list_) out_ += "<dl>\n";
        in_list_ = true;
        at_ = At::head;
    }

    void begin_example()
    {
        end_list();
        out_ += "<pre>";
        at_ = At::example;
    }

    void text(std::string_view line)
    {
        if (at_ == At::head) {
            out_ += "<dt>" + inline_html(line) + "</dt>\n<dd>";
            at_ = At::item;
            return;
        }
        if (at_ == At::nothing) {
            out_ += "<p>";
            at_ = At::paragraph;
        }
        if (!empty_) out_ += begins_anew_ ? "<br>\n" : "\n";
        out_ += inline_html(line);
        empty_ = begins_anew_ = false;
    }

    std::string out_;
    At at_ = At::nothing;
    bool in_list_ = false;
    bool empty_ = true;         ///< nothing stands in this block yet
    bool begins_anew_ = false;  ///< the next line does
};

}  // namespace

std::string html_text(std::string_view text)
{
    std::string out;
    for (const char c : text)
        switch (c) {
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '&': out += "&amp;"; break;
        case '"': out += "&quot;"; break;
        default: out += c;
        }
    return out;
}

std::string to_html(const Page& page)
{
    HtmlWriter writer;
    for (const auto line : split(page.text, '\n'))
        if (!line.empty()) writer.line(line);
    return writer.finish();
}

}  // namespace imc::cli
