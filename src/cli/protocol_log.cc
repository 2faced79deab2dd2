#include "admin/client.h"
#include "base/text.h"
#include "cli/commands.h"
#include "event/diagnostics.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;

struct Words {
    std::string level;
    std::vector<std::string> peers;
    unsigned minutes = 10;
    bool revert = false;
};

std::string peers_of(const json::object& row)
{
    std::string out;
    for (const auto& peer : row.at("peers").as_array())
        out += (out.empty() ? " with " : ", ") + printable(std::string{peer.as_string()});
    return out.empty() ? " with everybody" : out;
}

void show(Context& context, const json::object& state)
{
    const auto level = std::string{state.at("name").as_string()};
    context.out << "ProtocolLogLevel: " << level << (level == "None" ? "" : peers_of(state))
                << '\n';
    if (const auto* more = state.at("temporary").if_object())
        context.out << "For a while: " << std::string{more->at("name").as_string()}
                    << peers_of(*more) << ", until " << std::string{more->at("until").as_string()}
                    << ", by order of " << printable(std::string{more->at("by").as_string()})
                    << '\n';
    context.out << "Written to " << context.paths().protocol() << '\n';
}

void run(Context& context, const Words& words)
{
    json::value body;
    if (words.revert || !words.level.empty()) {
        const auto level = words.revert ? std::optional{0U} : parse_level(words.level);
        if (!level)
            return context.fail("level \"" + printable(words.level, 40) +
                                    "\"; None, Minimum, Medium or Maximum is expected",
                                2);
        json::array peers;
        for (const auto& peer : words.peers)
            peers.push_back(json::value(peer));
        body = json::object{
            {"level", *level}, {"peers", std::move(peers)}, {"minutes", words.minutes}};
    }
    const bool changes = !body.is_null();
    const auto answer = admin::call(context.paths().admin_socket(), changes ? "PUT" : "GET",
                                    "/api/v1/protocol-log", body, after(std::chrono::seconds{10}));
    if (!answer)
        return context.fail(answer.error(),
                            answer.error().event() == EventId::service_held ? 3 : 1);
    if (context.json) {
        context.out << *answer;
        return;
    }
    const auto state = json::parse(*answer).as_object();
    show(context, state);
    if (const auto* undo = state.if_contains("undo"); undo != nullptr && undo->is_string())
        context.undo("imc service protocol-log --revert" + context.paths().option());
}

}  // namespace

void add_protocol_log(CLI::App& service, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* command = common(
        service.add_subcommand("protocol-log", "what of conversations with other hosts is written; "
                                               "with a level, for some minutes"),
        context);
    command->add_option("level", words->level, "None, Minimum, Medium or Maximum");
    command->add_option("--peer", words->peers,
                        "a network, or an outbound host or domain; repeatable; none: everybody");
    command->add_option("--for", words->minutes, "minutes after which it ends by itself")
        ->check(CLI::Range(1U, 1440U))
        ->capture_default_str();
    command->add_flag("--revert", words->revert, "back to what ProtocolLogLevel says");
    command->callback([&context, words] { run(context, *words); });
}

}  // namespace imc::cli
