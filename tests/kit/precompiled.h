#pragma once
/// @file tests/kit/precompiled.h  What most tests read, read once. Every test still includes what
/// it uses: g++ builds without this.
#include <boost/asio.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>
