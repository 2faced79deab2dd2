#include "config/provenance.h"

#include "config/parse.h"
#include "config/profiles.h"
#include "registry/values.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace imc::config {
namespace {

using registry::parameters_key;

struct Pair {
    std::string_view attribute, value;
};
constexpr Pair fallback[] = {{"imcMaxConnections", "MaxOutboundConnectionsPerHost"},
                             {"imcMessagesPerConnection", "MaxMessagesPerConnection"}};
constexpr Pair superseding{"imcMaxMessageKB", "InboundSizeLimit"};

class Maker {
public:
    Maker(const Snapshot& snapshot, const std::string& registry)
        : snapshot_{snapshot}, registry_{registry}
    {
        const auto* connector = snapshot.find("connector");
        if (connector == nullptr) return;
        for (const auto& text : connector->all("imcDeliveryRouting"))
            if (auto row = parse_delivery_row(text, rows_.size() + 1))
                rows_.push_back(std::move(*row));
    }

    std::vector<Provenance> run(std::string_view domain)
    {
        for (const auto name : settings_of_section("registry"))
            registry_setting(name);
        for (const auto name : settings_of_section("connector"))
            out_.push_back({"connector", *find_setting("connector", name), connector_layers(name)});
        for (const char* section : {"site addressing", "server"})
            for (const auto name : settings_of_section(section))
                if (!find_setting("connector", name)) own_setting(section, name);
        for (const auto& object : snapshot_.objects)
            if (object.section.starts_with("domain ")) profile(object.section);
        const auto section = "domain " + lower(domain);
        if (!domain.empty() && snapshot_.find(section) == nullptr) profile(section);
        return std::move(out_);
    }

private:
    static void built_in(const SettingInfo& info, std::vector<Layer>& into)
    {
        if (!info.preset.empty()) into.push_back({"built-in", "", {std::string{info.preset}}});
    }

    /// A value of the registry, as it stands.
    void of_registry(std::string_view name, std::vector<Layer>& into) const
    {
        const auto* info = registry::find_value(name);
        for (const auto& value : snapshot_.registry.values(parameters_key))
            if (registry::find_value(value.name) == info)
                into.push_back({"registry", registry_ + ", value " + value.name,
                                texts_of(value.value), registry::value_flaw(*info, value.value)});
    }

    void of_section(const char* section, std::string_view attribute, std::vector<Layer>& into) const
    {
        const auto* entry = snapshot_.find(section);
        if (entry == nullptr) return;
        const auto values = entry->all(attribute);
        if (!values.empty())
            into.push_back({section, entry->dn.to_rfc4514(), {values.begin(), values.end()}});
    }

    void of_levels(std::string_view attribute, std::vector<Layer>& into) const
    {
        for (const char* section :
             {"organization", "site", "site addressing", "server", "connector"})
            of_section(section, attribute, into);
    }

    void registry_setting(std::string_view name)
    {
        Provenance made{"registry", *find_setting("registry", name), {}};
        built_in(made.info, made.layers);
        if (name == superseding.value) of_page(made.layers);
        of_registry(name, made.layers);
        out_.push_back(std::move(made));
    }

    /// imcMaxMessageKB in octets; 0 does not limit.
    void of_page(std::vector<Layer>& into) const
    {
        std::vector<Layer> page;
        of_levels(superseding.attribute, page);
        for (auto& layer : page) {
            const auto kib = parse_number(layer.values.front());
            layer.where += ", attribute imcMaxMessageKB";
            if (!kib || *kib > 2'097'151)
                layer.flaw = "no number of KiB";
            else if (*kib == 0)
                layer.flaw = "0: no limit there";
            else
                layer.values = {std::to_string(*kib * 1024)};
        }
        // Of the page only the nearest object speaks, even if what it says is "no limit".
        if (!page.empty())
            for (auto layer = page.begin(); layer + 1 != page.end(); ++layer)
                if (layer->flaw.empty()) layer->flaw = "shadowed by " + page.back().name;
        into.insert(into.end(), page.begin(), page.end());
    }

    std::vector<Layer> connector_layers(std::string_view name) const
    {
        std::vector<Layer> layers;
        built_in(*find_setting("connector", name), layers);
        for (const auto& pair : fallback)
            if (pair.attribute == name) of_registry(pair.value, layers);
        of_levels(name, layers);
        if (name != superseding.attribute) return layers;
        of_registry(superseding.value, layers);
        if (layers.back().name == "registry")
            for (auto& value : layers.back().values)
                value += " octets";
        return layers;
    }

