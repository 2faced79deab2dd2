#include "policy/size_limits.h"

#include "base/text.h"

#include <algorithm>

namespace imc::policy {
namespace {

using Of = config::SizeRow::Of;

bool lies_in(std::string_view name, std::string_view domain)
{
    return name == domain || (name.size() > domain.size() && name.ends_with(domain) &&
                              name[name.size() - domain.size() - 1] == '.');
}

class Search {
public:
    Search(const config::Config& config, const SizeQuestion& question)
        : config_{config}, question_{question}
    {}

    SizeLimit run() const
    {
        if (const auto* row = named(Of::account, question_.account)) return of(*row);
        if (const auto* row = domain()) return of(*row);
        if (const auto* row = named(Of::listener, question_.listener)) return of(*row);
        if (const auto* row = named(Of::role, question_.role)) return of(*row);
        if (question_.outbound)
            if (const auto* row = named(Of::outbound, "")) return of(*row);
        if (question_.outbound && config_.policy.outbound_octets != 0)
            return {config_.policy.outbound_octets, "OutboundSizeLimit"};
        if (const auto* row = named(Of::inbound, "")) return of(*row);
        return {config_.message_octets, "InboundSizeLimit"};
    }

private:
    static SizeLimit of(const config::SizeRow& row)
    {
        return {row.octets, "SizeLimits " + row.text};
    }

    const config::SizeRow* named(Of of, std::string_view name) const
    {
        for (const auto& row : config_.policy.sizes)
            if (row.of == of && same_word(row.name, name) &&
                (!name.empty() || of == Of::inbound || of == Of::outbound))
                return &row;
        return nullptr;
    }

    /// The row with the longest name that holds the domain.
    const config::SizeRow* closest(std::string_view domain) const
    {
        const config::SizeRow* best = nullptr;
        for (const auto& row : config_.policy.sizes)
            if (row.of == Of::domain && lies_in(domain, row.name) &&
                (best == nullptr || row.name.size() > best->name.size()))
                best = &row;
        return best;
    }

    const config::SizeRow* domain() const
    {
        const auto* best =
            question_.sender_domain.empty() ? nullptr : closest(question_.sender_domain);
        for (const auto& domain : question_.recipient_domains) {
            const auto* row = closest(domain);
            if (row == nullptr) continue;
            // 0 is no limit: every other one is less.
            if (best == nullptr || best->octets == 0 ||
                (row->octets != 0 && row->octets < best->octets))
                best = row;
        }
        return best;
    }

    const config::Config& config_;
    const SizeQuestion& question_;
};

}  // namespace

SizeLimit size_limit(const config::Config& config, const SizeQuestion& question)
{
    return Search{config, question}.run();
}

std::uint64_t offered_size(const config::Config& config, std::string_view listener,
                           std::string_view role)
{
    SizeQuestion question;
    question.listener = listener;
    question.role = role;
    auto most = size_limit(config, question).octets;
    question.outbound = true;
    const auto outbound = size_limit(config, question).octets;
    most = most == 0 || outbound == 0 ? 0 : std::max(most, outbound);
    for (const auto& row : config.policy.sizes)
        if (row.of == Of::account || row.of == Of::domain)
            most = most == 0 || row.octets == 0 ? 0 : std::max(most, row.octets);
    return most;
}

Verdict judge_size(const SizeLimit& limit, std::uint64_t octets)
{
    if (limit.allows(octets)) return {};
    return Refusal{552, "5.3.4",
                   "Message of " + std::to_string(octets) + " octets, at most " +
                       std::to_string(limit.octets) + " (" + limit.rule + ")",
                   limit.rule};
}

}  // namespace imc::policy
