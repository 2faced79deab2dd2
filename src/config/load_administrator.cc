#include "base/text.h"
#include "config/load_parts.h"

#include <algorithm>
#include <iterator>

// Who gets the postmaster's mail.

namespace imc::config {

std::string Loader::primary_address(const Entry& entry)
{
    for (const auto& proxy : entry.all("proxyAddresses"))
        if (proxy.starts_with("SMTP:")) return proxy.substr(5);
    return {};
}

void Loader::administrator(const Entry& connector)
{
    auto& a = add("connector.administrator", EventId::not_configured, Status::failed);
    a.where = connector.dn.to_rfc4514() + ", attribute imcAdministratorMailbox";
    a.expected = "the DN of a mailbox with an SMTP address";
    const auto text = connector.first("imcAdministratorMailbox");
    if (text.empty()) {
        a.found = "no value";
        a.why = "the connector counts as not configured until it knows who gets postmaster's "
                "mail (Q183178)";
        return offer_administrator(a, connector, {});
    }
    a.found = printable(text);
    const auto dn = Dn::parse(text);
    if (!dn) {
        a.why = "the value is no distinguished name: " + dn.error().detail();
        return offer_administrator(a, connector, {});
    }
    const auto object = find_administrator(*dn);
    const auto* silent_object = std::get_if<CannotSay>(&object);
    if (silent_object != nullptr && people_silent_ && !config_.local_domains.empty()) {
        // Postmaster of the site domain is the administrator, whatever else is his address.
        a.status = Status::warning;
        a.why = "the mailbox is looked for among people, who cannot be asked now: " +
                silent_object->reason.to_string();
        config_.administrator = {*dn, "postmaster@" + config_.local_domains.front()};
        return;
    }
    if (const auto* silent = std::get_if<CannotSay>(&object)) {
        a.status = Status::not_evaluated;
        a.why = silent->reason.to_string();
        if (loaded_.people.administrator &&
            silent->reason.event() == EventId::directory_unreachable)
            loaded_.people_unreachable = true;  // it is asked again
        return;
    }
    const auto* entry = std::get_if<Entry>(&object);
    if (entry == nullptr) {
        a.why = "the mailbox does not exist (any more)";
        return offer_administrator(a, connector, *dn);
    }
    const auto address = primary_address(*entry);
    if (address.find('@') == std::string::npos) {
        a.why = "the mailbox has no primary SMTP address, so nothing can be delivered to it";
        a.where = entry->dn.to_rfc4514() + ", attribute proxyAddresses";
        a.found = "no value that begins with SMTP:";
        return offer_address(a, *entry);
    }
    a.status = Status::passed;
    config_.administrator = {*dn, address};
}

Answer<Entry> Loader::find_administrator(const Dn& dn)
{
    auto answer = asked_->read(dn, deadline_);
    if (!std::holds_alternative<ProvenAbsent>(answer) || !loaded_.people.directory) return answer;
    loaded_.people.administrator = true;
    // His address becomes part of the configuration: what it was is no answer.
    return loaded_.people.directory->read_current(dn, deadline_);
}

void Loader::offer_address(Assertion& a, const Entry& mailbox)
{
    const auto alias = std::string{mailbox.first("mailNickname")};
    if (alias.empty() || config_.local_domains.empty()) return;
    const auto value = "SMTP:" + alias + "@" + config_.local_domains.front();
    a.fix = "imc dir modify " + shell_word(mailbox.dn.to_rfc4514()) + " --add " +
            shell_word("proxyAddresses=" + value) + paths_.option();
    Change change{Change::Kind::modify, mailbox.dn};
    change.changes.push_back({AttributeChange::Kind::add, "proxyAddresses", {value}});
    a.automatic.directory = {std::move(change)};
}

void Loader::offer_administrator(Assertion& a, const Entry& connector, const Dn& gone)
{
    const auto found = asked_->search(
        config_.site, Scope::subtree,
        "(&(objectClass=imcMailbox)(|(mailNickname=administrator)(mailNickname=postmaster)))",
        deadline_);
    std::vector<Entry> fit;
    if (found)
        std::ranges::copy_if(*found, std::back_inserter(fit), [&](const Entry& e) {
            return !same(e.dn, gone) && primary_address(e).find('@') != std::string::npos;
        });
    if (fit.size() != 1) {
        a.fix = "imc dir modify " + shell_word(connector.dn.to_rfc4514()) +
                " --replace imcAdministratorMailbox=DN-OF-A-MAILBOX" + paths_.option();
        return;
    }
    const auto dn = fit.front().dn.to_rfc4514();
    a.fix = "imc dir modify " + shell_word(connector.dn.to_rfc4514()) + " --replace " +
            shell_word("imcAdministratorMailbox=" + dn) + paths_.option();
    a.automatic.directory = {replace(connector.dn, "imcAdministratorMailbox", {dn})};
}

}  // namespace imc::config
