#pragma once
/// @file mail/utf8.h  Where a text ceases to be UTF-8.
#include "base/text.h"

#include <algorithm>

namespace imc::mail {

/// Offset of the first octet that belongs to no well-formed character; only for texts that are not
/// UTF-8.
inline std::size_t first_bad_octet(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        std::size_t length = 1;
        while (length <= 4 && !is_utf8(text.substr(at, length)))
            ++length;
        if (length > 4) return at;
        at += std::min(length, text.size() - at);
    }
    return text.size();
}

}  // namespace imc::mail
