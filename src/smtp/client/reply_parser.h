#pragma once
/// @file smtp/client/reply_parser.h  What a peer answers, out of whatever octets it sends.
///
/// Bounded whatever comes: a line up to 2,048 octets, a reply up to 128 lines. A line may end in a
/// bare LF. Anything else that is no reply is `malformed`, and stays so.
///
/// Rules:   RFC 5321 4.2 (codes, continuation), RFC 3463 (x.y.z)
/// KB:      Q214407 (reply lines without a code, of 4 KB, with NUL: heap corruption)
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace imc::smtp::client {

struct PeerReply {
    int code = 0;
    std::string enhanced = {};            ///< "5.1.1", empty: none, or of another class than `code`
    std::vector<std::string> lines = {};  ///< behind the code, enhanced status still in them

    bool positive() const { return code >= 200 && code < 300; }
    bool transient() const { return code >= 400 && code < 500; }
    bool permanent() const { return code >= 500; }
    /// "550 5.1.1 No such user", one line, printable, at most 1,000 octets.
    std::string text() const;
};

class ReplyParser {
public:
    enum class State : std::uint8_t { needs_more, complete, malformed };

    /// Takes octets up to the end of one reply. @return  how many were taken.
    std::size_t take(std::string_view octets);
    State state() const { return state_; }
    /// Of a complete reply; the parser then begins anew.
    PeerReply reply();
    /// What was wrong, printable.
    const std::string& complaint() const { return complaint_; }

private:
    void line(std::string_view text);

    State state_ = State::needs_more;
    std::string partial_;
    PeerReply reply_;
    std::string complaint_;
};

}  // namespace imc::smtp::client
