#pragma once
/// @file registry/reg_text.h  Text of .reg files, "Windows Registry Editor Version 5.00" and
/// REGEDIT4.
///
/// docs/formats/registry.md is the grammar. A Document keeps every line it was read from, so
/// comments, order and spelling survive an edit. Written files are 5.00, UTF-8, LF.
///
/// Errors:  40051 (syntax: line, found, expected), 40052 (not UTF-8). Threads: plain values.
#include "registry/tree.h"

#include <utility>
#include <vector>

namespace imc::registry {

struct Found {
    std::string name;  ///< as spelled; empty: the key's default value "@"
    Value value;
    std::size_t line;
};

class Document {
public:
    static Result<Document> parse(std::string_view octets);
    static Document empty();

    /// The last one wins, as in reg.exe; duplicates() tells of the others. Names and keys ignore
    /// case.
    const Found* find(std::string_view key, std::string_view name) const;
    std::vector<std::string> keys() const;  ///< in order, each once
    std::vector<Found>
    values(std::string_view key) const;  ///< in order; a later one replaces an earlier

    struct Duplicate {
        std::string name;
        std::vector<std::size_t> lines;
    };
    std::vector<Duplicate> duplicates(std::string_view key) const;

    /// Deletions that the text asks for ("NAME"=- and [-KEY]), in order; an empty name: the key.
    std::vector<std::pair<std::string, std::string>> deletions() const;

    void set(std::string_view key, std::string_view name,
             Value value);  ///< all duplicates become one
    bool erase(std::string_view key, std::string_view name);
    bool erase_key(std::string_view key);  ///< and what is below it

    std::string to_text() const;

private:
    struct Line {
        enum class Kind : std::uint8_t {
            other,
            key,
            value,
            delete_key,
            delete_value
        } kind = Kind::other;
        std::string text;  ///< as read (continued lines joined by '\n'); rewritten when changed
        std::string key;   ///< canonical
        std::string name;
        Value value;
        std::size_t number = 0;
    };
    std::vector<Line> lines_;
    friend class RegParser;
};

/// The keys right below `parent`, whether or not they hold values of their own.
std::vector<std::string> keys_below(const Document& document, const std::string& parent);

/// Of a .reg file its text in UTF-8, whatever it is written in. Nothing: the octets are no text.
std::optional<std::string> reg_text_in_utf8(std::string_view octets);

/// All that `incoming` says, its deletions first, is so in `into`.
void merge(Document& into, const Document& incoming);

}  // namespace imc::registry
