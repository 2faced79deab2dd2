#include "directory/health.h"

#include <algorithm>
#include <thread>

namespace imc {
namespace {

constexpr int questions = 3;

/// What a server has now. It is nobody else's memory: what it has seen is what it shows.
Result<SeenChanges> shown_by(LdapSettings settings, const std::string& url, Deadline deadline)
{
    settings.urls = {url};
    settings.memory = std::make_shared<ChangeMemory>();
    settings.counts_by_reading = false;
    const auto memory = settings.memory;
    const auto revision = ldap_directory(std::move(settings))->revision(deadline);
    if (!revision) return revision.error();
    return memory->changes();
}

Result<std::chrono::microseconds> latency_of(LdapSettings settings, const std::string& url,
                                             std::string_view filter, Deadline deadline)
{
    const auto base = Dn::parse_rfc4514(settings.base);
    if (!base) return base.error();
    settings.urls = {url};
    settings.memory = nullptr;
    const auto server = ldap_directory(std::move(settings));
    auto best = std::chrono::microseconds::max();
    // The first one opens the connection.
    for (int i = 0; i <= questions; ++i) {
        const auto asked_at = std::chrono::steady_clock::now();
        const auto found = server->search(*base, Scope::subtree, filter, deadline, 1);
        if (!found) return found.error();
        const auto took = std::chrono::steady_clock::now() - asked_at;
        if (i > 0)
            best = std::min(best, std::chrono::duration_cast<std::chrono::microseconds>(took));
    }
    return best;
}

}  // namespace

std::vector<ServerState> server_states(const LdapSettings& settings, std::string_view filter,
                                       std::chrono::milliseconds patience, Deadline deadline)
{
    std::vector<ServerState> out;
    // Of all servers, and whatever was seen before.
    SeenChanges newest;
    if (settings.memory) newest.take(settings.memory->changes());
    std::vector<SeenChanges> shown;
    for (const auto& url : settings.urls) {
        auto& state = out.emplace_back(ServerState{url});
        // A silent one must leave time for those behind it.
        const auto time = deadline - std::chrono::steady_clock::now();
        const auto part = after(time / static_cast<long>(2 * settings.urls.size()));
        auto changes = shown_by(settings, url, part);
        if (!changes) {
            state.silent = changes.error();
            shown.emplace_back();
            continue;
        }
        newest.take(*changes);
        shown.push_back(*std::move(changes));
        if (const auto took = latency_of(settings, url, filter, part))
            state.latency = *took;
        else
            state.silent = took.error();
    }
    const auto lacks = [&](std::size_t i) {
        // Without a stamp nobody knows what it has.
        return !out[i].silent && !shown[i].empty() && !shown[i].has(newest);
    };
    bool is_any_behind = false;
    for (std::size_t i = 0; i < out.size(); ++i)
        is_any_behind = is_any_behind || lacks(i);
    if (!is_any_behind) return out;
    // What another one has had for so long should have come.
    std::this_thread::sleep_until(std::min(after(patience), deadline));
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (!lacks(i)) continue;
        if (const auto now = shown_by(settings, out[i].url, deadline)) shown[i] = *now;
        out[i].missing = shown[i].missing(newest);
    }
    return out;
}

}  // namespace imc
