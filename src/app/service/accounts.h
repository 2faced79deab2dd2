#pragma once
/// @file app/service/accounts.h  Who signs in: names, passwords, keys and certificates, as the
/// directory has them.
///
/// An account is a mailbox. It is named by its alias or by any of its addresses. Of a name, or a
/// certificate, that leads to several objects nobody can say whose it is (40895): that is no wrong
/// password, and nothing has been guessed. That there is no such account must be proven
/// (directory.h): a server that lacks changes, or does not know aliases, cannot say, and nothing
/// has been guessed. A foreign directory without imcClientCertificate cannot say whose a
/// certificate is, unless RecipientAttributes says that it has none ("imcClientCertificate=").
///
/// Threads: any; every call blocks, and some work for tens of milliseconds (directory/password.h).
#include "directory/password.h"
#include "directory/recipients.h"

namespace imc::app {

class Accounts {
public:
    Accounts(std::shared_ptr<Directory> directory, Dn organization);

    struct Nobody {
        std::string reason;  ///< for the log, never for the client
    };
    using Found = std::variant<Entry, Nobody, CannotSay>;

    /// @param user  as sent
    Found by_name(std::string_view user, Deadline deadline);
    Found by_certificate(std::string_view fingerprint, std::string_view subject, Deadline deadline);

    struct Yes {};
    using Checked = std::variant<Yes, Nobody, CannotSay>;
    /// @param password  as sent
    Checked check(const Found& found, std::string_view password, Deadline deadline);

    /// @param authorization  empty, or the account's alias or one of its addresses
    static bool may_act_as(const Entry& account, std::string_view authorization);

    /// True when some account has SCRAM keys that we may read: then SCRAM is worth offering.
    bool holds_scram_keys(Deadline deadline);

    static std::string alias(const Entry& account);

private:
    /// @param name  prepared
    Found ask_by_name(const std::string& name, Deadline deadline);
    Found ask_by_certificate(std::string_view fingerprint, std::string_view subject,
                             Deadline deadline);

    std::shared_ptr<Directory> directory_;
    RecipientLookup lookup_;
};

}  // namespace imc::app
