#include "admin/explained_terms.h"

#include "base/text.h"
#include "transfer/expansion.h"

#include <algorithm>

namespace imc::admin {

using namespace std::chrono_literals;
using transfer::Expansion;

namespace {

constexpr std::size_t members_walked = 10'000;
constexpr auto walk_time = 10s;
constexpr auto revision_time = 5s;  ///< what is silent was waited for already
constexpr std::size_t names_told = 10;

std::string domain_in(std::string_view address)
{
    const auto at = address.rfind('@');
    return at == address.npos ? std::string{} : mail::canonical_domain(address.substr(at + 1));
}

/// "authOrig: cn=staff,...; unauthOrig: cn=eve,..."
std::string rules_in_words(const transfer::Restrictions& rules)
{
    std::string out = rules.signed_in_only ? "imcAuthOnly" : "";
    const auto add = [&out](const char* name,
                            const std::vector<transfer::Restrictions::Named>& who) {
        out += (out.empty() ? "" : "; ") + std::string{name} + ":";
        for (std::size_t i = 0; i < std::min(who.size(), names_told); ++i)
            out += (i == 0 ? " " : " | ") + who[i].text;
        if (who.size() > names_told)
            out += " and " + std::to_string(who.size() - names_told) + " more";
        if (who.empty()) out += " nobody who can be read";
    };
    if (rules.accepts_some) add(rules.accept_rule, rules.accept);
    if (!rules.reject.empty()) add(rules.reject_rule, rules.reject);
    if (rules.outbound)
        out += (out.empty() ? "" : "; ") + rules_in_words(*rules.outbound) + " of " +
               rules.outbound->object;
    return out;
}

class TermsAsked {
public:
    TermsAsked(const Grounds& grounds, const ExplainAsked& asked, Explained& out, Deadline deadline)
        : grounds_{grounds}, asked_{asked}, out_{out}, deadline_{deadline},
          octets_{asked.octets.value_or(0)}
    {}

    void run()
    {
        const auto rules = rules_of();
        if (rules) size_of(*rules);
        if (is_accepted()) sender(rules.get());
        if (is_accepted() && asked_.octets) message_size();
        if (!is_accepted()) return;
        if (const auto* list = std::get_if<transfer::Expand>(&out_.resolution)) members(*list);
    }

private:
    transfer::RestrictionsPtr rules_of() const
    {
        if (const auto* route = out_.way()) return route->restrictions;
        const auto* list = std::get_if<transfer::Expand>(&out_.resolution);
        return list != nullptr ? list->restrictions : nullptr;
    }
    bool is_accepted() const
    {
        return out_.way() != nullptr || std::holds_alternative<transfer::Expand>(out_.resolution);
    }
    void step(std::string name, std::string finding, bool decides = false,
              std::vector<std::pair<std::string, std::string>> facts = {})
    {
        out_.evidence.push_back({std::move(name), std::move(finding), decides, std::move(facts)});
    }
    void refuse(const char* name, int code, std::string status, std::string why, std::string rule)
    {
        step(name,
             "refused with " + std::to_string(code) + " " + status + ": " + why + " (" + rule + ")",
             true, {{"rule", rule}});
        why += " (" + rule + ")";
        out_.resolution =
            transfer::Refused{code, std::move(status), std::move(why), std::move(rule), EventId{}};
    }
    void defer(const char* name, Error why)
    {
        step(name, "deferred with 451 4.3.0; the directory cannot say: " + why.to_string(), true);
        out_.resolution = CannotSay{std::move(why)};
    }
    void judge_octets(const policy::SizeLimit& limit, const char* status)
    {
        if (!asked_.octets)
            return step("size",
                        "at most " + std::to_string(limit.octets) + " octets (" + limit.rule +
                            "); how large the message is, nobody says (--size)",
                        false, {{"rule", limit.rule}});
        const auto words = std::to_string(octets_) + " octets, at most " +
                           (limit.octets == 0 ? "any number" : std::to_string(limit.octets));
        if (!limit.allows(octets_))
            return refuse("size", 552, status, "Message of " + words, limit.rule);
        step("size", words + " (" + limit.rule + ")", false, {{"rule", limit.rule}});
    }

    void size_of(const transfer::Restrictions& rules)
    {
        if (rules.octets == 0) return;
        const policy::SizeLimit takes{rules.octets,
                                      transfer::size_rule("imcMaxReceiveKB", rules.object)};
        if (rules.old && octets_ > rules.octets)
            return defer("size", transfer::outdated(rules, takes.rule));
        judge_octets(takes, "5.2.3");
    }

