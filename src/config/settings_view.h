#pragma once
/// @file config/settings_view.h  The registry's Parameters as load.cc reads them.
#include "base/paths.h"
#include "config/assertion.h"

#include <optional>

namespace imc::registry {
class Document;
}

namespace imc::config {

/// A value of the wrong type reads as absent here; its own assertion has failed already.
class SettingsView {
public:
    virtual ~SettingsView() = default;
    virtual std::optional<std::string> text(std::string_view name) const = 0;
    virtual std::optional<std::uint64_t> number(std::string_view name) const = 0;
    virtual std::optional<std::vector<std::string>> list(std::string_view name) const = 0;
    /// Every value that somebody reads, as one text: it differs when any of them does.
    virtual std::string all() const = 0;
};

/// What lets us at a file of ours: its mode, or, when it belongs to somebody else, its owner.
void offer_access(Assertion& a, const std::string& path, unsigned mode = 0600);

/// The fix of a value of rows: those that can be read become the value; without any it is removed.
void offer_rows(Assertion& a, const Paths& paths, const std::string& name,
                const std::vector<std::string>& kept);

struct RegistryReading {
    std::unique_ptr<SettingsView> settings;  ///< null when the file cannot be read at all
};

/// The values of the Parameters key.
std::unique_ptr<SettingsView> settings_of(registry::Document document);

/// Appends registry.file and one assertion per flawed value (registry.values when there is none).
RegistryReading read_registry(const Paths& paths, std::vector<Assertion>& out);
/// Of a document that is not in the file.
RegistryReading read_registry(const registry::Document& document, const Paths& paths,
                              std::vector<Assertion>& out);

}  // namespace imc::config
