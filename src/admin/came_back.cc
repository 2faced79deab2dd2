#include "admin/came_back.h"

#include <algorithm>
#include <vector>

namespace imc::admin {
namespace {

constexpr std::string_view key = "import";
constexpr std::size_t many = 10'000;

}  // namespace

spool::Evidence CameBack::evidence(spool::MessageId exported)
{
    return {std::string{key}, exported.to_string()};
}

void CameBack::found(const spool::Recovered& message)
{
    const auto said = std::ranges::find(message.evidence, key, &spool::Evidence::key);
    if (said == message.evidence.end()) return;
    if (const auto exported = spool::MessageId::parse(said->text))
        stored(origin(*exported, message.envelope), message.id);
}

std::optional<spool::MessageId> CameBack::find(const Origin& origin) const
{
    const std::lock_guard lock{mutex_};
    const auto found = ids_.find(origin);
    if (found == ids_.end()) return {};
    return found->second;
}

void CameBack::stored(const Origin& origin, spool::MessageId id)
{
    const std::lock_guard lock{mutex_};
    ids_[origin] = id;
}

void CameBack::forget(const Origin& origin)
{
    const std::lock_guard lock{mutex_};
    ids_.erase(origin);
}

void CameBack::forget_those_that_left(const std::function<bool(spool::MessageId)>& is_there)
{
    const std::lock_guard lock{mutex_};
    if (ids_.size() < many) return;
    std::erase_if(
        ids_, [&](const auto& each) { return each.second.number != 0 && !is_there(each.second); });
}

}  // namespace imc::admin
