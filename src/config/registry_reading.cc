#include "base/files.h"
#include "base/text.h"
#include "config/identity.h"
#include "config/settings_view.h"
#include "registry/store.h"
#include "registry/values.h"

#include <algorithm>
#include <unistd.h>

namespace imc::config {
namespace {

using registry::Document;
using registry::Found;
using registry::parameters_key;

class RegistrySettings final : public SettingsView {
public:
    explicit RegistrySettings(Document document) : document_{std::move(document)} {}

    std::optional<std::string> text(std::string_view name) const override
    {
        const auto* value = sound(name);
        return value != nullptr ? value->as_text() : std::nullopt;
    }
    std::optional<std::uint64_t> number(std::string_view name) const override
    {
        const auto* value = sound(name);
        return value != nullptr ? value->as_number() : std::nullopt;
    }
    std::optional<std::vector<std::string>> list(std::string_view name) const override
    {
        const auto* value = sound(name);
        return value != nullptr ? value->as_list() : std::nullopt;
    }
    std::string all() const override
    {
        std::string out;
        for (const auto& info : registry::value_table())
            if (const auto* found = document_.find(parameters_key, info.name))
                out += std::string{info.name} + "=" + found->value.to_display() + "\n";
        return out;
    }

private:
    const registry::Value* sound(std::string_view name) const
    {
        const auto* found = document_.find(parameters_key, name);
        if (found == nullptr) return nullptr;
        const auto* info = registry::find_value(name);
        return info == nullptr || value_flaw(*info, found->value).empty() ? &found->value : nullptr;
    }

    Document document_;
};

class Judge {
public:
    Judge(const Paths& paths, const Document& document, std::vector<Assertion>& out)
        : paths_{paths}, document_{document}, out_{out}
    {}

    void run()
    {
        const auto before = out_.size();
        for (const auto& duplicate : document_.duplicates(parameters_key))
            twice(duplicate);
        for (const auto& value : document_.values(parameters_key))
            one(value);
        const bool flawed =
            std::any_of(out_.begin() + static_cast<std::ptrdiff_t>(before), out_.end(),
                        [](const auto& a) { return a.status == Status::failed; });
        if (!flawed) out_.push_back({"registry.values", EventId::value_invalid, Status::passed});
    }

private:
    Assertion& add(const std::string& name, Status status, std::size_t line)
    {
        const auto* info = registry::find_value(name);
        const auto spelled = info != nullptr ? std::string{info->name} : name;
        const auto event = same_word(spelled, "SiteDN") ? EventId::config_load_failed
                           : same_word(spelled, "CommonName") || same_word(spelled, "HomeDSA")
                               ? EventId::store_session_init_failed
                               : EventId::value_invalid;
        out_.push_back({"registry.value." + spelled, event, status});
        out_.back().where =
            paths_.registry() + ", line " + std::to_string(line) + ", value " + name;
        return out_.back();
    }

    void twice(const Document::Duplicate& duplicate)
    {
        const auto* last = document_.find(parameters_key, duplicate.name);
        auto& a = add(duplicate.name, Status::failed, duplicate.lines.back());
        std::string lines;
        for (const auto line : duplicate.lines)
            lines += (lines.empty() ? "" : " and ") + std::to_string(line);
        a.found = std::to_string(duplicate.lines.size()) + " values, in lines " + lines;
        a.expected = "one value";
        a.why =
            "the value stands in the file more than once, and which one was meant cannot be seen";
        // Which of them is right cannot be known here; for SiteDN the directory knows.
        if (same_word(duplicate.name, "SiteDN") && last != nullptr) {
            a.fix = "imc check --fix" + paths_.option() +
                    "  (keeps one, and makes it equal to the directory's names)";
            a.automatic.registry = {{"SiteDN", "SZ", last->value.as_text().value_or("")}};
        }
    }

    void one(const Found& value)
    {
        const auto* info = registry::find_value(value.name);
        if (info == nullptr) return unknown(value);
        const auto flaw = value_flaw(*info, value.value);
        if (flaw.empty()) return;
        auto& a = add(value.name, Status::failed, value.line);
        const auto at = flaw.find(" found, ");
        a.found = flaw.substr(0, at);
        const auto shown = printable(value.value.to_display(), 100);
        if (at != std::string::npos && a.found.find(shown) == std::string::npos)
            a.found += ": " + shown;
        a.expected = at == std::string::npos ? to_string(info->type) : flaw.substr(at + 8);
        if (a.expected.ends_with(" expected")) a.expected.resize(a.expected.size() - 9);
        a.why = "the value cannot be used as it stands; 'imc reg describe " +
                std::string{info->name} + "' tells what it means";
        offer(a, *info);
    }

