#include "transfer/procedure_parts.h"

#include "mail/imcea.h"
#include "mail/srs.h"

#include <algorithm>

// Ours: who is it, and what does his mail do?

namespace imc::transfer {
namespace {

bool is_true(const Entry& entry, std::string_view attribute)
{
    return same_word(entry.first(attribute), "TRUE");
}

/// "X400" of "X400:c=US;a= ;p=Contoso"; empty: the target is an address of the Internet.
std::string_view other_type_of(std::string_view target)
{
    const auto type = target.substr(0, target.find(':'));
    const bool is_word = std::ranges::all_of(type, [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-' || c == '_';
    });
    const bool other = type.size() < target.size() && is_word && !same_word(type, "SMTP");
    return other ? type : std::string_view{};
}

}  // namespace

Procedure::Outcome Procedure::local(const mail::Address& address, const Class& found)
{
    const auto& site = config_.local_domains.front();
    auto named = address;
    if (address.is_literal()) named.domain = site;
    const bool is_postmaster = same_word(address.local, "postmaster");
    // The site domain's postmaster is the administrator, whatever a mailbox is called
    // (Q201072).
    if (is_postmaster && mail::canonical_domain(named.domain) == site)
        return administrator(address, true);
    auto found_there = people_.by_address(named.normalized());
    if (line_ != nullptr) note_origin();
    if (auto holder = one(std::move(found_there), "proxy address", "smtp:" + named.normalized()))
        return of(std::move(*holder), address, is_postmaster);
    if (mail::Srs::has_form(address.local)) return returned(address);
    if (auto wrapped = encapsulated(address)) return std::move(*wrapped);
    if (auto user = subaddress(named)) return of(std::move(*user), address);
    if (found.row != nullptr && found.row->action == config::RoutingRow::Action::shared) {
        // The queue would unwrap it for everybody, and ask no relay rule any more.
        if (!is_own_sender() && mail::decapsulate(address.local, mail::Capitals::folded))
            return nobody("an encapsulated name, and the client is none of our own senders");
        return shared(address, *found.row);
    }
    // Of another hosted domain it is whoever has the address, else the administrator (RFC 5321
    // 4.5.1, Q242387).
    if (is_postmaster) return administrator(address, false);
    return absent(named);
}

std::optional<Procedure::Holder> Procedure::one(Answer<std::vector<Entry>> answer, const char* name,
                                                const std::string& value)
{
    if (auto* silent = std::get_if<CannotSay>(&answer)) return unanswered(name, *silent);
    auto* entries = std::get_if<std::vector<Entry>>(&answer);
    if (entries == nullptr || entries->empty()) {
        if (evidence_ != nullptr)
            step(name, "nobody has " + printable(value, 400), false, {{"value", value}});
        return {};
    }
    if (entries->size() == 1) {
        tell_match(entries->front(), name, value);
        return Holder{std::move(entries->front())};
    }
    AmbiguousRecipient several;
    std::string list;
    for (const auto& entry : *entries)
        several.objects.push_back(entry.dn.to_rfc4514());
    std::ranges::sort(several.objects);
    for (const auto& object : several.objects)
        list += "\n" + object;
    step(name,
         "deferred with 451 4.1.4 (event 10000); more than one object has " +
             printable(value, 400) + ":" + list,
         true);
    return Holder{Resolution{std::move(several)}};
}

std::optional<Procedure::Holder> Procedure::cannot_say(const char* name, CannotSay silent)
{
    step(name, "deferred with 451 4.3.0; the directory cannot say: " + silent.reason.to_string(),
         true);
    return Holder{Resolution{std::move(silent)}};
}

void Procedure::note_origin()
{
    const auto origin = people_.origin();
    if (origin.revision != 0) line_->add("dir", origin.revision);
    if (origin.age)
        line_->add("age", static_cast<std::uint64_t>(
                              std::max<std::chrono::seconds::rep>(origin.age->count(), 0)));
}

bool Procedure::may_be_taken_unasked(const mail::Address& address, const Class& found)
{
    return !request_.taken && found.ours && found.row != nullptr &&
           found.row->when_silent == config::WhenSilent::accept &&
           !mail::Srs::has_form(address.local) &&
           (!starts_with_word(address.local, "IMCEA") || is_own_sender());
}

std::optional<Procedure::Holder> Procedure::unanswered(const char* name, CannotSay silent)
{
    if (taken_unasked_by_.empty()) return cannot_say(name, std::move(silent));
    auto rule = "routing row " + in_quotes(taken_unasked_by_);
    step(name,
         "accepted with 250, and held in the queue until the directory answers; it cannot say "
         "now: " +
             silent.reason.to_string() + " (" + rule + ")",
         true, {{"row", taken_unasked_by_}});
    return Holder{Resolution{TakenUnasked{std::move(silent.reason), std::move(rule)}}};
}

void Procedure::tell_match(const Entry& entry, const char* name, const std::string& value)
{
    if (evidence_ == nullptr && line_ == nullptr) return;
    std::string_view attribute = "legacyExchangeDN";
    std::string_view written = entry.first(attribute);
    if (!same_word(written, value)) {  // by its place in the tree
        attribute = "name";
        written = value;
    }
    for (const auto& proxy : entry.all("proxyAddresses"))
        if (same_word(proxy, value) ||
            (starts_with_word(proxy, "X500:") && same_word(proxy.substr(5), value))) {
            attribute = "proxyAddresses";
            written = proxy;
        }
    const auto dn = entry.dn.to_rfc4514();
    if (line_ != nullptr) {
        note("dn", dn);
        // Of the address that was asked for, its spelling tells primary from secondary.
        if (same_word(written, "smtp:" + std::string{request_.recipient}))
            note("by", written.substr(0, 4));
        else
            note("by", std::string{attribute}.append(" ").append(written));
    }
    if (evidence_ == nullptr) return;
    step(name, dn + ", " + std::string{attribute} + ": " + printable(written, 400), false,
         {{"dn", dn}, {"attribute", std::string{attribute}}, {"value", std::string{written}}});
}

Procedure::Outcome Procedure::of(Holder holder, const mail::Address& address, bool postmaster)
{
    if (auto* answer = std::get_if<Resolution>(&holder)) return std::move(*answer);
    return object(std::get<Entry>(holder), address, postmaster);
}

Procedure::Outcome Procedure::administrator(const mail::Address& address, bool of_site)
{
    const auto name = config_.administrator.dn.to_rfc4514();
    auto found = people_.administrator();
    if (auto* silent = std::get_if<CannotSay>(&found))
        return std::get<Resolution>(std::move(*unanswered("postmaster", std::move(*silent))));
    if (const auto* entry = std::get_if<Entry>(&found)) {
        step("postmaster", "the administrator " + name + " gets it", false, {{"dn", name}});
        note("postmaster", name);
        return object(*entry, address, true);
    }
    if (!of_site) return absent(address);
    return Resolution{std::get<Resolution>(
        *cannot_say("postmaster",
                    CannotSay{Error{EventId::not_configured, name + " does not exist any more"}}))};
}

Procedure::Outcome Procedure::object(const Entry& entry, const mail::Address& address,
                                     bool postmaster)
{
    const auto name = entry.dn.to_rfc4514();
    if (evidence_ != nullptr) {
        const bool hidden = is_true(entry, "imcHidden");
        step("object",
             std::string{kind_of(entry)} + " " + name +
                 (hidden ? "; hidden from address lists, which does not stop mail" : ""),
             false, {{"kind", std::string{kind_of(entry)}}, {"dn", name}});
    }
    if (auto part = came_in_part(entry))
        return std::get<Resolution>(*cannot_say("object", CannotSay{std::move(*part)}));
    if (is_true(entry, "imcDisabled") && !postmaster)
        return refuse(550, "5.2.1", "Mailbox disabled", name + ", imcDisabled");
    if (!restrictions_) restrictions_ = postmaster ? RestrictionsPtr{} : restrictions_of(entry);
    if (auto others = stands_for_others(entry, address, postmaster)) return std::move(*others);
    if (const auto target = entry.first("targetAddress"); !target.empty())
        return contact(name, target);
    auto out = people_.deliver_to(config_, entry, address.to_string());
    if (const auto* route = std::get_if<Route>(&out)) tell_route(*route);
    if (const auto* no = std::get_if<Refused>(&out))
        step("folder",
             "deferred with " + std::to_string(no->code) + " " + no->status + ": " + no->detail,
             true);
    if (const auto* silent = std::get_if<CannotSay>(&out))
        step("folder", "deferred with 451 4.3.0: " + silent->reason.to_string(), true);
    return out;
}

Procedure::Outcome Procedure::contact(const std::string& name, std::string_view target)
{
    const auto type = other_type_of(target);
    authorized_ = true;
    no_report_ = false;
    contact_ = name;
    if (!type.empty()) {
        step("contact", name + " is at " + printable(target, 400));
        note("target", target);
        return of_type(std::string{type}, std::string{target.substr(type.size() + 1)});
    }
    const auto plain = starts_with_word(target, "SMTP:") ? target.substr(5) : target;
    auto parsed = mail::parse_address(plain);
    if (!parsed) {
        auto what =
            name + ": targetAddress \"" + printable(plain, 100) + "\": " + parsed.error().what;
        return std::get<Resolution>(
            *cannot_say("contact", CannotSay{Error{EventId::value_invalid, std::move(what)}}));
    }
    if (line_ != nullptr) note("target", parsed->to_string());
    step("contact", name + " is at " + parsed->to_string(), false,
         {{"target", parsed->to_string()}});
    return std::move(*parsed);
}

std::optional<Procedure::Holder> Procedure::subaddress(const mail::Address& address)
{
    const auto& separator = config_.subaddress_separator;
    if (separator.empty()) return {};
    const auto at = address.local.find(separator);
    if (at == std::string::npos || at == 0) return {};
    auto plain = address;
    plain.local.resize(at);
    return one(people_.by_address(plain.normalized()), "subaddress", "smtp:" + plain.normalized());
}

bool Procedure::is_own_sender()
{
    if (request_.taken) return true;
    if (!request_.from_client) return false;
    auto question = request_.client;
    question.domain = {};
    question.row = config::RowRelay::inherit;
    return decide_relay(config_.relay, question).allowed;
}

std::optional<Procedure::Outcome> Procedure::encapsulated(const mail::Address& address)
{
    if (!starts_with_word(address.local, "IMCEA")) return {};
    const bool own = is_own_sender();
    const auto wrapped =
        mail::decapsulate(address.local, own ? mail::Capitals::folded : mail::Capitals::strict);
    if (!wrapped) {
        step("encapsulation", "not well formed, so it is an ordinary name (Q264330)");
        return {};
    }
    const auto& [type, value] = *wrapped;
    step("encapsulation", "a name of type " + type + ": " + printable(value, 400) +
                              (own ? "" : "; the client is none of our own senders"));
    if (type == "SMTP") {
        auto inner = own ? mail::parse_address(value) : mail::parse_address("");
        if (!inner) return {};
        relay_ = config::RowRelay::inherit;  // what was said of our domain is not said of his
        return Outcome{std::move(*inner)};
    }
    auto holder = type == "EX" || type == "X500"
                      ? one(people_.by_historic_name(value), "historic name", value)
                      : one(people_.by_proxy(type, value), "proxy address", type + ":" + value);
    if (!holder) {
        if (!own || type == "EX" || type == "X500") return {};
        return Outcome{of_type(type, value)};
    }
    const auto* entry = std::get_if<Entry>(&*holder);
    if (entry != nullptr && !own && !is_true(*entry, "imcAcceptEncapsulated")) {
        step("encapsulation",
             "strangers may not write to it so (imcAcceptEncapsulated, Q244008, Q245045)");
        return {};
    }
    return of(std::move(*holder), address);
}

}  // namespace imc::transfer
