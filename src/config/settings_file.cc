#include "config/settings_file.h"

#include "config/parse.h"
#include "config/setting_table.h"
#include "directory/schema.h"
#include "registry/values.h"

#include <algorithm>

namespace imc::config {
namespace {

constexpr std::size_t most_octets = 4 << 20;
constexpr std::size_t longest_line = 64 << 10;

Error at(std::size_t line, const std::string& what)
{
    return Error{EventId::config_file_invalid, "line " + std::to_string(line) + ": " + what};
}

std::string in_quotes(std::string_view text) { return "\"" + printable(text, 80) + "\""; }

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    const char low = to_lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// Behind the opening quotation mark, up to the closing one, which ends the line.
Result<std::string> unquote(std::string_view text, std::size_t line)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') {
            if (i + 1 == text.size()) return out;
            return at(line,
                      in_quotes(text.substr(i + 1)) + " found behind the closing quotation mark");
        }
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        const char escape = i + 1 < text.size() ? text[++i] : '\0';
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (escape == '\\' || escape == '"')
            out += escape;
        else if (escape == 'n')
            out += '\n';
        else if (escape == 'r')
            out += '\r';
        else if (escape == 't')
            out += '\t';
        else if (escape == 'x' && high >= 0 && low >= 0) {
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else
            return at(line, "\\ found, and \\\\, \\\", \\n, \\r, \\t or \\xNN expected");
    }
    return at(line, "no closing quotation mark");
}

std::string quote(const std::string& value)
{
    const bool plain = !value.empty() && trim(value) == value && value.front() != '"' &&
                       is_utf8(value) && std::ranges::none_of(value, is_control);
    if (plain) return value;
    constexpr std::string_view digits = "0123456789abcdef";
    const bool text = is_utf8(value);
    std::string out = "\"";
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (is_control(c) || (!text && octet >= 0x80))
            out += {'\\', 'x', digits[octet >> 4U], digits[octet & 15U]};
        else
            out += c;
    }
    return out + "\"";
}

/// As the value stands in the registry. The Error says what is wrong with it.
Result<registry::Value> registry_value(const registry::ValueInfo& info,
                                       const std::vector<std::string>& values)
{
    using registry::Type;
    using registry::Value;
    Value out;
    if (info.type == Type::multi_sz) {
        const bool none = values.size() == 1 && values.front().empty();
        out = Value::multi_sz(none ? std::vector<std::string>{} : values);
        for (const auto& value : values)
            if ((value.empty() && !none) || !is_utf8(value) || value.find('\0') != value.npos)
                return Error{EventId::config_file_invalid,
                             in_quotes(value) +
                                 " found; texts in UTF-8 expected, none of them empty"};
    } else if (info.type == Type::sz || info.type == Type::expand_sz) {
        if (!is_utf8(values.front()))
            return Error{EventId::config_file_invalid,
                         in_quotes(values.front()) + " found, a text in UTF-8 expected"};
        out = Value::sz(values.front(), info.type);
    } else {
        auto read = registry::value_from_text(info.type, values.front());
        if (!read) return Error{EventId::config_file_invalid, read.error().detail()};
        out = std::move(*read);
    }
    if (const auto flaw = registry::value_flaw(info, out); !flaw.empty())
        return Error{EventId::config_file_invalid, flaw};
    return out;
}

class Parser {
public:
    Result<SettingsFile> run(std::string_view text)
    {
        if (text.size() > most_octets)
            return at(1, std::to_string(text.size()) + " octets found, at most " +
                             std::to_string(most_octets) + " expected");
        if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
        for (const auto raw : split(text, '\n')) {
            ++line_;
            if (raw.size() > longest_line)
                return at(line_, "a line of " + std::to_string(raw.size()) + " octets");
            const auto line = trim(raw);
            if (line.empty() || line.front() == '#' || line.front() == ';') continue;
            if (!is_utf8(line) ||
                std::ranges::any_of(line, [](char c) { return is_control(c) && c != '\t'; }))
                return at(line_, in_quotes(line) + " found, text in UTF-8 expected");
            auto read = line.front() == '[' ? section(line) : row(line);
            if (!read) return read.error();
        }
        for (auto& setting : out_.settings)
            if (auto sound = judge(setting); !sound) return sound.error();
        return std::move(out_);
    }

private:
    Result<> section(std::string_view line)
    {
        if (!line.ends_with(']'))
            return at(line_, in_quotes(line) + " found, ] expected at its end");
        auto inside = trim(line.substr(1, line.size() - 2));
        const bool gone = inside.starts_with('-');
        if (gone) inside = trim(inside.substr(1));
        std::string name = lower(inside);
        const bool profile = name.starts_with("domain ");
        if (profile) {
            const auto written = trim(std::string_view{name}.substr(7));
            const auto domain =
                written == "*" ? Result<std::string>{"*"} : parse_domain(std::string{written});
            if (!domain) return at(line_, domain.error().detail());
            name = "domain " + *domain;
        }
        if (gone && !profile)
            return at(line_, in_quotes(line) + " found; only [-domain NAME] can be removed");
        if (name != "registry" && class_of_section(name).empty())
            return at(line_, in_quotes(inside) + " found; registry, connector, server, site "
                                                 "addressing, site, organization or domain NAME "
                                                 "expected");
        auto& into = gone ? out_.gone : out_.sections;
        const auto& other = gone ? out_.sections : out_.gone;
        if (std::ranges::find(other, name) != other.end())
            return at(line_, "[" + name + "] is wanted and is to be removed");
        if (std::ranges::find(into, name) == into.end()) into.push_back(name);
        section_ = gone ? std::string{} : name;
        gone_ = gone;
        return {};
    }

