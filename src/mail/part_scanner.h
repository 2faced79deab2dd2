#pragma once
/// @file mail/part_scanner.h  The parts of a message, seen line by line. For mail/seven_bit.cc.
///
/// What it hands to its listener, put together, is the message octet for octet.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imc::mail {

enum class PartKind : std::uint8_t {
    leaf,
    composite,  ///< other parts follow: a multipart, or a message
    sealed,     ///< not to be changed: signed, encrypted, or of a type that knows no encoding
};

/// What a header says of its part.
struct PartHead {
    PartKind kind = PartKind::leaf;
    bool has_type = false;
    bool of_message = false;  ///< not that of a part within a multipart
    std::string encoding;     ///< Content-Transfer-Encoding, lower case; empty: none
    bool plain() const;       ///< its text is not encoded
};

/// "8bit" of "Content-Transfer-Encoding: 8bit (really)", lower case.
std::string encoding_name(std::string_view value);

class PartScanner {
public:
    class Listener {
    public:
        virtual ~Listener() = default;
        /// A line of a header; of one over 8 KiB, pieces. @param encoding  of the field
        /// Content-Transfer-Encoding
        virtual void header(std::string_view octets, bool encoding) = 0;
        /// @param line  the empty line; none where the header ends without
        virtual void header_end(const PartHead& head, std::string_view line) = 0;
        /// Of a leaf, or what is sealed; then, once, its end.
        virtual void text(std::string_view octets) = 0;
        virtual void text_end() = 0;
        /// Boundaries with the line end in front of them, and what is outside of all parts.
        virtual void frame(std::string_view octets) = 0;
    };

    explicit PartScanner(Listener& listener) : listener_{listener} {}
    void feed(std::string_view piece);
    void end();

private:
    enum class Place : std::uint8_t { header, text, outside };
    enum class Field : std::uint8_t { other, type, encoding };
    struct Level {
        std::string boundary;
        bool digest;  ///< its parts are messages unless they say otherwise
    };

    void fragment(std::string_view octets, bool begins);
    bool is_boundary(std::string_view octets);
    void leave_part();
    void begin_header(bool of_message, bool in_digest);
    void header_line(std::string_view octets, bool begins);
    void end_header(std::string_view line);
    PartKind kind_of(const std::string& encoding, std::string& boundary, bool& digest) const;
    void text_line(std::string_view octets);

    Listener& listener_;
    std::vector<Level> levels_;
    std::string partial_;
    bool line_begins_ = true;
    std::string held_;  ///< line end of a text: the boundary's, if one follows
    Place place_ = Place::header;
    Field field_ = Field::other;
    bool of_message_ = true, in_digest_ = false, seen_type_ = false, seen_encoding_ = false;
    std::string type_, encoding_;  ///< values, unfolded
};

}  // namespace imc::mail
