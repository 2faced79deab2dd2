#include "spool/kit.h"
#include "spool/model.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

namespace imc::spool {
namespace {

constexpr int operations = 30;

NewMessage message_of(int number, std::size_t octets)
{
    auto out = a_message(std::string(octets, static_cast<char>('a' + number % 26)), 2);
    out.envelope.sender = "sender" + std::to_string(number) + "@example.org";
    return out;
}

std::string word_of(int error)
{
    return error == EIO ? "EIO" : error == ENOSPC ? "ENOSPC" : "EINTR";
}

/// One spool of which one changing call fails; what it does is told in words for the main thread.
class Case {
public:
    Case(std::uint64_t failing_call, int error, kit::FaultyFiles::Lasting lasting)
        : failing_call_{failing_call}, error_{error}, lasting_{lasting},
          bench_{16 << 10, failing_call}
    {
        if (error == EIO) bench_.disk.set_alignment(512);  // and the other way with the other
    }

    /// @return complaints
    std::vector<std::string> run()
    {
        bench_.disk.fail_at(failing_call_, error_, lasting_);
        if (!bench_.open()) {
            // Refused at start; the next start must do.
            bench_.disk.mend();
            if (const auto again = bench_.open(); !again)
                return {where("second start: " + again.error().to_string())};
        }
        absorb("start");
        for (int i = 0; i < operations; ++i)
            operate(i);
        const auto calls = bench_.disk.calls();
        bench_.disk.mend();
        works_again();
        absorb_restart(true);
        absorb_restart(false);
        calls_ = calls;
        return std::move(complaints_);
    }
    std::uint64_t calls() const { return calls_; }

private:
    std::string where(const std::string& what) const
    {
        return "call " + std::to_string(failing_call_) +
               (lasting_ == kit::FaultyFiles::Lasting::once ? "" : " and all later") + ", " +
               word_of(error_) + ": " + what;
    }

    /// Two stores, then a commit of what is there; now and then something large, or a report.
    void operate(int i)
    {
        if (i % 3 != 2 || model_.messages().empty())
            return store(message_of(i, i % 10 == 3 ? 20'000 : 2'000));
        Commit change{model_.messages().begin()->first, {}, {}};
        const auto& states = model_.messages().begin()->second.known.states;
        for (std::uint32_t r = 0; r < 2; ++r) {
            if (states[r].outcome != Outcome::waiting) continue;
            const bool again = i % 6 == 2 && r == 1;
            change.results.push_back({r, state_of(again ? Outcome::waiting : Outcome::failed,
                                                  "reply " + std::to_string(i))});
        }
        if (i % 4 == 2) change.caused.push_back(message_of(1000 + i, 500));
        if (i % 6 == 2) {
            change.added.push_back({{"more@example.net"}});
            change.amendment.hold = Hold{WallTime::max(), "held " + std::to_string(i)};
            change.evidence.push_back({"rule", std::to_string(i)});
        }
        change.done = i % 12 == 11;
        if (auto ids = bench_.commit(change)) {
            model_.committed(change, *ids);
        } else {
            check(ids.error());
            model_.commit_failed(change);
        }
    }

    void store(const NewMessage& message)
    {
        if (auto id = bench_.store(message)) {
            model_.stored(*id, message);
        } else {
            check(id.error());
            model_.store_failed(message);
        }
    }

    void check(const Error& error)
    {
        if (error.event() != EventId::spool_write_failed &&
            error.event() != EventId::flush_mode_entered)
            complaints_.push_back(where("refused by " + error.to_string()));
    }

    void works_again()
    {
        const auto until = after(std::chrono::seconds{2});
        for (int i = 0; std::chrono::steady_clock::now() < until; ++i) {
            const auto message = message_of(2000 + i, 100);
            if (auto id = bench_.store(message)) {
                model_.stored(*id, message);
                if (!bench_.spool->health().trouble.empty())
                    complaints_.push_back(
                        where("still in trouble: " + bench_.spool->health().trouble));
                return;
            }
            model_.store_failed(message);
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        complaints_.push_back(where("does not work again"));
    }

    void absorb(const std::string& when)
    {
        for (const auto& complaint : model_.restart(*bench_.spool))
            complaints_.push_back(where(when + ": " + complaint));
    }

    void absorb_restart(bool power_cut)
    {
        if (power_cut) bench_.crash(failing_call_);
        if (const auto opened = bench_.open(); !opened) {
            complaints_.push_back(where("reopen: " + opened.error().to_string()));
            return;
        }
        absorb(power_cut ? "after a power cut" : "after a restart");
    }

    std::uint64_t failing_call_;
    int error_;
    kit::FaultyFiles::Lasting lasting_;
    Bench bench_;
    Model model_;
    std::vector<std::string> complaints_;
    std::uint64_t calls_ = 0;
};

class EveryCallFails : public testing::TestWithParam<int> {};

// work-to-in-rename-failure, Q140975: a file that could not be moved corrupted the heap. Ours moves
// none, and any call of the disk may fail.
// store-transient-error-shutdown (Q169686, Q317653)
TEST_P(EveryCallFails, IsSaidAndLosesNothing)
{
    using Lasting = kit::FaultyFiles::Lasting;
    const int error = GetParam();
    Case undisturbed{1'000'000, error, Lasting::once};
    ASSERT_EQ(undisturbed.run(), std::vector<std::string>{});
    const auto calls = undisturbed.calls();
    ASSERT_GT(calls, 40u);
    // Each case waits for the spool's probe, a second long: so many at once.
    std::atomic<std::uint64_t> next{0};
    std::mutex mutex;
    std::vector<std::string> complaints;
    const auto work = [&] {
        for (auto n = ++next; n <= 2 * calls; n = ++next) {
            const auto found =
                Case{(n + 1) / 2, error, n % 2 == 1 ? Lasting::once : Lasting::for_ever}.run();
            const std::lock_guard lock{mutex};
            complaints.insert(complaints.end(), found.begin(), found.end());
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 24; ++i)
        threads.emplace_back(work);
    for (auto& thread : threads)
        thread.join();
    for (const auto& complaint : complaints)
        ADD_FAILURE() << complaint;
}

std::string name_of_error(const testing::TestParamInfo<int>& info) { return word_of(info.param); }

INSTANTIATE_TEST_SUITE_P(Spool, EveryCallFails, testing::Values(EIO, ENOSPC, EINTR), name_of_error);

}  // namespace
}  // namespace imc::spool
