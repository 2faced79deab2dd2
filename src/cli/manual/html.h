#pragma once
/// @file cli/manual/html.h  What the manual's HTML shows and only the executable knows.
///
/// The pages themselves are made by tools/gen_help.py before there is an executable; where the
/// parser's commands and the fields of the property pages belong, they have a mark
/// (admin/pages.h), and these pieces take its place: in the service when a page is asked for, and
/// in ./dev manual, from the files that `imc manual --html` writes.
#include "cli/manual/manual.h"

#include <map>

namespace imc::cli {

/// Text, with what means something in HTML written out.
std::string html_text(std::string_view text);

/// Of man(7) source what roff.h writes, and nothing else; the page's title is left out.
std::string to_html(const Page& page);

/// For the search: what stands under each heading of a man page, without tags. What all pages have
/// in common is left out, and what has no text.
/// @param html  of to_html()
std::string section_list(const std::string& file, std::string_view html);

/// The fields of a property page ("general", "connections", ...), from the table that the web page
/// has them from.
std::string fields_html(std::string_view tab);

using HtmlPieces = std::map<std::string, std::string, std::less<>>;
/// "commands", "fields" and "sections" (lists), "man-imc-queue.1", ..., "fields-general", ...
HtmlPieces html_pieces(const CLI::App& imc);

}  // namespace imc::cli
