#pragma once
/// @file admin/pages.h  The Administrator's pages, which are in the executable.
///
/// Made of web/dist by tools/gen_pages.py. What is below /assets/ has its hash in its name and may
/// be kept for a year; the rest is asked for each time, and answered 304 when it is the same. A
/// path of no file is the page's own (its router reads the address), so it gets index.html; below
/// /assets/ and /api/ it is 404.
///
/// Threads: any.
#include "admin/request.h"

#include <optional>
#include <span>

namespace imc::admin {

struct EmbeddedPage {
    std::string_view path;  ///< "/index.html", "/assets/app-1a2b.js"
    std::string_view type;
    std::string_view tag;                          ///< for ETag, with its quotes
    std::span<const unsigned char> plain, packed;  ///< by gzip; empty: it would not be smaller
};

std::span<const EmbeddedPage> embedded_pages();

/// Nothing: GET and HEAD only, and not of the API; then it is 404.
std::optional<Response> page(const Request& request,
                             std::span<const EmbeddedPage> from = embedded_pages());

}  // namespace imc::admin
