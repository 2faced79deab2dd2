#pragma once
/// @file mail/automatic.h  Whether a program sent a message, and which sort of program.
///
/// Only what a field says counts, not that it is there: "Autoforwarded: false" is not forwarded,
/// "Auto-Submitted: no" is a person (Q192939, Q278352).
///
/// Rules:   RFC 3834 2, 5 (Auto-Submitted), RFC 5230 4.7 (vacation), RFC 2156 2 (Autoforwarded),
///          RFC 2369 and RFC 2919 (List-*), Precedence and X-Auto-Response-Suppress by use
/// Threads: pure. Strangers choose every octet: fuzz target mail_automatic.
#include <cstdint>
#include <string_view>

namespace imc::mail {

enum class Automatic : std::uint8_t {
    no,             ///< a person, as far as can be seen
    report,         ///< DSN and MDN (multipart/report), whoever sends it
    reply,          ///< an automatic reply
    out_of_office,  ///< one that says that its sender is away
    forward,        ///< passed on by a rule
    other,          ///< generated, from a list, in bulk
};
std::string_view to_string(Automatic kind);

struct AutomaticSigns {
    Automatic kind = Automatic::no;
    bool from_list = false;           ///< List-Id, List-Unsubscribe..., Precedence: list
    bool bulk = false;                ///< Precedence: bulk or junk
    bool no_replies = false;          ///< X-Auto-Response-Suppress: All, OOF or AutoReply
    bool no_delivery_report = false;  ///< X-Auto-Response-Suppress: All or DR

    /// RFC 3834 2: whether a program may answer it, if its envelope's sender is not null.
    bool may_be_answered() const
    {
        return kind == Automatic::no && !from_list && !bulk && !no_replies;
    }
};

/// @param header       up to the empty line; what follows one is not looked at
/// @param null_sender  the envelope's: with Precedence: bulk or X-Auto-Response-Suppress a reply,
/// as
///                     vacation(1) and Exchange write it, without a sign a report of an old kind
AutomaticSigns look_for_automatic(std::string_view header, bool null_sender);

}  // namespace imc::mail
