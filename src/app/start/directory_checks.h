#pragma once
/// @file app/start/directory_checks.h  Warnings about a directory that works: what is slow in it,
/// twice, or refers to nothing. For `imc check` only; a start does not wait for them.
#include "app/start/start_check.h"

namespace imc::app {

/// Of where recipients are looked up. Adds directory.indexes, directory.duplicates and
/// directory.references; none of them ever fails.
void judge_directory_health(const Paths& paths, StartCheck& check, Deadline deadline);

}  // namespace imc::app
