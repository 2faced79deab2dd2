#pragma once
/// @file directory/mapped.h  Another directory's objects under our names, to be read.
///
/// Questions and answers pass through an attribute map; where the other directory can only be asked
/// for more than was meant, the rest is left out here. Names of objects (DN) are the other
/// directory's own. The contract of directory.h holds for everything that reads; apply() is 40011
/// and says where to change instead.
///
/// Threads: as the directory behind it.
#include "directory/attribute_map.h"
#include "directory/directory.h"

#include <memory>

namespace imc {

/// @param only  a filter in the other directory's names: who does not match it is not there.
///              Empty: everybody is.
std::unique_ptr<Directory> mapped_directory(std::shared_ptr<Directory> asked, AttributeMap map,
                                            std::string only = {});

}  // namespace imc
