#pragma once
/// @file cli/test/address.h  What the parsers of mail say of one address.
///
/// Threads: pure function.
#include <cstddef>
#include <string>
#include <string_view>

namespace imc::cli {

struct AddressVerdict {
    bool valid = false;
    std::string why = {};  ///< what is wrong; of a valid one a remark, or empty
    std::size_t at = 0;    ///< octets from the beginning, when it is not valid
};

struct AddressFinding {
    AddressVerdict envelope;  ///< RFC 5321, 6531 and our limits, with or without <>
    AddressVerdict header;    ///< RFC 5322, 6532
    /// What could be read, of the envelope's reading before the header's.
    bool read = false;
    std::string display_name = {};
    std::string local = {};              ///< unquoted
    std::string domain = {};             ///< as written
    std::string ascii_domain = {};       ///< A-labels; empty for a literal, or when there are none
    std::string user = {}, detail = {};  ///< RFC 5233: "ann" and "news" of "ann+news"
    std::string canonical = {};          ///< as look-ups and loops compare it
    bool literal = false;
    bool smtp_utf8 = false;
};

AddressFinding judge_address(std::string_view text);

}  // namespace imc::cli