    /// What there may be none of, or has a default, is mended by removing it; identity is mended
    /// from the directory.
    void offer(Assertion& a, const registry::ValueInfo& info) const
    {
        const std::string name{info.name};
        const bool identity = same_word(name, "SiteDN") || same_word(name, "CommonName");
        const bool may_be_missing =
            info.type != registry::Type::sz && !same_word(name, "Listeners");
        if (info.preset.empty() && !identity && !may_be_missing) {
            a.fix = "imc reg add -v " + name + " -t " + to_string(info.type) + " -d VALUE -f" +
                    paths_.option();
            return;
        }
        a.fix = "imc reg delete -v " + name + " -f" + paths_.option() +
                (identity ? "  (then the next check offers the right one)"
                 : info.preset.empty()
                     ? ""
                     : "  (the default, " + std::string{info.preset} + ", is in force then)");
        a.automatic.registry = {{name, "", ""}};
    }

    void unknown(const Found& value)
    {
        if (const auto* past = registry::find_historic(value.name)) {
            auto& a = add(value.name, Status::warning, value.line);
            a.found = value.name;
            a.expected = "no such value";
            a.why = "it has no effect: " + std::string{past->why};
            a.fix = "imc reg delete -v " + shell_word(value.name) + " -f" + paths_.option();
            return;
        }
        const auto* near = registry::nearest_value(value.name);
        if (near == nullptr) return;  // other programs may keep values of their own here
        auto& a = add(value.name, Status::warning, value.line);
        a.found = value.name;
        a.expected = std::string{near->name};
        a.why = "nobody reads a value of this name; was the one beside it meant?";
        a.fix = "imc reg delete -v " + shell_word(value.name) + " -f" + paths_.option();
    }

    const Paths& paths_;
    const Document& document_;
    std::vector<Assertion>& out_;
};

}  // namespace

void offer_access(Assertion& a, const std::string& path, unsigned mode)
{
    const auto status = real_files().status(path);
    if (!status) return;
    const auto place = shell_word(path);
    const auto us = static_cast<unsigned>(::geteuid());
    a.fix = "chmod " + octal(mode) + " " + place;
    if (status->owner == us)
        a.automatic.modes = {{path, status->mode, mode}};
    else
        a.fix = "chown " + std::to_string(us) + " " + place + " && " + a.fix +
                "  (as root; undo: chown " + std::to_string(status->owner) + " " + place +
                " && chmod " + octal(status->mode) + " " + place + ")";
}

void offer_rows(Assertion& a, const Paths& paths, const std::string& name,
                const std::vector<std::string>& kept)
{
    if (kept.empty()) {
        a.fix = "imc reg delete -v " + name + " -f" + paths.option();
        a.automatic.registry = {{name, "", ""}};
        return;
    }
    std::string data;
    for (const auto& row : kept)
        data += (data.empty() ? "" : "\\0") + row;
    a.fix = "imc reg add -v " + name + " -t MULTI_SZ -d " + shell_word(data) + " -f" +
            paths.option() + "  (leaves the row out)";
    a.automatic.registry = {{name, "MULTI_SZ", data}};
}

namespace {

/// What was in force last is proved; else the newest copy that can be read.
void offer_copy(Assertion& a, const Paths& paths)
{
    const auto proved = paths.generations() + "/current.reg";
    const bool known = registry::load(proved).has_value();
    const auto copy = known ? proved : registry::latest_backup(paths);
    if (copy.empty()) return;
    a.fix = "imc reg restore " + shell_word(copy) + paths.option() +
            (known ? "  (as it was in the last good generation; " : "  (the newest sound copy; ") +
            "imc reg backup --list shows all)";
    a.automatic.registry_copy = copy;
}

}  // namespace

std::unique_ptr<SettingsView> settings_of(Document document)
{
    return std::make_unique<RegistrySettings>(std::move(document));
}

RegistryReading read_registry(const Document& document, const Paths& paths,
                              std::vector<Assertion>& out)
{
    out.push_back({"registry.file", EventId::config_load_failed, Status::passed});
    out.back().where = paths.registry();
    Judge{paths, document, out}.run();
    return {settings_of(document)};
}

RegistryReading read_registry(const Paths& paths, std::vector<Assertion>& out)
{
    auto document = registry::load(paths.registry());
    out.push_back(
        {"registry.file", EventId::config_load_failed, document ? Status::passed : Status::failed});
    auto& a = out.back();
    a.where = paths.registry();
    if (!document) {
        a.found = document.error().detail();
        a.expected = "a .reg file in UTF-8 that the service's user may read";
        const bool unreadable = document.error().event() == EventId::registry_unreadable;
        a.why =
            unreadable
                ? document.error().os_code() == ENOENT
                      ? "the registry is missing; 'imc setup' makes one, a backup brings it back"
                      : "the file belongs to somebody else or its mode keeps the service's user out"
                : "the configuration could not be loaded from the registry";
        if (unreadable && document.error().os_code() != ENOENT)
            offer_access(a, paths.registry());
        else
            offer_copy(a, paths);
        return {};
    }
    Judge{paths, *document, out}.run();
    return {settings_of(std::move(*document))};
}

}  // namespace imc::config
