#pragma once
/// @file mail/list_header.h  What stands in front of the copies that a list, or a mailbox that
/// passes a copy on, sends out.
///
/// Delivered-To tells where a copy has been, so that one that comes back is known; of the other
/// fields only those are added that the message has not: a list on a list keeps the outer name.
///
/// Rules:   RFC 9228 (Delivered-To), RFC 2919 (List-Id), RFC 2369 (List-Post, List-Owner),
///          RFC 2142 (a list's people)
/// KB:      Q246597 (absent people do not answer a list: Precedence: list)
/// Threads: pure.
#include <string>
#include <string_view>

namespace imc::mail {

struct ListNames {
    std::string address;       ///< of the list or mailbox
    std::string display = {};  ///< for people; what is not printable ASCII is left out
    std::string owner = {};    ///< address; empty: none is told
    bool list = true;          ///< false: nothing but Delivered-To
};

/// Fields, each with its CRLF. @param header  of the message that is copied
std::string list_header(const ListNames& names, std::string_view header);

/// "staff.contoso.example" of "staff@contoso.example": dots, letters, digits, '-' and '_'.
std::string list_id(std::string_view address);

/// Whether a copy for this address has been made of the message before.
bool has_been_at(std::string_view header, std::string_view address);

}  // namespace imc::mail
