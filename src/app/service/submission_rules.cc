#include "app/service/submission_rules.h"

#include "base/offload.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/originators.h"

#include <algorithm>

namespace imc::app {

namespace net = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto look_up_time = 20s;
constexpr std::size_t most_holders = 16;

bool has_value(const Entry& entry, std::string_view attribute, const Dn& wanted)
{
    return std::ranges::any_of(entry.all(attribute), [&](const std::string& value) {
        const auto dn = Dn::parse_rfc4514(value);
        return dn && dn->normalized() == wanted.normalized();
    });
}

std::string holders_named(const std::vector<Entry>& entries)
{
    std::string out;
    for (const auto& entry : entries)
        out += (out.empty() ? "" : "; ") + entry.dn.to_rfc4514();
    return out;
}

smtp::Refusal not_permitted(std::string text)
{
    return {550, "5.7.1", std::move(text), "submission: originator"};
}

}  // namespace

SubmissionRules::SubmissionRules(config::ConfigPtr config, const config::People& people,
                                 std::shared_ptr<RecipientCache> cache)
    : config_{std::move(config)}, directory_{people.directory}, base_{people.base_in(*config_)},
      lookup_{directory_, base_, most_holders, std::move(cache)}
{}

Answer<Entry> SubmissionRules::account_entry(std::string_view alias, Deadline deadline) const
{
    auto found = directory_->search_for_proof(base_, Scope::subtree,
                                              "(mailNickname=" + escape_filter_value(alias) + ")",
                                              "(mailNickname=somebody)", deadline, most_holders);
    if (!found) return CannotSay{found.error()};
    if (found->empty()) return ProvenAbsent{};
    if (found->size() > 1)
        return CannotSay{
            Error{EventId::account_not_unique,
                  printable(alias, 200) + " is the alias of " + holders_named(*found)}};
    return std::move(found->front());
}

Answer<bool> SubmissionRules::may_send_as(std::string_view account, std::string_view address,
                                          Deadline deadline) const
{
    const auto old = directory_->old_answers();
    auto answer = judge(account, address, deadline);
    const auto* yes = std::get_if<bool>(&answer);
    if (yes == nullptr || *yes || directory_->old_answers() == old) return answer;
    // He may have the address, or serve whoever has it, since.
    return CannotSay{Error{EventId::directory_unreachable,
                           "a server that lacks changes says that " + printable(account, 200) +
                               " may not send as <" + printable(address, 200) + ">"}};
}

Answer<bool> SubmissionRules::judge(std::string_view account, std::string_view text,
                                    Deadline deadline) const
{
    if (account.empty()) return false;
    const auto address = mail::parse_address(text);
    if (!address) return false;
    auto own = account_entry(account, deadline);
    if (auto* silent = std::get_if<CannotSay>(&own)) return std::move(*silent);
    const auto* entry = std::get_if<Entry>(&own);
    if (entry == nullptr) return false;

    const auto domain = mail::canonical_domain(address->domain);
    const auto& ours = config_->local_domains;
    const bool postmaster =
        same_word(address->local, "postmaster") && std::ranges::find(ours, domain) != ours.end();
    if (postmaster && entry->dn.normalized() == config_->administrator.dn.normalized()) return true;

    auto holders = lookup_.by_address(address->normalized(), deadline);
    if (auto* silent = std::get_if<CannotSay>(&holders)) return std::move(*silent);
    const auto* found = std::get_if<std::vector<Entry>>(&holders);
    if (found == nullptr) return false;
    const auto lets = [&](const Entry& holder) {
        return holder.dn.normalized() == entry->dn.normalized() ||
               has_value(holder, "publicDelegates", entry->dn);
    };
    if (std::ranges::none_of(*found, lets)) return false;
    // Whose it will be when that is mended cannot be known.
    if (found->size() > 1)
        return CannotSay{Error{EventId::address_not_unique, holders_named(*found)}};
    return true;
}

SubmissionPolicy::SubmissionPolicy(SubmissionRules rules, EventLog& events,
                                   net::thread_pool& background)
    : rules_{std::move(rules)}, events_{events}, background_{background}
{}

net::awaitable<smtp::Policy::Verdict> SubmissionPolicy::on_mail(const smtp::SessionFacts& facts,
                                                                const smtp::Envelope& envelope)
{
    if (facts.account.empty() || envelope.sender.empty()) co_return std::nullopt;
    std::vector<std::string> addresses{envelope.sender};
    auto verdict = co_await judge(facts, "the sender of the envelope", std::move(addresses));
    co_return verdict;
}

net::awaitable<smtp::Policy::Verdict> SubmissionPolicy::on_header(const smtp::SessionFacts& facts,
                                                                  const smtp::Envelope&,
                                                                  std::string_view header)
{
    if (facts.account.empty()) co_return std::nullopt;
    const auto originators = mail::read_originators(header);
    if (!originators.flaw.empty() || originators.from.empty())
        co_return smtp::Refusal{550, "5.6.0",
                                originators.from_lines == 0 ? "The message has no From line"
                                                            : "The From or Sender line is no list "
                                                              "of addresses",
                                "submission: From"};
    auto addresses = originators.from;
    addresses.insert(addresses.end(), originators.sender.begin(), originators.sender.end());
    auto verdict = co_await judge(facts, "From or Sender", std::move(addresses));
    co_return verdict;
}

smtp::Refusal SubmissionPolicy::deferred(const Error& reason, const std::string& address)
{
    switch (reason.event()) {
    case EventId::address_not_unique:
        events_.raise(reason.event(), {{"address", address}, {"objects", reason.detail()}});
        return {451, "4.1.4",
                "Address <" + printable(address, 200) + "> held twice here; try again later",
                "submission: address of several objects"};
    case EventId::account_not_unique:
        events_.raise(reason);
        return {451, "4.3.0", "Your account is there twice; try again later",
                "submission: alias of several objects"};
    default:
        return {451, "4.3.0", "Directory not answering; try again later", "submission: directory"};
    }
}

net::awaitable<smtp::Policy::Verdict> SubmissionPolicy::judge(const smtp::SessionFacts& facts,
                                                              std::string where,
                                                              std::vector<std::string> addresses)
{
    const auto deadline = after(look_up_time);
    for (const auto& address : addresses) {
        const auto ask = [this, &facts, &address, deadline] {
            return rules_.may_send_as(facts.account, address, deadline);
        };
        Answer<bool> answer = false;
        if (rules_.blocks())
            answer = co_await offload(background_, ask);
        else
            answer = ask();
        if (const auto* yes = std::get_if<bool>(&answer); yes != nullptr && *yes) continue;
        if (const auto* silent = std::get_if<CannotSay>(&answer))
            co_return deferred(silent->reason, address);
        events_.raise(EventId::originator_not_authorised,
                      {{"account", facts.account},
                       {"peer", "[" + facts.peer.address + "]"},
                       {"address", address},
                       {"detail", where + " is neither its own nor one it may use"}});
        co_return not_permitted("You may not send as <" + printable(address, 200) + ">");
    }
    co_return std::nullopt;
}

}  // namespace imc::app
