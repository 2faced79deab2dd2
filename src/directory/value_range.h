#pragma once
/// @file directory/value_range.h  Values that a server gives in parts.
///
/// Active Directory never sends more than some thousand values of an attribute at once. Of a longer
/// one it sends `member` empty and, beside it, "member;range=0-1499"; whoever wants the rest asks
/// for "member;range=1500-*", and so on, until an answer ends in "-*" (Directory::values). A part
/// that passes for the whole would be mail that some never get, or a restriction that is none, so
/// what cannot be read here, or does not add up, is an Error.
///
/// Each server of a domain counts changes of its own (uSNChanged), so the mark names the server,
/// and the next part is asked of the one that sent the last, if a connection to it can be had soon.
///
/// Sources: [MS-ADTS] 3.1.1.3.1.3.3 (range retrieval of attribute values).
/// Errors:  40011 (a part, or none that can be read).
/// Threads: pure.
#include "directory/directory.h"

namespace imc {

struct RangedName {
    std::string_view attribute;  ///< without options
    std::size_t first = 0;
    std::optional<std::size_t> last = {};  ///< none ("*"): until the end
};

/// "member;range=0-1499". Nothing: an attribute without such an option.
Result<std::optional<RangedName>> parse_ranged_name(std::string_view description);

/// "member;range=1500-*", to ask for.
std::string ranged_name(std::string_view attribute, std::size_t first);

/// The values from the one numbered `from` on, if the server gave a part of them. Nothing: it gave
/// all, if any, under the attribute's own name.
Result<std::optional<ValueRange>> range_of(const Attributes& attributes, std::string_view attribute,
                                           std::size_t from = 0);

/// Which of `attributes` came as a range, so that what stands under its own name is not all of it;
/// empty: none.
std::string first_in_part(const Entry& entry, std::span<const std::string_view> attributes);

}  // namespace imc