    Result<> row(std::string_view line)
    {
        if (section_.empty())
            return at(line_, gone_ ? "a profile that is to be removed has no settings"
                                   : in_quotes(line) + " found before any [section]");
        const auto equals = line.find('=');
        if (equals == std::string_view::npos)
            return at(line_, in_quotes(line) + " found, NAME = VALUE expected");
        const auto name = trim(line.substr(0, equals));
        const auto info = find_setting(section_, name);
        if (!info) {
            const auto near = nearest_setting(section_, name);
            return at(line_, "[" + section_ + "] has no setting " + in_quotes(name) +
                                 (near.empty() ? "" : "; did you mean " + std::string{near} + "?"));
        }
        const auto text = trim(line.substr(equals + 1));
        const bool away = text.empty();
        auto value = text.starts_with('"') ? unquote(text.substr(1), line_)
                                           : Result<std::string>{std::string{text}};
        if (!value) return value.error();
        const auto there = std::ranges::find_if(out_.settings, [&](const WantedSetting& s) {
            return s.section == section_ && s.name == info->name;
        });
        if (there == out_.settings.end()) {
            out_.settings.push_back({section_, std::string{info->name}, {}, line_});
            if (!away) out_.settings.back().values.emplace({std::move(*value)});
            return {};
        }
        if (away || !there->values || !info->several)
            return at(line_, std::string{info->name} + " stands in line " +
                                 std::to_string(there->line) + " already" +
                                 (info->several ? ", and is taken away in one of them"
                                                : ", and has one value"));
        there->values->push_back(std::move(*value));
        return {};
    }

    static Result<> judge(const WantedSetting& setting)
    {
        if (!setting.values) return {};
        if (setting.section == "registry") {
            const auto value = registry_value(*registry::find_value(setting.name), *setting.values);
            if (!value) return at(setting.line, setting.name + ": " + value.error().detail());
            return {};
        }
        const auto* rule = find_attribute(setting.name);
        std::vector<std::string> seen;
        for (const auto& value : *setting.values) {
            if (rule != nullptr && !is_value_of(*rule, value))
                return at(setting.line, setting.name + ": " + in_quotes(value) + " found; " +
                                            find_setting(setting.section, setting.name)->range +
                                            " expected");
            auto normal = normalized_value(setting.name, value);
            if (std::ranges::find(seen, normal) != seen.end())
                return at(setting.line, setting.name + ": " + in_quotes(value) + " stands twice");
            seen.push_back(std::move(normal));
        }
        return {};
    }

    SettingsFile out_;
    std::string section_;
    bool gone_ = false;
    std::size_t line_ = 0;
};

void put(std::string& out, std::string_view name, const std::vector<std::string>& values)
{
    if (values.empty()) out += std::string{name} + " = \"\"\n";
    for (const auto& value : values)
        out += std::string{name} + " = " + quote(value) + "\n";
}

void put_registry(std::string& out, const Snapshot& snapshot)
{
    out += "[registry]\n";
    for (const auto& value : snapshot.registry.values(registry::parameters_key)) {
        const auto* info = registry::find_value(value.name);
        const auto flaw = info == nullptr ? std::string{"nobody reads it"}
                                          : registry::value_flaw(*info, value.value);
        if (flaw.empty())
            put(out, info->name, texts_of(value.value));
        else
            out += "# not written: " + printable(value.name, 80) + ", " + flaw + "\n";
    }
}

