#include "config/snapshot.h"

#include "base/files.h"
#include "config/identity.h"
#include "config/inheritance.h"
#include "config/open_directory.h"
#include "config/setting_table.h"
#include "directory/object_mark.h"
#include "registry/store.h"
#include "registry/values.h"

#include <algorithm>
#include <set>

namespace imc::config {
namespace {

using registry::parameters_key;

constexpr auto container_name = "E-Mail Domains";

/// No settings: what the service itself notes, and what an object is.
bool is_setting(std::string_view attribute)
{
    return !same_word(attribute, "imcGeneration") && !same_word(attribute, "objectClass") &&
           !same_word(attribute, "cn") && !same_word(attribute, "o") &&
           !same_word(attribute, "ou") && !same_word(attribute, "dc");
}

class Reader {
public:
    Reader(Directory& directory, Deadline deadline) : directory_{directory}, deadline_{deadline} {}

    Result<> run(Snapshot& out)
    {
        const auto settings = settings_of(out.registry);
        const auto choice = directory_choice(*settings);
        if (!choice)
            return Error{choice.error().event(),
                         "HomeDSA or DirectoryBase: " + choice.error().detail()};
        out.home_dsa = settings->text("HomeDSA").value_or("");
        out.base = choice->base.to_rfc4514();
        std::vector<Assertion> judged;
        const auto identity = judge_identity({settings->text("SiteDN"),
                                              settings->text("CommonName"),
                                              settings->text("Hostname").value_or(""),
                                              choice->base,
                                              "registry.reg",
                                              {}},
                                             directory_, deadline_, judged);
        if (!identity) return unknown(judged);
        out.connector = identity->connector.dn;
        out.objects.push_back({"connector", identity->connector});
        for (const auto& level : levels_above(*identity)) {
            auto object = directory_.read(level.dn, deadline_);
            if (const auto* silent = std::get_if<CannotSay>(&object)) return silent->reason;
            if (auto* entry = std::get_if<Entry>(&object))
                out.objects.push_back({std::string{level.name}, std::move(*entry)});
        }
        return profiles(out);
    }

private:
    static Error unknown(const std::vector<Assertion>& judged)
    {
        for (const auto& a : judged)
            if (a.status == Status::not_evaluated)
                return Error{EventId::directory_unreachable, a.where + ": " + a.why};
            else if (a.status != Status::passed)
                return Error{a.event, a.id + ": found " + a.found + "; expected " + a.expected};
        return Error{EventId::config_load_failed, "the connector object was not found"};
    }

    Result<> profiles(Snapshot& out)
    {
        auto object = directory_.read(out.profiles(), deadline_);
        if (const auto* silent = std::get_if<CannotSay>(&object)) return silent->reason;
        auto* container = std::get_if<Entry>(&object);
        if (container == nullptr) return {};
        out.objects.push_back({"profiles", std::move(*container)});
        const auto container_dn = out.profiles();
        std::map<std::string, Entry> by_name;
        const auto all = directory_.scan(
            container_dn, "(objectClass=imcDomainProfile)", deadline_, [&](Entry&& entry) {
                if (same(entry.dn.parent(), container_dn))
                    by_name.try_emplace(entry.dn.normalized(), std::move(entry));
                return true;
            });
        if (!all) return all.error();
        for (auto& [name, entry] : by_name)
            out.objects.push_back(
                {"domain " + lower(entry.dn.rdns().front().front().value), std::move(entry)});
        return {};
    }

    Directory& directory_;
    Deadline deadline_;
};

using Values = std::optional<std::vector<std::string>>;

bool same(const std::string& attribute, const Values& a, const Values& b, bool ordered)
{
    if (ordered || !a || !b) return a == b;
    return same_values(attribute, *a, *b);
}

class Comparison {
public:
    std::vector<Difference> run(const Snapshot& before, const Snapshot& after)
    {
        registry(before, after);
        std::vector<std::string> sections;
        for (const auto* snapshot : {&before, &after})
            for (const auto& object : snapshot->objects)
                if (std::ranges::find(sections, object.section) == sections.end())
                    sections.push_back(object.section);
        for (const auto& section : sections)
            if (section != "profiles") objects(section, before.find(section), after.find(section));
        others(before, after);
        return std::move(out_);
    }

private:
    void put(const std::string& section, std::string name, Values before, Values after)
    {
        if (!same(name, before, after, section.starts_with("registry")))
            out_.push_back({section, std::move(name), std::move(before), std::move(after)});
    }

    void registry(const Snapshot& before, const Snapshot& after)
    {
        const auto known = out_.size();
        std::vector<std::string> keys = before.registry.keys();
        for (const auto& key : after.registry.keys())
            if (std::ranges::none_of(keys, [&](const auto& k) { return same_word(k, key); }))
                keys.push_back(key);
        for (const auto& key : keys)
            values(key, before, after);
        if (out_.size() == known && before.registry_text != after.registry_text)
            out_.push_back({"registry", "", {}, {}});  // comments, order, spelling
    }

