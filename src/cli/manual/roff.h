#pragma once
/// @file cli/manual/roff.h  Text of ours as man(7) source.
#include <string>
#include <string_view>

namespace imc::cli::roff {

/// Text that stands for itself: no escape, no request, no ligature.
std::string plain(std::string_view text);
std::string bold(std::string_view text);
std::string italic(std::string_view text);

/// The .TH line. @param page  "imc-reg"; @param section  '1'
std::string title(std::string_view page, char section);
std::string section(std::string_view name);
std::string subsection(std::string_view name);
/// A paragraph of plain text.
std::string paragraph(std::string_view text);
/// A hanging paragraph: `head` is roff already, `text` is plain; line breaks of `text` stay.
std::string item(const std::string& head, std::string_view text);
/// Lines as they are, indented.
std::string example(std::string_view lines);

}  // namespace imc::cli::roff
