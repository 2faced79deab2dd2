#include "transfer/restriction.h"

#include "directory/value_range.h"
#include "transfer/expansion.h"

#include <algorithm>

namespace imc::transfer {
namespace {

std::vector<Restrictions::Named> named(const Entry& entry, std::string_view attribute)
{
    std::vector<Restrictions::Named> out;
    for (const auto& value : entry.all(attribute))
        if (const auto dn = Dn::parse(value)) out.push_back({value, dn->normalized()});
    return out;
}

const Restrictions::Named* find(const std::vector<Restrictions::Named>& among, const Sender& sender)
{
    const auto found = std::ranges::find_if(
        among, [&](const auto& each) { return sender.names.contains(each.name); });
    return found == among.end() ? nullptr : &*found;
}

const Restrictions::Named* find_doubt(const std::vector<Restrictions::Named>& among,
                                      const Sender& sender)
{
    const auto found = std::ranges::find_if(
        among, [&](const auto& each) { return sender.doubts.contains(each.name); });
    return found == among.end() ? nullptr : &*found;
}

std::string words_of(const Sender& sender)
{
    return sender.address.empty() ? std::string{"a report"} : sender.address;
}

std::optional<Restricted> judge_itself(const Restrictions& restrictions, const Sender& sender)
{
    if (!restrictions.ask_senders()) return {};
    if (sender.address.empty() && !restrictions.list) return {};
    const auto& object = restrictions.object;
    const auto rule = [&object](const char* name) {
        return std::string{name}.append(" of ").append(object);
    };
    const std::string may_not = std::string{" may not "} + restrictions.use;
    if (restrictions.signed_in_only && !sender.signed_in)
        return Restricted{rule("imcAuthOnly"), "only who has signed in may send to it"};
    if (const auto* who = find(restrictions.reject, sender))
        return Restricted{rule(restrictions.reject_rule),
                          words_of(sender) + " is, or is on, " + who->text + ", which" + may_not};
    if (restrictions.accepts_some && find(restrictions.accept, sender) == nullptr)
        return Restricted{rule(restrictions.accept_rule),
                          words_of(sender) + " is not among those who may " + restrictions.use};
    return {};
}

std::optional<Error> undecided_itself(const Restrictions& restrictions, const Sender& sender)
{
    if (restrictions.old || sender.old)
        if (const auto no = judge_itself(restrictions, sender))
            return outdated(restrictions, no->rule);
    if (sender.doubts.empty() || !restrictions.ask_senders()) return {};
    if (restrictions.signed_in_only && !sender.signed_in) return {};
    if (find(restrictions.reject, sender) != nullptr) return {};
    const auto* list = find_doubt(restrictions.reject, sender);
    if (list == nullptr && restrictions.accepts_some &&
        find(restrictions.accept, sender) == nullptr)
        list = find_doubt(restrictions.accept, sender);
    if (list == nullptr) return {};
    return Error{EventId::directory_refused,
                 "whether " + words_of(sender) + " is on " + list->text +
                     " cannot be said: " + sender.doubts.at(list->name)};
}

}  // namespace

std::uint64_t octets_of(const Entry& entry, std::string_view attribute)
{
    constexpr std::uint64_t most = std::uint64_t{1} << 40;
    const auto number = parse_number(entry.first(attribute));
    return number ? std::min(*number, most) * 1024 : 0;
}

std::string size_rule(std::string_view attribute, std::string_view object)
{
    return std::string{attribute} + " of " + std::string{object};
}

std::optional<Error> came_in_part(const Entry& entry)
{
    constexpr std::string_view rules[] = {"proxyAddresses", "authOrig",  "unauthOrig",
                                          "uniqueMember",   "memberUid", "imcMemberURL",
                                          "memberURL",      "owner"};
    const auto name = first_in_part(entry, rules);
    if (name.empty()) return {};
    return Error{EventId::directory_refused,
                 entry.dn.to_rfc4514() + ": the server gives only a part of " + name +
                     " at a time, and only members are asked for part by part"};
}

RestrictionsPtr restrictions_of(const Entry& entry, bool old)
{
    Restrictions out;
    out.accept = named(entry, "authOrig");
    out.reject = named(entry, "unauthOrig");
    out.accepts_some = !entry.all("authOrig").empty();
    out.signed_in_only = same_word(entry.first("imcAuthOnly"), "TRUE");
    out.octets = octets_of(entry, "imcMaxReceiveKB");
    if (!out.of_senders() && out.octets == 0) return {};
    out.object = entry.dn.to_rfc4514();
    out.list = is_list(entry);
    out.old = old;
    return std::make_shared<const Restrictions>(std::move(out));
}

RestrictionsPtr with_outbound(RestrictionsPtr recipient, const config::Config& config)
{
    if (!config.outbound.any()) return recipient;
    Restrictions carrier;
    for (const auto& each : config.outbound.accept)
        carrier.accept.push_back({each.text, each.name});
    for (const auto& each : config.outbound.reject)
        carrier.reject.push_back({each.text, each.name});
    carrier.accepts_some = !carrier.accept.empty();
    carrier.object = config.connector.to_rfc4514();
    carrier.accept_rule = "imcOutboundAccept";
    carrier.reject_rule = "imcOutboundReject";
    carrier.use = "send through it";
    auto out = recipient ? *recipient : Restrictions{};
    out.outbound = std::make_shared<const Restrictions>(std::move(carrier));
    return std::make_shared<const Restrictions>(std::move(out));
}

std::optional<Error> undecided(const Restrictions& restrictions, const Sender& sender)
{
    if (auto doubt = undecided_itself(restrictions, sender)) return doubt;
    // A refusal that is sure needs no other one.
    if (!restrictions.outbound || judge_itself(restrictions, sender)) return {};
    return undecided(*restrictions.outbound, sender);
}

Error outdated(const Restrictions& restrictions, const std::string& rule)
{
    return {EventId::directory_unreachable,
            "a server that lacks changes which were seen before told of " + restrictions.object +
                " or of the sender, so what refuses (" + rule +
                ") may be so no more; it is asked again later"};
}

std::optional<Restricted> judge(const Restrictions& restrictions, const Sender& sender)
{
    auto no = judge_itself(restrictions, sender);
    if (no || !restrictions.outbound) return no;
    return judge(*restrictions.outbound, sender);
}

std::string admitted_by(const Restrictions& restrictions, const Sender& sender)
{
    if (sender.address.empty() && !restrictions.list) return "a report goes to everybody";
    if (!restrictions.ask_senders() && restrictions.outbound)
        return admitted_by(*restrictions.outbound, sender);
    const auto* const who = restrictions.accepts_some ? find(restrictions.accept, sender) : nullptr;
    if (who != nullptr) return std::string{restrictions.accept_rule} + " " + who->text;
    return restrictions.signed_in_only
               ? "imcAuthOnly"
               : std::string{restrictions.reject_rule} + ", which does not name it";
}

}  // namespace imc::transfer