    void message_size()
    {
        const auto domain = domain_in(asked_.recipient);
        const bool is_local = domain.empty() || grounds_.resolver.is_local_domain(domain);
        judge_octets(size_limit_of(grounds_, asked_, domain, is_local), "5.3.4");
    }

    void sender(const transfer::Restrictions* rules)
    {
        const bool restricted = rules != nullptr && rules->of_senders();
        const bool list = std::holds_alternative<transfer::Expand>(out_.resolution);
        const bool signed_in = !asked_.account.empty();
        if (asked_.sender.empty()) {
            if (restricted)
                step("restriction",
                     "not everybody may send to it (" + rules_in_words(*rules) +
                         "); who sends, nobody says (--from)",
                     false, {{"object", rules->object}});
            return;
        }
        if (!restricted && !list && !signed_in) return;
        const std::string_view address =
            asked_.sender == report_sender ? std::string_view{} : std::string_view{asked_.sender};
        auto found = grounds_.resolver.senders().by_address(address, signed_in, deadline_);
        if (auto* silent = std::get_if<CannotSay>(&found))
            return defer("sender", std::move(silent->reason));
        sender_ = std::get<transfer::Sender>(std::move(found));
        if (!address.empty()) tell_sender();
        if (restricted) {
            if (auto doubt = transfer::undecided(*rules, *sender_))
                return defer("restriction", std::move(*doubt));
            if (const auto no = transfer::judge(*rules, *sender_))
                return refuse("restriction", 550, "5.7.1", no->text, no->rule);
            step("restriction",
                 "may send to it: " + transfer::admitted_by(*rules, *sender_) +
                     (signed_in || address.empty()
                          ? ""
                          : "; without sign-in the address is a claim that anybody can make"),
                 false, {{"object", rules->object}});
        }
        if (signed_in && sender_->octets != 0 && !sender_->old)
            judge_octets({sender_->octets, transfer::size_rule("imcMaxSendKB", sender_->object)},
                         "5.3.4");
    }

    void tell_sender()
    {
        const auto address = printable(asked_.sender, 320);
        if (sender_->object.empty())
            return step("sender", address + " is nobody of the directory", false,
                        {{"sender", address}});
        // Its own name is among them.
        const auto lists = sender_->names.size() > 1 ? sender_->names.size() - 1 : 0;
        step("sender",
             address + " is " + sender_->object + ", on " + std::to_string(lists) +
                 (lists == 1 ? " list" : " lists") +
                 (sender_->doubts.empty() ? ""
                                          : ", and of " + std::to_string(sender_->doubts.size()) +
                                                " more nobody can say"),
             false, {{"sender", address}, {"dn", sender_->object}});
    }

    void members(const transfer::Expand& list)
    {
        transfer::ExpansionLimits limits{grounds_.config->lists.members,
                                         grounds_.config->lists.depth};
        limits.patience = walk_time;
        limits.message_octets = octets_;
        limits.asks_senders = sender_.has_value();
        Expansion walk{grounds_.resolver.directory(), grounds_.resolver.people(), limits,
                       sender_.value_or(transfer::Sender{}),
                       std::make_shared<transfer::SeenMembers>()};
        const auto object = Dn::parse(list.object);
        if (const auto silent =
                walk.open(object ? *object : Dn{}, list.list ? std::string{} : list.address))
            return not_now(silent->reason);
        const auto until = std::min(deadline_, after(walk_time));
        bool all = false;
        while (!all && walk.facts().members < members_walked &&
               std::chrono::steady_clock::now() < until) {
            const auto found = walk.next(1000, until);
            if (const auto* silent = std::get_if<CannotSay>(&found)) return not_now(silent->reason);
            if (const auto* large = std::get_if<Expansion::TooLarge>(&found))
                return step("members",
                            large->why + ": it is taken, nobody gets a copy, and the sender is "
                                         "told (5.5.3)",
                            true);
            all = std::get<Expansion::Portion>(found).last;
        }
        tell_members(walk.facts(), all);
    }

    void not_now(const Error& why)
    {
        step("members", "cannot be said now, so a message would wait: " + why.to_string());
    }

