#include "policy/peer_name.h"

#include "base/text.h"
#include "config/network.h"
#include "policy/bounded_table.h"

#include <algorithm>
#include <mutex>

namespace imc::policy {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_names = 5;
constexpr auto remembered_for = 10min;

struct Known {
    std::string name;
    Deadline until{};
};

bool is_label(std::string_view label)
{
    return !label.empty() && label.size() <= 63 && !label.starts_with('-') &&
           !label.ends_with('-') && std::ranges::all_of(label, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

}  // namespace

bool is_plain_name(std::string_view name)
{
    const auto labels = split(name, '.');
    return name.size() <= 253 && labels.size() >= 2 && std::ranges::all_of(labels, is_label);
}

dns::net::awaitable<std::string> find_peer_name(dns::Resolver& resolver, std::string address,
                                                Deadline deadline)
{
    const auto octets = config::parse_octets(address);
    if (!octets) co_return std::string{};
    const auto names = co_await resolver.ptr(address, deadline);
    const auto* found = std::get_if<dns::Records<std::string>>(&names);
    if (found == nullptr) co_return std::string{};
    for (std::size_t i = 0; i < std::min(found->values.size(), most_names); ++i) {
        auto name = lower(found->values[i]);
        if (name.ends_with('.')) name.pop_back();
        if (!is_plain_name(name)) continue;
        const auto back = co_await resolver.addresses(name, deadline);
        const auto* addresses = std::get_if<dns::Records<std::string>>(&back);
        if (addresses == nullptr) continue;
        for (const auto& text : addresses->values)
            if (config::parse_octets(text) == octets) co_return name;
    }
    co_return std::string{};
}

struct PeerNames::State {
    State(std::shared_ptr<dns::Resolver> r, std::size_t remembered, unsigned most)
        : resolver{std::move(r)}, names{remembered}, free{most}
    {}
    std::shared_ptr<dns::Resolver> resolver;
    std::mutex mutex;
    BoundedTable<std::string, Known> names;
    unsigned free;
};

PeerNames::PeerNames(std::shared_ptr<dns::Resolver> resolver, std::size_t remembered,
                     unsigned most_at_once)
    : state_{std::make_shared<State>(std::move(resolver), remembered, most_at_once)}
{}
PeerNames::~PeerNames() = default;

std::optional<std::string> PeerNames::known(const std::string& address, Deadline now)
{
    const std::lock_guard lock{state_->mutex};
    const auto* known = state_->names.find(address);
    if (known == nullptr || known->until <= now) return {};
    return known->name;
}

dns::net::awaitable<std::string> PeerNames::look_up(std::string address, Deadline deadline)
{
    if (auto name = known(address, std::chrono::steady_clock::now())) co_return std::move(*name);
    const auto state = state_;  // the session that asks may end before, and the service with it
    {
        const std::lock_guard lock{state->mutex};
        if (state->free == 0) co_return std::string{};
        --state->free;
    }
    // Given back however this ends, by a cancelled coroutine too.
    struct Place {
        State& state;
        ~Place()
        {
            const std::lock_guard lock{state.mutex};
            ++state.free;
        }
    };
    const Place place{*state};
    auto name = co_await find_peer_name(*state->resolver, address, deadline);
    const auto until = std::chrono::steady_clock::now() + remembered_for;
    {
        const std::lock_guard lock{state->mutex};
        state->names.at(address, {}) = {name, until};
    }
    co_return name;
}

}  // namespace imc::policy
