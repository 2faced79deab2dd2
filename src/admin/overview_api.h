#pragma once
/// @file admin/overview_api.h  What an administrator sees first; while held, too.
///
///     GET /api/v1/overview      GET /api/v1/openapi.json
///
/// One question is put to the directory each time. What was refused by which rule is counted at
/// most once a minute.
#include "admin/desk.h"
#include "config/config.h"

namespace imc::admin {

struct OverviewParts {
    /// As GET /state tells it.
    std::function<boost::json::object()> state;
    std::function<boost::json::object()> counters;
    /// {"messages","recipients","octets","by_reason"}; null while held.
    std::function<boost::json::value()> queue = nullptr;
    /// Of the generation in force; null while held.
    std::function<config::ConfigPtr()> config = nullptr;
    std::function<std::string()> loading = nullptr;
};

void add_overview_api(Desk& desk, OverviewParts parts);

}  // namespace imc::admin
