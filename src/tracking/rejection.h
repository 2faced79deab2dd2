#pragma once
/// @file tracking/rejection.h  One refusal as a line of the reject journal;
/// docs/formats/rejects.md. Pure.
#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imc::tracking {

struct Rejection {
    WallTime time{};          ///< the journal's
    std::string code = {};    ///< the journal's; empty: a summary
    std::uint64_t count = 1;  ///< refusals this record stands for
    std::string peer = {};    ///< "192.0.2.1"
    std::string peer_name = {};
    std::string helo = {};
    std::string listener = {};
    std::string account = {};
    std::optional<std::string> sender = {};    ///< empty text: a report; nothing: none given yet
    std::vector<std::string> recipients = {};  ///< the one refused, or all of a message refused
    std::string stage = {};                    ///< "connect", "RCPT", "message"
    std::string rule = {};
    std::string evidence = {};
    std::string reply = {};  ///< "550 5.1.1 No such recipient"
};

std::string write_rejection(const Rejection& rejection);  ///< with its LF
std::optional<Rejection> parse_rejection(std::string_view line);

/// First line of a file, without "# ".
std::string_view rejects_title();

/// A code as somebody typed it: upper case, I and L read as 1, O as 0. Nothing: it is no code.
std::optional<std::string> parse_code(std::string_view text);

}  // namespace imc::tracking
