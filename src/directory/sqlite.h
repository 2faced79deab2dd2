#pragma once
/// @file directory/sqlite.h  As the engines know it.
#include "base/sqlite.h"
