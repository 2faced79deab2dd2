#pragma once
/// @file cli/top_screen.h  What `imc top` shows of two pictures (GET /api/v1/top). Pure.
#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace imc::cli {

struct Picture {
    boost::json::object facts;
    std::chrono::steady_clock::time_point at{};
};

/// Lines for a terminal of `rows` by `columns`; none is longer, and there are no more.
/// @param before  the picture before it, for what grew per second; the same one: nothing did
std::vector<std::string> top_screen(const Picture& before, const Picture& now, std::size_t columns,
                                    std::size_t rows);

/// One line for where there is no terminal.
std::string top_line(const Picture& before, const Picture& now);

}  // namespace imc::cli
