#pragma once
/// @file config/assertion.h  One thing that must be true before the service starts, and the
/// verdict.
///
/// Each module of the start-up exports its own assertions; app/ lists them. All are evaluated, not
/// only the first that fails; one that cannot be judged says why (not_evaluated).
#include "base/event_id.h"
#include "directory/directory.h"

#include <boost/json/fwd.hpp>

#include <string>
#include <vector>

namespace imc::config {

enum class Status : std::uint8_t { passed, warning, failed, not_evaluated };
std::string_view to_string(Status status);

/// What `imc check --fix` does for an assertion: values of the registry, objects of the directory,
/// or the self-signed certificate of the set-up.
struct RegistryEdit {
    std::string name;
    std::string type;  ///< "SZ", "DWORD", ...; empty: delete the value
    std::string data;  ///< as `imc reg add -d` takes it
};
/// A file of ours that its mode keeps us out of.
struct ModeEdit {
    std::string path;
    unsigned before;
    unsigned mode;
};
struct Fix {
    std::vector<RegistryEdit> registry = {};
    std::vector<Change> directory = {};
    std::string certificate_for = {};  ///< host name: tls/imc.crt and imc.key are made anew
    std::vector<ModeEdit> modes = {};
    std::string folder = {};         ///< to be made
    std::string registry_copy = {};  ///< backup that replaces the registry file
    bool possible() const
    {
        return !registry.empty() || !directory.empty() || !certificate_for.empty() ||
               !modes.empty() || !folder.empty() || !registry_copy.empty();
    }
};

/// A line for each thing that it changes.
std::vector<std::string> in_words(const Fix& fix);

struct Assertion {
    std::string id;  ///< "identity.organization"; stable
    EventId event;   ///< raised and shown when it decides
    Status status = Status::passed;
    std::string found = {};
    std::string where = {};  ///< file and value, or directory and object
    std::string expected = {};
    std::string why = {};  ///< one or two sentences
    std::string fix = {};  ///< the command that mends it; empty: none can be offered
    Fix automatic = {};    ///< what `check --fix` would do; may be impossible
};

struct Verdict {
    std::vector<Assertion> assertions;

    bool ok() const;  ///< nothing failed and nothing stayed unjudged
    /// The first failed one in order: its event stands under `Error 2140`. Null when ok().
    const Assertion* deciding() const;
    const Assertion* find(std::string_view id) const;

    /// For a terminal: failures first in full, then warnings, then a count of the rest.
    /// @param all  every assertion in full
    std::string to_text(bool all = false) const;
};

boost::json::value to_json(const Verdict& verdict);
boost::json::value to_json(const Assertion& assertion);

}  // namespace imc::config
