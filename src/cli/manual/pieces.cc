#include "admin/config_fields.h"
#include "base/text.h"
#include "cli/manual/html.h"
#include "config/setting_table.h"

#include <set>

namespace imc::cli {
namespace {

constexpr std::string_view property_pages[] = {
    "general",  "connections",           "internet-mail", "address-space", "routing",
    "security", "delivery-restrictions", "queues",        "diagnostics",   "schedule"};

struct FieldPlace {
    std::string_view section, words;
};
/// Where the fields of the pages stand; what an earlier one has is not said again.
constexpr FieldPlace field_places[] = {{"connector", "on the connector object"},
                                       {"server", "on the server object"},
                                       {"site addressing", "on the object Site Addressing"},
                                       {"domain *", "on the profile of a domain"},
                                       {"registry", "in the registry of this host"}};

std::string type_words(const admin::FieldForm& form)
{
    if (form.type == "list") return "a list, one a line";
    if (form.type == "boolean") return "yes or no";
    if (form.type == "choice") return "one of";
    return form.type == "number" ? "a number" : "a text";
}

void put_fact(std::string& out, std::string_view name, const std::string& html)
{
    if (html.empty()) return;
    out += "<dt>" + std::string{name} + "</dt><dd>" + html + "</dd>\n";
}

std::string field_html(const FieldPlace& place, const config::SettingInfo& info)
{
    const std::string name{info.name};
    const auto form = admin::form_of(place.section, info);
    auto type = type_words(form);
    if (!info.unit.empty()) type += ", in " + html_text(info.unit);
    const bool says_more = !info.range.empty() && form.type != "boolean" && info.range != "a text";
    if (says_more) type += (form.type == "choice" ? " " : ": ") + html_text(info.range);
    std::string out = "<h3 id=\"" + name + "\">" + html_text(admin::label_of(info.name)) +
                      " <code>" + name + "</code></h3>\n<p>" + html_text(info.text) +
                      "</p>\n<dl class=\"facts\">\n";
    put_fact(out, "Type", type);
    put_fact(out, "Default",
             info.preset.empty() ? "none" : "<code>" + html_text(info.preset) + "</code>");
    put_fact(out, "Takes effect", html_text(info.effect));
    auto where = std::string{place.words};
    if (place.section == "registry")
        where = "<a href=\"registry.html#" + name + "\">" + where + "</a>";
    put_fact(out, "Stands", where);
    return out + "</dl>\n";
}

struct FieldHere {
    const FieldPlace& place;
    config::SettingInfo info;
};

std::vector<FieldHere> fields_of(std::string_view tab)
{
    std::vector<FieldHere> out;
    std::set<std::string_view> said;
    for (const auto& place : field_places)
        for (const auto name : config::settings_of_section(place.section)) {
            if (admin::tab_of(name) != tab || !said.insert(name).second) continue;
            if (auto info = config::find_setting(place.section, name))
                out.push_back({place, std::move(*info)});
        }
    return out;
}

std::string list_row(const std::string& address, const std::string& name, std::string_view text)
{
    return "<dt><a href=\"" + address + "\">" + html_text(name) + "</a></dt>\n<dd>" +
           html_text(text) + "</dd>\n";
}

std::string command_row(const std::string& page, const std::string& command,
                        const std::string& text)
{
    return list_row("man-" + page + ".html", command, text);
}

/// For the search, which finds nothing in pages that are filled in later.
std::string field_list()
{
    std::string out = "<dl class=\"commands\">\n";
    for (const auto tab : property_pages)
        for (const auto& [place, info] : fields_of(tab))
            out += list_row("property-" + std::string{tab} + ".html#" + std::string{info.name},
                            admin::label_of(info.name) + " (" + std::string{info.name} + ")",
                            info.text);
    return out + "</dl>\n";
}

std::string command_list(const CLI::App& imc)
{
    auto out = "<dl class=\"commands\">\n" +
               command_row("imc.1", "imc", "the Internet Mail Connector: its commands");
    for (const auto* command :
         imc.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); }))
        out += command_row("imc-" + command->get_name() + ".1", "imc " + command->get_name(),
                           command->get_description());
    return out +
           command_row("imc.service.8", "imc.service",
                       "the unit for systemd: what it does, and how to change it") +
           "</dl>\n";
}

}  // namespace

std::string fields_html(std::string_view tab)
{
    std::string out;
    for (const auto& [place, info] : fields_of(tab))
        out += field_html(place, info);
    return out;
}

HtmlPieces html_pieces(const CLI::App& imc)
{
    HtmlPieces out{{"commands", command_list(imc)}, {"fields", field_list()}};
    auto pages = command_pages(imc);
    pages.push_back(service_page());
    std::string sections;
    for (const auto& page : pages) {
        auto html = to_html(page);
        sections += section_list(page.file, html);
        out["man-" + page.file] = std::move(html);
    }
    out["sections"] = "<dl>\n" + sections + "</dl>\n";
    for (const auto tab : property_pages)
        out["fields-" + std::string{tab}] = fields_html(tab);
    return out;
}

}  // namespace imc::cli
