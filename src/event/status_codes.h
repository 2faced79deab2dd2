#pragma once
/// @file event/status_codes.h  What a reply code (550) or an enhanced status code (5.7.1) means.
///
/// Rules: RFC 5321 4.2 (reply codes), RFC 3463 (class.subject.detail), the registry of RFC 5248
///        with what RFC 4468, 4954, 6531, 6710, 7293, 7372, 7505, 8617 and 8689 added to it.
#include <optional>
#include <string>
#include <string_view>

namespace imc {

struct StatusMeaning {
    std::string code;     ///< "5.7.1", "550"
    std::string kind;     ///< "permanent failure"
    std::string subject;  ///< "security or policy"; empty for reply codes
    std::string title;    ///< "Delivery not authorized, message refused"
    std::string text;     ///< what imc means by it, and what to do; may be empty
    std::string source;   ///< "RFC 3463"
};

/// Nothing when `code` has not the form of a code, or class or subject do not exist. A detail that
/// nobody registered is said to be so in `title`.
std::optional<StatusMeaning> find_status(std::string_view code);

/// For people.
std::string explain(const StatusMeaning& meaning);

}  // namespace imc
