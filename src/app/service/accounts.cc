#include "app/service/accounts.h"

#include "base/text.h"
#include "directory/saslprep.h"
#include "mail/address.h"

#include <algorithm>
#include <cstring>

namespace imc::app {
namespace {

constexpr std::size_t most_holders = 16;
constexpr std::size_t most_probed = 1000;

bool is_mailbox(const Entry& entry)
{
    return !entry.first("mailNickname").empty() && entry.has_class("imcMailbox");
}

/// @param name  what led to them
Accounts::Found only(std::vector<Entry>&& entries, std::string_view name)
{
    if (entries.empty()) return Accounts::Nobody{"no such account"};
    if (std::ranges::none_of(entries, is_mailbox))
        return Accounts::Nobody{entries.front().dn.to_rfc4514() + " is no mailbox"};
    if (entries.size() == 1) return std::move(entries.front());
    // Whose the password would have to be cannot be known, so it is not looked at.
    return CannotSay{
        Error{EventId::account_not_unique, "\"" + printable(name, 200) + "\" leads to " +
                                               std::to_string(entries.size()) + " objects, " +
                                               entries[0].dn.to_rfc4514() + " and " +
                                               entries[1].dn.to_rfc4514() + " among them"}};
}

/// "Nobody" by what a server has that lacks changes is no answer.
template <class Ask>
Accounts::Found by_what_is(const Directory& directory, Ask ask)
{
    const auto old = directory.old_answers();
    Accounts::Found found = ask();
    const auto* nobody = std::get_if<Accounts::Nobody>(&found);
    if (nobody == nullptr || directory.old_answers() == old) return found;
    return CannotSay{Error{EventId::directory_unreachable,
                           "a server that lacks changes says: " + nobody->reason}};
}

}  // namespace

Accounts::Accounts(std::shared_ptr<Directory> directory, Dn organization)
    : directory_{directory}, lookup_{std::move(directory), std::move(organization), most_holders}
{}

Accounts::Found Accounts::by_name(std::string_view user, Deadline deadline)
{
    const auto name = saslprep(user, Prepared::to_ask);
    if (!name) return Nobody{"a user name that nobody can have"};
    return by_what_is(*directory_, [&] { return ask_by_name(*name, deadline); });
}

Accounts::Found Accounts::ask_by_name(const std::string& name, Deadline deadline)
{
    if (name.find('@') == std::string::npos) {
        // Asked for another one: an alias that nobody can have is nobody's.
        auto found =
            directory_->search_for_proof(lookup_.organization(), Scope::subtree,
                                         "(mailNickname=" + escape_filter_value(name) + ")",
                                         "(mailNickname=somebody)", deadline, most_holders);
        if (!found) return CannotSay{found.error()};
        return only(*std::move(found), name);
    }
    const auto address = mail::parse_address(name);
    if (!address) return Nobody{"a user name that is no address: " + address.error().what};
    auto answer = lookup_.by_address(address->normalized(), deadline);
    if (auto* silent = std::get_if<CannotSay>(&answer)) return std::move(*silent);
    if (auto* entries = std::get_if<std::vector<Entry>>(&answer))
        return only(std::move(*entries), name);
    return Nobody{"no such account"};
}

Accounts::Found Accounts::by_certificate(std::string_view fingerprint, std::string_view subject,
                                         Deadline deadline)
{
    if (fingerprint.empty()) return Nobody{"no verified client certificate"};
    return by_what_is(*directory_,
                      [&] { return ask_by_certificate(fingerprint, subject, deadline); });
}

Accounts::Found Accounts::ask_by_certificate(std::string_view fingerprint, std::string_view subject,
                                             Deadline deadline)
{
    // One equality at a time: each is answered by an index.
    std::vector<std::string> wanted{"sha256:" + lower(fingerprint)};
    if (!subject.empty()) wanted.push_back("subject:" + std::string{subject});
    for (const auto& value : wanted) {
        auto found = directory_->search_for_proof(
            lookup_.organization(), Scope::subtree,
            "(imcClientCertificate=" + escape_filter_value(value) + ")",
            "(imcClientCertificate=sha256:00)", deadline, most_holders);
        if (!found) return CannotSay{found.error()};
        if (!found->empty()) return only(*std::move(found), value);
    }
    return Nobody{"no account has the certificate " + wanted.front()};
}

Accounts::Checked Accounts::check(const Found& found, std::string_view password, Deadline deadline)
{
    if (const auto* silent = std::get_if<CannotSay>(&found)) return *silent;
    auto prepared = saslprep(password, Prepared::to_ask);
    const auto* entry = std::get_if<Entry>(&found);
    if (entry == nullptr || !prepared) {
        // As much work as for somebody who exists: the time must not tell.
        if (directory_->is_local()) (void)password_matches({}, prepared.value_or("-"));
        if (const auto* nobody = std::get_if<Nobody>(&found)) return *nobody;
        return Nobody{"a password that nobody can have"};
    }
    auto answer = directory_->check_password(entry->dn, *prepared, deadline);
    explicit_bzero(prepared->data(), prepared->size());
    if (auto* silent = std::get_if<CannotSay>(&answer)) return std::move(*silent);
    if (std::holds_alternative<ProvenAbsent>(answer)) return Nobody{"no password is set"};
    if (std::get<bool>(answer)) return Yes{};
    return Nobody{"wrong password"};
}

bool Accounts::may_act_as(const Entry& account, std::string_view authorization)
{
    if (authorization.empty()) return true;
    const auto name = saslprep(authorization, Prepared::to_ask);
    if (!name) return false;
    if (same_word(*name, account.first("mailNickname"))) return true;
    const auto address = mail::parse_address(*name);
    return address &&
           std::ranges::any_of(account.all("proxyAddresses"), [&](const std::string& proxy) {
               return same_word(proxy, "smtp:" + address->normalized());
           });
}

bool Accounts::holds_scram_keys(Deadline deadline)
{
    if (directory_->is_local()) return true;
    const auto some = directory_->search(lookup_.organization(), Scope::subtree, "(userPassword=*)",
                                         deadline, most_probed);
    return some && std::ranges::any_of(*some, [](const Entry& entry) {
               return find_scram_keys(entry.all("userPassword")).has_value();
           });
}

std::string Accounts::alias(const Entry& account)
{
    return std::string{account.first("mailNickname")};
}

}  // namespace imc::app
