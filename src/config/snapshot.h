#pragma once
/// @file config/snapshot.h  All that was said about one connector at one time: registry and
/// objects.
///
/// The same picture is made of what is there now, of a stored generation, and of what a file wants.
/// Two of them are compared setting by setting (differences()), and one is made into the other by
/// plan.h.
///
/// Errors:  4086 when the connector is not known, else those of registry and directory.
/// Threads: plain values.
#include "config/load.h"
#include "registry/reg_text.h"

#include <span>

namespace imc::config {

struct Snapshot {
    struct Object {
        std::string section;  ///< setting_table.h, or "profiles" for cn=E-Mail Domains
        Entry entry;
    };

    registry::Document registry = registry::Document::empty();
    std::string registry_text;  ///< octets of the file; may be none that could be read
    std::string home_dsa, base;
    Dn connector;                 ///< its object is among `objects`
    std::vector<Object> objects;  ///< connector first
    std::vector<Entry> others;    ///< whatever else proved the configuration

    const Entry* find(std::string_view section) const;
    Dn profiles() const;  ///< the name of cn=E-Mail Domains
};

/// The connector that `text` and the directory name, and the objects that are about it.
Result<Snapshot> snapshot_of(std::string text, Directory& directory, Deadline deadline);

struct Present {
    Snapshot snapshot;
    std::shared_ptr<Directory> directory;
};
/// What is there now.
Result<Present> snapshot_now(const Paths& paths, Deadline deadline);

/// A setting that differs; no value: it is not said.
struct Difference {
    std::string section;  ///< "registry", "connector", ..., "object DN" for what has no section
    std::string name;     ///< empty: the whole of it came or went, or its text only
    std::optional<std::vector<std::string>> before, after;
};

/// Do two lists of an attribute's values say the same? A directory need not keep their order; but
/// of imcSiteDomain the first is the site's own domain.
bool same_values(std::string_view attribute, std::span<const std::string> a,
                 std::span<const std::string> b);

/// By section, then in the order of setting_table.h. imcGeneration and objectClass are no settings.
std::vector<Difference> differences(const Snapshot& before, const Snapshot& after);

/// "[registry] AnswerVrfy: not set -> on"
std::string to_text(const Difference& difference);

/// Of a value of the registry as a file of settings has them: a text each; none when it cannot be
/// read.
std::vector<std::string> texts_of(const registry::Value& value);

}  // namespace imc::config
