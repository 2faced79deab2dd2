#pragma once
/// @file config/load.h  Registry + directory -> one Config, or the assertions that say why not.
///
/// The very code of start-up, of `imc check` and of a change while running: a configuration is
/// tested, then taken. All assertions are evaluated; what could not be judged says so.
#include "config/assertion.h"
#include "config/config.h"
#include "config/people.h"

#include <functional>
#include <memory>
#include <optional>

namespace imc::registry {
class Document;
}

namespace imc::config {

struct Loaded {
    std::vector<Assertion> assertions;
    ConfigPtr config;  ///< null unless every assertion here passed
    std::vector<ListenerSetting> listeners =
        {};                                ///< as far as they could be read, sound or not the rest
    AdminSettings admin = {};              ///< likewise
    TlsSetting tls = {};                   ///< likewise
    std::shared_ptr<Directory> directory;  ///< null when it could not be opened
    People people = {};                    ///< as far as it could be opened

    std::vector<Entry> evidence = {};       ///< every object the directory answered with
    std::optional<Error> unreachable = {};  ///< the directory did not answer at all (40001)
    bool people_unreachable = false;        ///< RecipientSource did not
    bool behind = false;      ///< what it answered is old: it lacks changes that were seen before
    bool no_base = false;     ///< it answered, and has no DirectoryBase
    bool may_bridge = false;  ///< StartWithoutDirectory is last-good
    std::string home_dsa = {}, base = {};  ///< where was asked; a generation belongs to both
};

/// What is read in place of what is there.
struct Instead {
    std::shared_ptr<Directory> directory = nullptr;  ///< not the one that the registry names
    std::shared_ptr<const registry::Document> registry = nullptr;  ///< not the file
    /// Puts something between us and the directory that was opened.
    std::function<std::shared_ptr<Directory>(std::shared_ptr<Directory>)> through = nullptr;
};

/// @param deadline  for all questions to the directory together.
Loaded load(const Paths& paths, Deadline deadline, Instead instead = {});

}  // namespace imc::config
