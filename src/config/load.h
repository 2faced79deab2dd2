#pragma once
/// @file config/load.h  Registry + directory -> one Config, or the assertions that say why not.
///
/// The very code of start-up, of `imc check` and of a change while running: a configuration is
/// tested, then taken. All assertions are evaluated; what could not be judged says so.
#include "config/assertion.h"
#include "config/config.h"

#include <memory>

namespace imc::config {

struct Loaded {
    std::vector<Assertion> assertions;
    ConfigPtr config;  ///< null unless every assertion here passed
    std::vector<ListenerSetting> listeners =
        {};                                ///< as far as they could be read, sound or not the rest
    std::shared_ptr<Directory> directory;  ///< null when it could not be opened
};

/// @param deadline  for all questions to the directory together.
Loaded load(const Paths& paths, Deadline deadline);

}  // namespace imc::config
