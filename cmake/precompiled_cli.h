#pragma once
/// @file cmake/precompiled_cli.h  The same for commands.
#include "precompiled.h"

#include <CLI/CLI.hpp>
