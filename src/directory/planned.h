#pragma once
/// @file directory/planned.h  A directory as it would be after a change that nobody made yet.
///
/// What is planned is answered from memory, everything else by the directory that is asked; so a
/// change is proved by the very code that proves the directory itself.
///
/// Errors: those of the directory that is asked; apply() is 40011, since nothing is changed.
/// Threads: any.
#include "directory/directory.h"

#include <memory>

namespace imc {

struct PlannedObjects {
    std::vector<Entry> there;  ///< as they would be, whole
    std::vector<Dn> gone;
    bool empty() const { return there.empty() && gone.empty(); }
};

std::unique_ptr<Directory> planned_directory(std::shared_ptr<Directory> asked,
                                             PlannedObjects planned);

}  // namespace imc
