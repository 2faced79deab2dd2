#pragma once
/// @file config/open_people.h  The directory in which people are looked up: RecipientSource.
///
/// A second directory that is only read, under our names (directory/mapped.h). The configuration
/// stays in HomeDSA.
///
/// Errors: 40110 (a value that cannot be read), and what the engine says.
#include "config/open_directory.h"
#include "directory/mapped.h"

namespace imc::config {

struct PeopleChoice {
    std::vector<std::string> urls;  ///< empty: people are in HomeDSA
    Dn base;
    AttributeMap::Flavour flavour = AttributeMap::Flavour::imc;
    AttributeMap map;
    std::string filter;  ///< in that directory's names; may be empty
};

struct PeopleFlaw {
    std::string value;  ///< of the registry
    Error error;
};

/// Every value is read; each that cannot be is a flaw.
PeopleChoice people_choice(const SettingsView& settings, std::vector<PeopleFlaw>& flaws);

struct PeopleSource {
    std::shared_ptr<Directory> theirs;  ///< in that directory's own names
    std::shared_ptr<Directory> ours;    ///< in ours
    Dn base;
};

/// No question has been asked yet when this returns. `choice` names a directory.
PeopleSource open_people(const Paths& paths, const SettingsView& settings,
                         const PeopleChoice& choice);

/// For commands: where recipients are looked up, RecipientSource or else HomeDSA.
Result<PeopleSource> open_people(const Paths& paths);

}  // namespace imc::config
