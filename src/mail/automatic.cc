#include "mail/automatic.h"

#include "base/text.h"
#include "mail/header.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace imc::mail {
namespace {

std::string_view first_word(std::string_view value)
{
    value = trim(value);
    return value.substr(0, std::min(value.find_first_of(" \t;(,\r\n"), value.size()));
}

std::string_view last_said(const std::vector<std::string>& values)
{
    return values.empty() ? std::string_view{} : first_word(values.back());
}

bool speaks_of_absence(std::string_view value)
{
    const auto text = lower(value);
    return std::ranges::any_of(
        std::array<std::string_view, 4>{"vacation", "oof", "out of office", "out-of-office"},
        [&text](std::string_view word) { return text.find(word) != text.npos; });
}

struct Found {
    std::vector<std::string> auto_submitted, autoforwarded, precedence, content_type, suppress,
        autoreply;
    bool list = false;
};

Found look(std::string_view header)
{
    Found out;
    for (const auto& field : header_fields(header)) {
        const auto value = [&field] { return std::string{trim(unfold(field.value))}; };
        if (same_word(field.name, "Auto-Submitted")) out.auto_submitted.push_back(value());
        if (same_word(field.name, "Autoforwarded")) out.autoforwarded.push_back(value());
        if (same_word(field.name, "Precedence")) out.precedence.push_back(value());
        if (same_word(field.name, "Content-Type")) out.content_type.push_back(value());
        if (same_word(field.name, "X-Auto-Response-Suppress")) out.suppress.push_back(value());
        if (same_word(field.name, "X-Autoreply") || same_word(field.name, "X-Autorespond"))
            out.autoreply.push_back(value());
        out.list = out.list || (starts_with_word(field.name, "List-") && !value().empty());
    }
    return out;
}

Automatic reply_kind(const Found& found)
{
    return !found.auto_submitted.empty() && speaks_of_absence(found.auto_submitted.back())
               ? Automatic::out_of_office
               : Automatic::reply;
}

Automatic kind_of(const Found& found, const AutomaticSigns& signs, bool null_sender)
{
    if (same_word(last_said(found.content_type), "multipart/report")) return Automatic::report;
    if (same_word(last_said(found.autoforwarded), "true")) return Automatic::forward;
    const auto submitted = last_said(found.auto_submitted);
    if (same_word(submitted, "auto-forwarded")) return Automatic::forward;
    const auto autoreply = last_said(found.autoreply);
    if (same_word(submitted, "auto-replied") ||
        same_word(last_said(found.precedence), "auto_reply") ||
        (!autoreply.empty() && !same_word(autoreply, "no") && !same_word(autoreply, "false")))
        return reply_kind(found);
    // vacation(1) and Exchange say it so; a list's mail and a bounce of an old kind do not.
    if (null_sender && !signs.from_list && (signs.bulk || signs.no_replies))
        return reply_kind(found);
    if (!submitted.empty() && !same_word(submitted, "no")) return Automatic::other;
    if (signs.from_list || signs.bulk) return Automatic::other;
    return null_sender ? Automatic::report : Automatic::no;
}

}  // namespace

std::string_view to_string(Automatic kind)
{
    switch (kind) {
    case Automatic::no: return "not automatic";
    case Automatic::report: return "report";
    case Automatic::reply: return "automatic reply";
    case Automatic::out_of_office: return "out-of-office reply";
    case Automatic::forward: return "automatic forward";
    case Automatic::other: return "automatic message";
    }
    return "";
}

AutomaticSigns look_for_automatic(std::string_view header, bool null_sender)
{
    const auto found = look(header);
    const auto precedence = last_said(found.precedence);
    AutomaticSigns out;
    out.from_list = found.list || same_word(precedence, "list");
    out.bulk = same_word(precedence, "bulk") || same_word(precedence, "junk");
    for (const auto& value : found.suppress)
        for (auto word : split(value, ',')) {
            word = trim(word);
            const bool all = same_word(word, "All");
            out.no_replies =
                out.no_replies || all || same_word(word, "OOF") || same_word(word, "AutoReply");
            out.no_delivery_report = out.no_delivery_report || all || same_word(word, "DR");
        }
    out.kind = kind_of(found, out, null_sender);
    return out;
}

}  // namespace imc::mail
