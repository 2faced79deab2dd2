#pragma once
/// @file event/wrap.h  Paragraphs for a terminal.
#include <string>
#include <string_view>

namespace imc {

/// Appends `text`, wrapped at spaces to 96 columns; every line begins with `indent` spaces.
void wrap(std::string& out, std::string_view text, std::size_t indent);

}  // namespace imc
