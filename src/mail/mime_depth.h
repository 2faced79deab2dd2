#pragma once
/// @file mail/mime_depth.h  How deeply a message's parts are nested, seen while it streams by.
///
/// A multipart and a message within a message count one level each. Fed piece by piece, whatever
/// the cuts; it never fails, needs a few octets until a multipart comes, and at most the limit's
/// number of boundaries and one field after that. Time is linear: a line is hashed once and its
/// hash compared with the open boundaries. What lies deeper than the limit is not looked at.
///
/// Who is over the limit is delivered and tagged, never refused: depth is trouble for those who
/// open messages, not for those who carry them.
///
/// Rules:   RFC 2045 5.1, 2046 5.1 (a part ends at the boundary of any multipart around it), 5.1.5
///          (digest), 5.2.1; RFC 6532 3.7
/// KB:      Q173343 (700 levels took ten minutes), Q161887 (messages in messages), Q217155 (a
///          boundary that never comes)
/// Threads: one owner at a time.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace imc::mail {

class MimeDepth {
public:
    explicit MimeDepth(std::size_t limit) : limit_{limit} {}

    void feed(std::string_view piece)
    {
        if (looking_) look(piece);
    }

    /// Levels seen so far, at most one more than the limit.
    std::size_t depth() const noexcept { return deepest_; }
    bool over_limit() const noexcept { return deepest_ > limit_; }

    /// What a message over the limit is told to others by, with its CRLF.
    static std::string_view tag() { return "X-IMC-Limits: mime-depth\r\n"; }

private:
    enum class Place : std::uint8_t { header, text };
    enum class Type : std::uint8_t { other, multipart, digest, message };

    struct Level {
        std::string boundary;
        std::uint32_t hash;
        std::size_t depth;
        bool digest;  ///< its parts are messages unless they say otherwise
    };

    void look(std::string_view piece);
    void line(std::string_view line);
    bool is_boundary(std::string_view line);
    void header_line(std::string_view line);
    void end_of_header();
    void begin_part(bool of_digest);
    bool enter();

    std::size_t limit_;
    std::size_t deepest_ = 0;
    std::size_t depth_ = 0;      // of the entity we are in
    std::vector<Level> levels_;  // multiparts around us
    std::string partial_;        // beginning of a line that is not whole
    std::string type_;           // Content-Type of this header, unfolded
    Place place_ = Place::header;
    Type preset_ = Type::other;
    bool looking_ = true;
    bool skipping_ = false;  // the rest of this line matters to nobody
    bool in_type_ = false;   // its continuation lines follow
    bool seen_type_ = false;
};

}  // namespace imc::mail
