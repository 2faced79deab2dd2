#pragma once
/// @file mail/address_template.h  How a site makes the addresses of its recipients.
///
/// "%g.%s@contoso.example" makes AnnMarie.Lee@contoso.example of the given name "Ann Marie" and the
/// surname "Lee". The tokens are those of the historic Site Addressing page:
///
///     %m alias (mailbox name)   %s surname   %g given name   %i initials   %d display name
///     %3s   the first three characters of it        %%  a percent sign
///     %rxy  from here on x becomes y; %rxx drops x. May stand anywhere; x and y are any
///     characters.
///
/// Whatever the names are, what comes out is a mail address of RFC 5321 that needs no quotes:
/// letters with accents lose them (Müller is Muller), what may not stand in an address is dropped,
/// and so are dots that would come first, last or twice. If nothing is left, it is the alias; 64
/// octets are the most. An address that is taken gets a number: Ann.Lee2. So does one that would
/// never be his: postmaster's mail goes to the administrator. What would read as an address that we
/// make (SRS0=, IMCEA-) loses the character that makes it one.
///
/// KB:      Q153270 (tokens, what is dropped), Q291086 (bulk update of a site), Q201072
/// (postmaster) Errors:  as a short text: what is wrong, and where. Threads: pure functions.
#include "mail/address.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace imc::mail {

/// What the directory knows of a recipient, in UTF-8; any may be empty but the alias.
struct RecipientNames {
    std::string alias, surname, given, initials, display;
};

class AddressTemplate {
public:
    /// "FORMAT@DOMAIN", or "@DOMAIN", which is "%m@DOMAIN".
    static Parsed<AddressTemplate> parse(std::string_view text);

    /// The address of a recipient. @param number  2 and more are written behind it
    std::string address(const RecipientNames& names, std::uint32_t number = 1) const;

    /// One that nobody has: Ann.Lee, Ann.Lee2, Ann.Lee3... Beyond the first eight, numbers are
    /// tried by doubling and halving, so that of a thousand of one name some twenty are asked
    /// about; a gap that somebody left there may stay one. Empty when all are taken, whatever the
    /// number.
    /// @param own  what he has: if it is one of those beyond the first eight, he keeps it
    std::string unique_address(const RecipientNames& names,
                               const std::function<bool(const std::string&)>& is_taken,
                               std::string_view own = {}) const;

    const std::string& domain() const noexcept { return domain_; }
    const std::string& text() const noexcept { return text_; }

private:
    struct Piece {
        enum class Kind : std::uint8_t {
            literal,
            alias,
            surname,
            given,
            initials,
            display,
            replace,
        } kind;
        std::size_t most = 0;   ///< characters of the name; 0: all
        std::string from = {};  ///< literal: the text; replace: one character
        std::string to = {};
    };
    std::string local_part(const RecipientNames& names) const;
    /// The number behind an address that is made of `names`; nothing: it is none, or has none.
    std::optional<std::uint32_t> number_of(const RecipientNames& names,
                                           std::string_view address) const;

    std::string text_, domain_;
    std::vector<Piece> pieces_;
};

/// The letters of `text` without their accents, as far as the Latin alphabets of Europe go: "ß" is
/// "ss", "ø" is "o". Everything else that is not ASCII is dropped.
std::string without_accents(std::string_view text);

}  // namespace imc::mail
