#pragma once
/// @file policy/refusal.h  A rule said no: what the client hears, and which rule it was.
#include <optional>
#include <string>

namespace imc::policy {

struct Refusal {
    int code;
    std::string enhanced;  ///< RFC 3463, of the code's class
    std::string text;      ///< ASCII, one line
    std::string rule;      ///< "ConnectionTable 192.0.2.0/24", for the journal and for explain
    bool close = false;    ///< nothing follows the reply
};

using Verdict = std::optional<Refusal>;

}  // namespace imc::policy
