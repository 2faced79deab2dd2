#include "policy/slow_down.h"

#include "policy/bounded_table.h"

#include <algorithm>
#include <mutex>

namespace imc::policy {
namespace {

using namespace std::chrono_literals;

struct Count {
    std::uint64_t unknown = 0;
    Deadline begun_at{};
};

}  // namespace

struct SlowDown::State {
    explicit State(std::size_t addresses) : counts{addresses} {}
    std::mutex mutex;
    BoundedTable<std::string, Count> counts;
};

SlowDown::SlowDown(std::size_t addresses) : state_{std::make_unique<State>(addresses)} {}
SlowDown::~SlowDown() = default;

SlowDown::Answer SlowDown::unknown_recipient(const config::PolicySettings& rules,
                                             std::string_view address, Deadline now)
{
    const auto octets = config::parse_octets(address);
    if (!octets) return {};
    const std::size_t significant = config::is_v4(*octets) ? 16 : 8;
    const std::string key{reinterpret_cast<const char*>(octets->data()), significant};
    std::uint64_t unknown = 0;
    {
        const std::lock_guard lock{state_->mutex};
        auto& count = state_->counts.at(key, {0, now});
        if (now - count.begun_at >= rules.unknown_recipients_window) count = {0, now};
        unknown = ++count.unknown;
    }
    Answer answer;
    if (rules.unknown_recipients > 0 && unknown > rules.unknown_recipients) {
        const auto doublings = std::min<std::uint64_t>(unknown - rules.unknown_recipients - 1, 20);
        answer.delay = std::min<std::chrono::milliseconds>(1000ms * (1U << doublings),
                                                           rules.unknown_recipients_delay);
        answer.begins = unknown == rules.unknown_recipients + std::uint64_t{1};
    }
    if (rules.unknown_recipients_close > 0 && unknown >= rules.unknown_recipients_close)
        answer.close = Refusal{421, "4.7.0",
                               "Too many unknown recipients (" + std::to_string(unknown) +
                                   "), limit: UnknownRecipientClose; try again later",
                               "UnknownRecipientClose", true};
    return answer;
}

}  // namespace imc::policy