/// A document in which the value is what the file says; untouched when it was already.
Result<> into(Snapshot& out, const WantedSetting& setting)
{
    using registry::parameters_key;
    const auto& info = *registry::find_value(setting.name);
    const auto* there = out.registry.find(parameters_key, setting.name);
    // Under a historic spelling, too.
    std::string name = setting.name;
    for (const auto& value : out.registry.values(parameters_key))
        if (registry::find_value(value.name) == &info) {
            name = value.name;
            there = out.registry.find(parameters_key, name);
        }
    if (!setting.values) {
        if (there != nullptr) out.registry.erase(parameters_key, name);
        return {};
    }
    auto value = registry_value(info, *setting.values);
    if (!value) return at(setting.line, value.error().detail());
    const bool same = there != nullptr && texts_of(there->value) == texts_of(*value) &&
                      registry::value_flaw(info, there->value).empty();
    if (!same) out.registry.set(parameters_key, name, std::move(*value));
    return {};
}

Entry* find(Snapshot& snapshot, const std::string& section)
{
    const auto found = std::ranges::find(snapshot.objects, section, &Snapshot::Object::section);
    return found == snapshot.objects.end() ? nullptr : &found->entry;
}

Entry named(const Dn& dn, const char* object_class)
{
    Entry entry{dn, {}};
    entry.attributes["objectClass"] = {"top", object_class};
    const auto& name = dn.rdns().front().front();
    entry.attributes[name.type] = {name.value};
    return entry;
}

/// The object of a section, made when it is one of those that may be missing.
Entry* object_of(Snapshot& snapshot, const std::string& section)
{
    if (auto* there = find(snapshot, section)) return there;
    const auto add = [&](const std::string& name, Entry entry) {
        snapshot.objects.push_back({name, std::move(entry)});
    };
    if (section == "site addressing")
        add(section, named(snapshot.connector.parent().parent().child("cn", "Site Addressing"),
                           "imcSiteAddressing"));
    else if (section.starts_with("domain ")) {
        if (find(snapshot, "profiles") == nullptr)
            add("profiles", named(snapshot.profiles(), "imcContainer"));
        add(section, named(snapshot.profiles().child("cn", section.substr(7)), "imcDomainProfile"));
    }
    return find(snapshot, section);
}

void set(Entry& entry, const WantedSetting& setting)
{
    if (!setting.values) {
        entry.attributes.erase(setting.name);
        return;
    }
    auto& values = entry.attributes[setting.name];
    values = *setting.values;
    const auto class_name = "imcDefaults";
    const auto* whole = structural_class(entry);
    const auto own = whole != nullptr ? split(whole->may, ' ') : std::vector<std::string_view>{};
    const bool needs_class =
        std::ranges::none_of(own, [&](auto name) { return same_word(name, setting.name); }) &&
        same_word(setting.name, "description") == false &&
        !(whole != nullptr && whole->must.find(setting.name) != std::string_view::npos);
    if (needs_class && !entry.has_class(class_name))
        entry.attributes["objectClass"].emplace_back(class_name);
}

}  // namespace

Result<SettingsFile> parse_settings_file(std::string_view text) { return Parser{}.run(text); }

std::string to_settings_file(const Snapshot& snapshot)
{
    std::string out;
    put_registry(out, snapshot);
    for (const auto& object : snapshot.objects) {
        std::string rows;
        for (const auto name : settings_of_section(object.section)) {
            const auto values = object.entry.all(name);
            if (!values.empty()) put(rows, name, {values.begin(), values.end()});
        }
        const bool needed = object.section.starts_with("domain ");
        if (!rows.empty() || needed) out += "\n[" + object.section + "]\n" + rows;
    }
    return out;
}

Result<Snapshot> with(const Snapshot& now, const SettingsFile& file)
{
    Snapshot out = now;
    for (const auto& section : file.gone)
        std::erase_if(out.objects, [&](const auto& object) { return object.section == section; });
    for (const auto& section : file.sections)
        if (section.starts_with("domain ")) (void)object_of(out, section);
    for (const auto& setting : file.settings) {
        if (setting.section == "registry") {
            if (auto set = into(out, setting); !set) return set.error();
            continue;
        }
        if (!setting.values && find(out, setting.section) == nullptr) continue;
        auto* entry = object_of(out, setting.section);
        if (entry == nullptr)
            return at(setting.line, "the directory has no object for [" + setting.section + "]");
        set(*entry, setting);
    }
    if (out.registry.to_text() != now.registry.to_text())
        out.registry_text = out.registry.to_text();
    return out;
}

}  // namespace imc::config
