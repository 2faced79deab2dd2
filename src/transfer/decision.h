#pragma once
/// @file transfer/decision.h  What decided on one recipient, in one short line: kept with the
/// message and in the tracking log, so that yesterday's message is explained with yesterday's
/// facts. docs/formats/decisions.md.
///
///   gen=12;dir=345;ours=contoso.example;dn=cn=alice,cn=Recipients,...;by=SMTP;to=maildir:alice
///
/// It is written once per recipient on the way of a message in, so it is one text that grows, and
/// nothing that it says is looked up for it. A line holds 400 octets at most; what has no room is
/// left out, and "..." says so. Where the mail goes always has room.
///
/// Threads: pure.
#include "transfer/route.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace imc::transfer {

inline constexpr std::size_t decision_octets = 400;

class DecisionLine {
public:
    void add(std::string_view word, std::string_view value);
    void add(std::string_view word, std::uint64_t number) { add(word, std::to_string(number)); }
    /// Where it goes, a Route's key; the answer of the procedure.
    void to(std::string_view way);
    bool empty() const { return out_.empty(); }
    std::string take() { return std::move(out_); }

private:
    void put(std::string_view word, std::string_view value, std::size_t value_octets,
             std::size_t most);

    std::string out_;
    bool cut_ = false;
    bool has_way_ = false;
};

struct Fact {
    std::string word;  ///< "dn"
    std::string value;
    friend bool operator==(const Fact&, const Fact&) = default;
};

struct Decision {
    std::vector<Fact> facts;  ///< in the order in which they were found
    bool cut = false;         ///< there were more
};

/// What is no fact is passed over.
Decision parse_decision(std::string_view line);

/// "object" of "dn", for people; of a word that we do not know, the word.
std::string_view meaning_of(std::string_view word);

/// "our domain contoso.example; object cn=alice,...; goes to maildir:alice", for people.
std::string in_words(const Decision& decision);

/// 16 bits that differ where ways do, so that a decision is known to be another one without keeping
/// the first. 0: it leads nowhere.
std::uint16_t way_of(const Resolution& resolution);
std::uint16_t way_of_line(std::string_view line);

/// As `to` of a line that leads to several.
inline constexpr std::string_view way_to_members = "members";
inline constexpr std::string_view way_to_copies = "mailbox and copies";

}  // namespace imc::transfer
