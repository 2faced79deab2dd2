#pragma once
/// @file directory/recipients.h  Whose address is it? The look-up behind every RCPT.
///
/// Primary ("SMTP:") and secondary ("smtp:") proxy addresses are the same question, since
/// proxyAddresses ignores case. All holders are returned: more than one means event 10000, and
/// that is for the caller to say (it knows the message). Nobody is proven absent by a server that
/// does not know the attribute of addresses any more, or does not let us search by it.
///
/// KB:      Q251152 (an address of two objects).
/// Threads: any; the directory's rules for blocking hold (directory.h).
#include "directory/recipient_cache.h"

#include <memory>

namespace imc {

/// What is asked instead of an address whose absence is to be proven. A server cannot judge each
/// value that a client sends (mail is an IA5String, RFC 4524 2.16), and it is not judged: an
/// address that nobody can have is nobody's.
inline constexpr std::string_view any_address = "(proxyAddresses=smtp:somebody@example.org)";

class RecipientLookup {
public:
    /// @param organization  the look-up sees what is below it: o=Org,<base>.
    /// @param most  holders of one address that are fetched; more is CannotSay, never a part.
    /// @param cache  of look-ups like this one; null: the directory is asked each time. What comes
    ///        through it has no secrets (userPassword).
    RecipientLookup(std::shared_ptr<Directory> directory, Dn organization, std::size_t most = 16,
                    std::shared_ptr<RecipientCache> cache = nullptr);

    /// One object or several that hold the address; none at all is ProvenAbsent.
    /// @param normalized_smtp_address  "ann@example.org", as mail/address.h normalizes it; without
    ///        the "smtp:" in front.
    /// @param origin  if given, is told how fresh the answer is
    Answer<std::vector<Entry>> by_address(std::string_view normalized_smtp_address,
                                          Deadline deadline, AnswerOrigin* origin = nullptr);

    const Dn& organization() const noexcept { return organization_; }
    Directory& directory() const noexcept { return *directory_; }

private:
    Answer<std::vector<Entry>> ask(std::string_view address, Deadline deadline);

    std::shared_ptr<Directory> directory_;
    Dn organization_;
    std::size_t most_;
    std::shared_ptr<RecipientCache> cache_;
};

}  // namespace imc
