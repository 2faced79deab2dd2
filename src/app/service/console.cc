#include "app/service/console.h"

#include "admin/client.h"
#include "base/text.h"
#include "event/record_json.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <ostream>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>

namespace imc::app {
namespace {

using namespace std::chrono_literals;

constexpr auto redraw = 1s;
constexpr int plain_every = 10;  // redraws

std::uint64_t value_of(const Statistics& statistics, const char* name)
{
    const auto found = statistics.find(name);
    return found == statistics.end() ? 0 : found->second;
}

struct Asked {
    std::optional<Statistics> statistics;
    std::string held;  ///< the service's own words; empty: it is not held
};

Asked ask(const std::string& socket)
{
    const auto answer = admin::call(socket, "GET", "/api/v1/stat", nullptr, after(2s));
    if (!answer && answer.error().event() == EventId::service_held)
        return {{}, answer.error().detail()};
    if (!answer) return {};
    Statistics out;
    for (const auto line : split(*answer, '\n')) {
        boost::system::error_code failure;
        const auto row = boost::json::parse(line, failure);
        if (failure || !row.is_object()) continue;
        const auto& object = row.as_object();
        const auto* name = object.if_contains("name");
        const auto* value = object.if_contains("value");
        if (name != nullptr && name->is_string() && value != nullptr && value->is_number())
            out[std::string{name->as_string()}] = value->to_number<std::uint64_t>();
    }
    return {std::move(out), {}};
}

/// A line that wraps cannot be drawn again.
std::string fitting(const std::string& line)
{
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return line;
    return line.substr(0, size.ws_col - 1U);
}

}  // namespace

std::string statistics_line(const Statistics& before, const Statistics& now,
                            std::chrono::milliseconds between)
{
    const auto total = [&](const char* name) { return std::to_string(value_of(now, name)); };
    const auto rate = [&](const char* name) {
        const auto grown =
            value_of(now, name) - std::min(value_of(before, name), value_of(now, name));
        const auto seconds = std::max<double>(static_cast<double>(between.count()) / 1000, 0.001);
        return std::to_string(std::llround(static_cast<double>(grown) / seconds));
    };
    return "in " + total("inbound_messages") + " (" + rate("inbound_messages") + "/s)  out " +
           total("outbound_messages") + " (" + rate("outbound_messages") + "/s)  delivered " +
           total("recipients_delivered") + " (" + rate("recipients_delivered") + "/s)  returned " +
           total("recipients_failed") + "  refused " + total("refused") + " (" + rate("refused") +
           "/s)  queue " + total("queued_messages") + " (" + total("deferred_recipients") +
           " deferred)  sessions " + total("sessions_inbound") + "  couriers " + total("couriers");
}

struct Console::State {
    std::ostream& out;
    const bool terminal;

    std::mutex mutex;
    std::condition_variable ended;
    bool end = false;
    std::string drawn;  // the line at the bottom, without a line end
    std::thread thread;

    State(std::ostream& o, bool t) : out{o}, terminal{t} {}

    void line(const std::string& text)
    {
        const std::lock_guard lock{mutex};
        if (!drawn.empty()) out << "\r\033[K";
        out << text << '\n' << drawn << std::flush;
    }

    void run(const std::string& socket)
    {
        Statistics before;
        auto asked_at = std::chrono::steady_clock::now();
        std::string said;
        for (int round = 1;; ++round) {
            Asked asked;
            try {
                asked = ask(socket);
            } catch (...) {  // NOLINT(bugprone-empty-catch): asked again in a moment
            }
            const auto& now = asked.statistics;
            const auto at = std::chrono::steady_clock::now();
            std::unique_lock lock{mutex};
            if (now) {
                const auto text = statistics_line(
                    before.empty() ? *now : before, *now,
                    std::chrono::duration_cast<std::chrono::milliseconds>(at - asked_at));
                show(text, said, round);
            } else if (!asked.held.empty()) {
                before.clear();  // another engine counts anew
                show("held: " + printable(asked.held, 400), said, round);
            }
            if (ended.wait_for(lock, redraw, [this] { return end; })) break;
            // Without a terminal a rate covers the time between two lines.
            if (now && (terminal || round % plain_every == 0)) {
                before = *now;
                asked_at = at;
            }
        }
    }

    void show(const std::string& text, std::string& said, int round)
    {
        if (terminal) {
            drawn = fitting(text);
            out << "\r\033[K" << drawn << std::flush;
        } else if (text != said && (round == 1 || round % plain_every == 0)) {
            said = text;
            out << text << '\n' << std::flush;
        }
    }
};

Console::Console(std::ostream& out, bool terminal) : state_{std::make_shared<State>(out, terminal)}
{}

Console::~Console()
{
    {
        const std::lock_guard lock{state_->mutex};
        state_->end = true;
    }
    state_->ended.notify_all();
    if (state_->thread.joinable()) state_->thread.join();
    if (!state_->drawn.empty()) state_->out << '\n' << std::flush;
    state_->drawn.clear();
}

void Console::step(const std::string& what) { state_->line("ok       " + what); }

void Console::steps(const config::Verdict& verdict)
{
    for (const auto& a : verdict.assertions)
        if (a.status == config::Status::passed)
            step(a.id + (a.found.empty() ? "" : ": " + printable(a.found, 200)));
}

std::unique_ptr<EventSink> Console::sink()
{
    class Sink final : public EventSink {
    public:
        explicit Sink(std::shared_ptr<State> state) : state_{std::move(state)} {}
        void take(const EventRecord& record) override
        {
            state_->line(to_rfc3339(record.time) + "  " +
                         std::to_string(static_cast<unsigned>(record.id)) + "  " +
                         std::string{to_string(record.type)} + "  " + record.description);
        }

    private:
        std::shared_ptr<State> state_;
    };
    return std::make_unique<Sink>(state_);
}

void Console::watch(const Paths& paths)
{
    if (state_->thread.joinable()) return;
    state_->thread =
        std::thread{[state = state_.get(), socket = paths.admin_socket()] { state->run(socket); }};
}

}  // namespace imc::app
