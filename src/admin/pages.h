#pragma once
/// @file admin/pages.h  The Administrator's pages, which are in the executable.
///
/// Made of web/dist by tools/gen_pages.py. What is below /assets/ has its hash in its name and may
/// be kept for a year; the rest is asked for each time, and answered 304 when it is the same. A
/// path of no file is the page's own (its router reads the address), so it gets index.html; below
/// /assets/ and /api/ it is 404.
///
/// The manual stands below /help/ (tools/gen_help.py). A path of no page of it is 404, with the
/// manual's own words for that. Where a page needs what only the executable knows, it has a mark,
/// "<!--imc:NAME-->", in whose place comes what the caller's function says.
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

/// What stands in the place of a mark: "commands", "sections", "man-imc-queue.1", "fields-general".
/// Empty: there is no such thing.
using HelpPiece = std::function<std::string(std::string_view name)>;

/// Nothing: it is not of the manual, or the executable has none (then page() answers).
std::optional<Response> help_page(const Request& request, const HelpPiece& piece,
                                  std::span<const EmbeddedPage> from = embedded_pages());

}  // namespace imc::admin