    void tell_members(const Expansion::Facts& facts, bool all)
    {
        for (const auto& one : facts.reached)
            step("member", printable(one.address, 320) + " by " + printable(one.why), false,
                 {{"address", one.address}, {"path", one.why}});
        for (const auto& one : facts.refusals)
            step("refused within",
                 printable(one.address, 320) + ": " + one.status + " " + printable(one.why), false,
                 {{"address", one.address}, {"reply", one.status}});
        for (const auto& path : facts.loops)
            step("circle", printable(path) + "; entered once", false, {{"path", path}});
        for (const auto& one : facts.missing)
            step("left out", printable(one));
        auto text =
            std::to_string(facts.members) + (facts.members == 1 ? " is" : " are") + " reached";
        if (facts.members > facts.reached.size())
            text += ", of whom the first " + std::to_string(facts.reached.size()) + " are told";
        if (facts.left_out != 0) text += ", " + std::to_string(facts.left_out) + " left out";
        if (facts.refused != 0)
            text += ", " + std::to_string(facts.refused) + " within refuse the message";
        if (!all) text += "; these are not all, no more are looked at here";
        if (!sender_) text += "; what lists within say of senders is not asked (--from)";
        step("members", std::move(text), false,
             {{"reached", std::to_string(facts.members)},
              {"left_out", std::to_string(facts.left_out)},
              {"refused", std::to_string(facts.refused)},
              {"all", all ? "true" : "false"}});
    }

    const Grounds& grounds_;
    const ExplainAsked& asked_;
    Explained& out_;
    const Deadline deadline_;
    const std::uint64_t octets_;
    std::optional<transfer::Sender> sender_;  ///< nothing: not named, or nobody asks
};

}  // namespace

void explain_terms(const Grounds& grounds, const ExplainAsked& asked, Explained& out,
                   Deadline deadline)
{
    TermsAsked{grounds, asked, out, deadline}.run();
}

transfer::Step explained_now(const Grounds& grounds, Deadline deadline)
{
    auto& directory = *grounds.resolver.directory();
    const auto& cache = grounds.remembered;
    const auto revision = directory.revision(std::min(deadline, after(revision_time)));
    auto text = directory.description() + " is asked now";
    if (!revision) text += ", which does not tell its revision (" + revision.error().detail() + ")";
    transfer::Step out{"directory", {}};
    out.facts.emplace_back("age", "0");
    if (revision && *revision != 0) {
        text += ", revision " + std::to_string(*revision);
        out.facts.emplace_back("revision", std::to_string(*revision));
    }
    const auto most = std::max(cache.found, cache.absent);
    if (directory.is_local() || cache.entries == 0 || most.count() == 0)
        text += "; the service believes nothing older";
    else
        text += "; the service may answer from what it was told up to " +
                std::to_string(cache.found.count()) + " s ago (RecipientCacheSeconds), of nobody " +
                std::to_string(cache.absent.count()) + " s (RecipientCacheNegativeSeconds)";
    if (!directory.is_local() && cache.entries != 0 && cache.stale.count() != 0)
        text += "; while the directory is silent, up to " + std::to_string(cache.stale.count()) +
                " s ago (RecipientCacheStaleSeconds)";
    out.finding = std::move(text);
    return out;
}

void hide_others(transfer::Evidence& evidence, const Caller& caller)
{
    if (!caller.is_of_one_domain()) return;
    std::erase_if(evidence, [&](const transfer::Step& step) {
        if (step.step == "left out") return true;
        const bool of_list = step.step == "member" || step.step == "refused within";
        return std::ranges::any_of(step.facts, [&](const auto& fact) {
            const bool names = (of_list && fact.first == "address") ||
                               (step.step == "sender" && fact.first == "sender");
            return names && !caller.sees(fact.second);
        });
    });
}

policy::SizeLimit size_limit_of(const Grounds& grounds, const ExplainAsked& asked,
                                std::string_view domain, bool is_local)
{
    const auto from = asked.sender == report_sender ? std::string{} : domain_in(asked.sender);
    std::vector<std::string> domains;
    if (!domain.empty()) domains.push_back(mail::canonical_domain(domain));
    policy::SizeQuestion question{asked.account};
    question.role = asked.role;
    question.sender_domain = from;
    question.recipient_domains = domains;
    question.outbound = !is_local;
    auto out = policy::size_limit(*grounds.config, question);
    if (out.octets == 0) out.rule = "no limit";
    return out;
}

}  // namespace imc::admin