    void values(const std::string& key, const Snapshot& before, const Snapshot& after)
    {
        const bool ours = same_word(key, parameters_key);
        std::map<std::string, std::string, LessWord> names;
        for (const auto* snapshot : {&before, &after})
            for (const auto& value : snapshot->registry.values(key)) {
                const auto* info = ours ? registry::find_value(value.name) : nullptr;
                names.emplace(value.name, info != nullptr ? info->name : value.name);
            }
        const auto texts = [&](const Snapshot& s, const std::string& name) -> Values {
            const auto* found = s.registry.find(key, name);
            return found == nullptr ? Values{} : Values{texts_of(found->value)};
        };
        for (const auto& [name, shown] : names)
            put(ours ? "registry" : "registry " + key, shown, texts(before, name),
                texts(after, name));
    }

    void objects(const std::string& section, const Entry* before, const Entry* after)
    {
        if ((before == nullptr) != (after == nullptr)) {
            const std::vector<std::string> there{
                (before != nullptr ? before : after)->dn.to_rfc4514()};
            out_.push_back({section, "", before != nullptr ? Values{there} : Values{},
                            after != nullptr ? Values{there} : Values{}});
        }
        const Entry none;
        attributes(section, before != nullptr ? *before : none, after != nullptr ? *after : none);
    }

    void attributes(const std::string& section, const Entry& before, const Entry& after)
    {
        std::map<std::string, std::string, LessWord> names;
        for (const auto* entry : {&before, &after})
            for (const auto& [name, values] : entry->attributes)
                if (is_setting(name)) names.emplace(name, name);
        const auto all = [](const Entry& entry, const std::string& name) -> Values {
            const auto values = entry.all(name);
            return values.empty() ? Values{} : Values{{values.begin(), values.end()}};
        };
        for (const auto known : settings_of_section(section))
            if (names.erase(std::string{known}) != 0)
                put(section, std::string{known}, all(before, std::string{known}),
                    all(after, std::string{known}));
        // At organization, site and server others may write what is none of ours.
        if (class_of_section(section) == "imcDefaults") return;
        for (const auto& [name, shown] : names)
            put(section, shown, all(before, name), all(after, name));
    }

    void others(const Snapshot& before, const Snapshot& after)
    {
        std::map<std::string, std::pair<const Entry*, const Entry*>> found;
        for (const auto& entry : before.others)
            found[entry.dn.to_rfc4514()].first = &entry;
        for (const auto& entry : after.others)
            found[entry.dn.to_rfc4514()].second = &entry;
        for (const auto& [dn, pair] : found)
            if (pair.first != nullptr && pair.second != nullptr)
                attributes("object " + dn, *pair.first, *pair.second);
    }

    std::vector<Difference> out_;
};

std::string joined(const std::optional<std::vector<std::string>>& values)
{
    if (!values) return "not set";
    if (values->empty()) return "an empty list";
    std::string out;
    for (const auto& value : *values)
        out += (out.empty() ? "" : ", ") + (value.empty() ? "\"\"" : printable(value, 200));
    return out;
}

}  // namespace

bool same_values(std::string_view attribute, std::span<const std::string> a,
                 std::span<const std::string> b)
{
    if (is_first_marked(attribute) && !a.empty() && !b.empty() && a.front() != b.front())
        return false;
    std::vector<std::string> left{a.begin(), a.end()}, right{b.begin(), b.end()};
    std::ranges::sort(left);
    std::ranges::sort(right);
    return left == right;
}

const Entry* Snapshot::find(std::string_view section) const
{
    const auto found = std::ranges::find(objects, section, &Object::section);
    return found == objects.end() ? nullptr : &found->entry;
}

Dn Snapshot::profiles() const { return connector.child("cn", container_name); }

Result<Snapshot> snapshot_of(std::string text, Directory& directory, Deadline deadline)
{
    auto document = registry::Document::parse(text);
    if (!document) return document.error();
    Snapshot out;
    out.registry = std::move(*document);
    out.registry_text = std::move(text);
    if (const auto read = Reader{directory, deadline}.run(out); !read) return read.error();
    return out;
}

Result<Present> snapshot_now(const Paths& paths, Deadline deadline)
{
    const auto text = read_file(real_files(), paths.registry());
    if (!text) return registry::load(paths.registry()).error();
    const auto document = registry::Document::parse(*text);
    if (!document)
        return Error{document.error().event(), paths.registry() + ", " + document.error().detail()};
    const auto settings = settings_of(*document);
    const auto choice = directory_choice(*settings);
    if (!choice)
        return Error{choice.error().event(),
                     "HomeDSA or DirectoryBase: " + choice.error().detail()};
    auto directory = open_directory(paths, *settings, *choice);
    if (!directory) return directory.error();
    Present out{{}, std::move(*directory)};
    auto snapshot = snapshot_of(*text, *out.directory, deadline);
    if (!snapshot) return snapshot.error();
    out.snapshot = std::move(*snapshot);
    return out;
}

std::vector<Difference> differences(const Snapshot& before, const Snapshot& after)
{
    return Comparison{}.run(before, after);
}

std::string to_text(const Difference& d)
{
    const auto where = "[" + d.section + "]";
    if (!d.name.empty())
        return where + " " + d.name + ": " + joined(d.before) + " -> " + joined(d.after);
    if (!d.before && !d.after) return where + " other comments, order or spelling only";
    return where + (d.after ? " added: " + joined(d.after) : " removed: " + joined(d.before));
}

std::vector<std::string> texts_of(const registry::Value& value)
{
    if (auto list = value.as_list()) return std::move(*list);
    if (const auto number = value.as_number()) return {std::to_string(*number)};
    if (auto text = value.as_text()) return {std::move(*text)};
    return {value.to_display()};
}

}  // namespace imc::config