    void own_setting(const char* section, std::string_view name)
    {
        Provenance made{section, *find_setting(section, name), {}};
        built_in(made.info, made.layers);
        of_section(section, name, made.layers);
        out_.push_back(std::move(made));
    }

    /// What a profile inherits beside its domain's name is its own affair.
    static bool is_own_affair(std::string_view name)
    {
        return name == "imcSubdomains" || name == "description" || name == "imcDeliveryRouting";
    }

    void profile(const std::string& section)
    {
        const auto* own = snapshot_.find(section);
        const auto all = sayers(section);
        for (const auto name : settings_of_section(section)) {
            const bool says = own != nullptr && !own->all(name).empty();
            if (!says && is_own_affair(name)) continue;
            Provenance made{section, *find_setting(section, name), {}, !says};
            const bool inherits = find_setting("connector", name).has_value() &&
                                  name != superseding.attribute && !is_own_affair(name);
            if (inherits)
                made.layers = connector_layers(name);
            else
                built_in(made.info, made.layers);
            for (const auto& sayer : all) {
                if (sayer.row != nullptr) {
                    if (name == "imcSmartHost") of_row(*sayer.row, made.layers);
                } else if (!is_own_affair(name) || sayer.section == section) {
                    of_section(sayer.section.c_str(), name, made.layers);
                }
            }
            out_.push_back(std::move(made));
        }
    }

    void of_row(const DeliveryRow& row, std::vector<Layer>& into) const
    {
        into.push_back({"row " + std::string{row.exact ? "#" : ""} + row.domain,
                        snapshot_.connector.to_rfc4514() + ", attribute imcDeliveryRouting",
                        layer_of(row).values.at("imcSmartHost")});
    }

    /// Who says something of a domain: a profile or a row, of it or of a domain above it.
    struct Sayer {
        std::size_t length;  ///< of its name; "*": 0
        std::string section;
        const DeliveryRow* row = nullptr;
    };

    static bool speaks_of(std::string_view above, bool subdomains, std::string_view domain)
    {
        if (above == "*" || above == domain) return true;
        return subdomains && domain.size() > above.size() && domain.ends_with(above) &&
               domain[domain.size() - above.size() - 1] == '.';
    }

    /// The farthest first; of one name the row before the object.
    std::vector<Sayer> sayers(const std::string& section) const
    {
        const auto domain = std::string_view{section}.substr(7);
        const auto length = [](std::string_view name) {
            return name == "*" ? std::size_t{0} : name.size();
        };
        std::vector<Sayer> out;
        for (const auto& row : rows_)
            if (speaks_of(row.domain, !row.exact, domain))
                out.push_back({length(row.domain), "", &row});
        for (const auto& object : snapshot_.objects) {
            if (!object.section.starts_with("domain ")) continue;
            const auto name = std::string_view{object.section}.substr(7);
            if (speaks_of(name, !same_word(object.entry.first("imcSubdomains"), "FALSE"), domain))
                out.push_back({length(name), object.section});
        }
        std::ranges::sort(out, {}, [](const Sayer& one) {
            return std::tuple{one.length, one.row == nullptr, one.row != nullptr && one.row->exact,
                              one.row != nullptr ? one.row->text : one.section};
        });
        return out;
    }

    const Snapshot& snapshot_;
    const std::string& registry_;
    std::vector<DeliveryRow> rows_;
    std::vector<Provenance> out_;
};

}  // namespace

const Layer* Provenance::winner() const
{
    const auto found = std::find_if(layers.rbegin(), layers.rend(),
                                    [](const Layer& layer) { return layer.flaw.empty(); });
    return found == layers.rend() ? nullptr : &*found;
}

std::vector<Provenance> provenance(const Snapshot& snapshot, const std::string& registry,
                                   std::string_view domain)
{
    return Maker{snapshot, registry}.run(domain);
}

std::string to_text(const std::vector<std::string>& values)
{
    std::string out;
    for (const auto& value : values)
        out += (out.empty() ? "" : ", ") + (value.empty() ? "\"\"" : printable(value, 200));
    return out.empty() ? "an empty list" : out;
}

}  // namespace imc::config
