#include "cli/commands.h"

#include "admin/client.h"
#include "base/text.h"
#include "cli/top_screen.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <ostream>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s;

struct Words {
    unsigned interval = 2;
    unsigned count = 0;  ///< 0: until somebody ends it
    bool once = false;
};

Result<Picture> look(const Context& context)
{
    const auto answer =
        admin::call(context.paths().admin_socket(), "GET", "/api/v1/top", nullptr, after(patience));
    if (!answer) return answer.error();
    boost::system::error_code failure;
    auto facts = boost::json::parse(*answer, failure);
    if (failure || !facts.is_object())
        return Error{EventId::admin_refused, "the service answers no JSON object"};
    return Picture{std::move(facts.get_object()), std::chrono::steady_clock::now()};
}

void fail(Context& context, const Error& error)
{
    context.fail(error, error.event() == EventId::service_held ? 3 : 1);
}

/// Of the terminal now: somebody may pull at its corner.
std::pair<std::size_t, std::size_t> columns_and_rows()
{
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return {80, 24};
    return {size.ws_col, size.ws_row};
}

void draw(Context& context, const Picture& before, const Picture& now)
{
    const auto [columns, rows] = columns_and_rows();
    // Each line is drawn over the old one: nothing flickers.
    context.out << "\033[H";
    const auto lines = top_screen(before, now, columns, rows - 1);
    for (const auto& line : lines)
        context.out << line << "\033[K\n";
    context.out << "\033[J" << std::flush;
}

void show(Context& context, const Words& words, const Picture& before, const Picture& now)
{
    if (context.json)
        context.out << boost::json::serialize(now.facts) << '\n' << std::flush;
    else if (words.once)
        for (const auto& line : top_screen(before, now, 200, 200))
            context.out << line << '\n';
    else if (context.terminal)
        draw(context, before, now);
    else
        context.out << top_line(before, now) << '\n' << std::flush;
}

/// Until the reader of our output goes away, or the service does.
void run(Context& context, const Words& words)
{
    auto before = look(context);
    if (!before) return fail(context, before.error());
    if (context.terminal && !context.json && !words.once) context.out << "\033[2J";
    show(context, words, *before, *before);
    for (unsigned shown = 1; !words.once && (words.count == 0 || shown < words.count); ++shown) {
        std::this_thread::sleep_for(std::chrono::seconds{words.interval});
        auto now = look(context);
        if (!now) return fail(context, now.error());
        if (!context.out) return;
        show(context, words, *before, *now);
        before = std::move(now);
    }
}

}  // namespace

void add_top(CLI::App& imc, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* command =
        common(imc.add_subcommand(
                   "top", "what the running service does now: rates, why mail waits, sites, "
                          "events; without a terminal a line each time"),
               context);
    command->add_option("--interval", words->interval, "seconds between two looks")
        ->check(CLI::Range(1U, 3600U))
        ->capture_default_str();
    command->add_option("--count", words->count, "end after so many");
    command->add_flag("--once", words->once, "one screen, and no more");
    command->callback([&context, words] { run(context, *words); });
}

}  // namespace imc::cli
