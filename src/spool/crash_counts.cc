#include "spool/crash_counts.h"

#include "spool/encoding.h"

#include <algorithm>
#include <cstdlib>

namespace imc::spool {
namespace {

constexpr std::string_view crashes_key = "crashes";

const std::string* evidence_of(const Recovered& message, std::string_view key)
{
    const auto known = std::ranges::find(message.evidence, key, &Evidence::key);
    return known == message.evidence.end() ? nullptr : &known->text;
}

void put_evidence(Recovered& message, const Evidence& news)
{
    const auto place = std::ranges::lower_bound(message.evidence, news.key, {}, &Evidence::key);
    if (place != message.evidence.end() && place->key == news.key)
        *place = news;
    else
        message.evidence.insert(place, news);
}

}  // namespace

Request* CrashCounts::count(const FoundMessages& messages)
{
    std::vector<Commit> changes;
    for (const auto id : died_of_) {
        const auto message = messages.find(id);
        if (!message) continue;
        const auto* const known = evidence_of(*message, crashes_key);
        const auto crashes = known == nullptr ? 0 : std::strtoul(known->c_str(), nullptr, 10);
        Evidence evidence{std::string{crashes_key}, std::to_string(crashes + 1)};
        counted_[id] = evidence;
        changes.push_back({id, {}, {}, {}, {}, {std::move(evidence)}});
    }
    if (changes.empty()) return nullptr;
    auto request = std::make_unique<Request>();
    std::string records;
    for (const auto& change : changes)
        records += change_records(change);
    request->octets = records.size();
    request->heads.push_back(std::move(records));
    request->bodies.emplace_back();
    request->changes = std::move(changes);
    request_ = std::move(request);
    return request_.get();
}

void CrashCounts::tell(Recovered& message) const
{
    if (const auto died = counted_.find(message.id); died != counted_.end())
        put_evidence(message, died->second);
    if (const auto* text = evidence_of(message, crashes_key))
        message.crashes = static_cast<std::uint32_t>(std::strtoul(text->c_str(), nullptr, 10));
}

}  // namespace imc::spool
