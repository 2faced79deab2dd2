#include "admin/client.h"
#include "admin/take_back.h"
#include "cli/config/config.h"
#include "config/parse.h"
#include "config/provenance.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;
using config::Layer;
using config::Provenance;

json::array to_array(const std::vector<std::string>& values)
{
    json::array out;
    for (const auto& value : values)
        out.emplace_back(value);
    return out;
}

std::string said_in(const Layer* winner)
{
    if (winner == nullptr) return "nowhere";
    return winner->name;
}

bool waits(const std::optional<InForce>& now, const Provenance& p)
{
    return now && p.section == "registry" &&
           std::ranges::find(now->waiting, p.info.name) != now->waiting.end();
}

json::object to_json(const Provenance& p, const std::optional<InForce>& now)
{
    const auto* winner = p.winner();
    json::object out{{"section", p.section},
                     {"name", std::string{p.info.name}},
                     {"value", winner != nullptr ? json::value(to_array(winner->values)) : nullptr},
                     {"source", said_in(winner)},
                     {"where", winner != nullptr ? winner->where : std::string{}},
                     {"inherited", p.inherited},
                     {"unit", std::string{p.info.unit}},
                     {"range", p.info.range},
                     {"default", std::string{p.info.preset}},
                     {"effect", std::string{p.info.effect}}};
    if (waits(now, p)) out["waits_for_restart"] = true;
    return out;
}

void show_line(Context& context, const Provenance& p, const std::optional<InForce>& now)
{
    const auto* winner = p.winner();
    auto value = winner != nullptr ? config::to_text(winner->values) : std::string{"-"};
    if (winner != nullptr && !p.info.unit.empty() && p.info.unit.size() < 24)
        value += " " + std::string{p.info.unit};
    std::string line = "  " + std::string{p.info.name};
    const auto pad = [&](std::size_t column) {
        line += std::string(line.size() < column ? column - line.size() : 2, ' ');
    };
    pad(34);
    line += value;
    pad(64);
    line += said_in(winner);
    pad(80);
    line += std::string{p.info.effect};
    if (waits(now, p)) line += ", waits for it";
    context.out << line << '\n';
}

/// What is stored may be another thing than what runs.
void say_state(Context& context, const config::Snapshot& stored, const std::optional<InForce>& now)
{
    const auto newest = config::newest_generation(context.paths());
    const auto running = now ? config::read_generation(context.paths(), now->generation) : newest;
    std::vector<config::Difference> rows;
    bool known = false;
    if (running)
        if (const auto then = snapshot_of(*running)) {
            rows = differences(*then, stored);
            known = true;
        }
    if (context.json) {
        json::object out{
            {"state", !now        ? "stopped"
                      : now->held ? "held"
                                  : "running"},
            {"generation", running ? json::value(running->number) : nullptr},
            {"differs", known ? json::value(rows.size()) : nullptr},
            {"waits_for_restart", now ? to_array(now->waiting) : json::array{}},
            {"waits_to_be_kept", admin::to_json(admin::read_waiting(context.paths()))}};
        context.out << json::serialize(out) << '\n';
        return;
    }
    say_what_waits(context);
    if (!running) {
        context.out << "No generation was ever in force.\n";
        return;
    }
    context.out << (now ? now->held ? "The service is held; generation " : "Generation "
                        : "The service is stopped; generation ")
                << running->number << " of " << running->time
                << (now && !now->held ? " is in force.\n" : " was in force last.\n");
    if (!rows.empty())
        context.out << "What is stored differs from it in " << rows.size()
                    << (rows.size() == 1 ? " setting" : " settings") << ": imc config diff"
                    << context.paths().option() << '\n';
    if (now && !now->waiting.empty()) {
        std::string names;
        for (const auto& name : now->waiting)
            names += (names.empty() ? "" : ", ") + name;
        context.out << "Waits for a restart: " << names << ": imc service restart"
                    << context.paths().option() << '\n';
    }
}

bool is_wanted(const Provenance& p, const ConfigWords& words)
{
    if (!words.domain.empty() && p.section != "domain " + lower(words.domain)) return false;
    // Of all profiles, what they say; of the one that is asked for, what it comes to.
    if (p.inherited && words.domain.empty()) return false;
    if (words.names.empty())
        return !words.only_set || std::ranges::any_of(p.layers, [](const Layer& layer) {
            return layer.name != "built-in";
        });
    return std::ranges::any_of(words.names,
                               [&](const auto& name) { return same_word(name, p.info.name); });
}

/// False: the reason is said.
bool know_names(Context& context, const std::vector<Provenance>& all, const ConfigWords& words)
{
    for (const auto& name : words.names) {
        const auto here = [&](const Provenance& p) {
            return same_word(p.info.name, name) &&
                   (words.domain.empty() || p.section == "domain " + lower(words.domain));
        };
        if (std::ranges::any_of(all, here)) continue;
        if (!words.domain.empty()) {
            context.fail("a profile has no setting " + printable(name, 80) +
                         "; imc config show --domain " + printable(words.domain, 80) +
                         " lists all");
            return false;
        }
        std::string_view near;
        std::size_t least = std::max<std::size_t>(3, name.size() / 4 + 1);
        for (const auto& p : all)
            if (const auto distance = edit_distance(name, p.info.name); distance < least) {
                near = p.info.name;
                least = distance;
            }
        context.fail("there is no setting " + printable(name, 80) +
                     (near.empty() ? "; imc config show lists all"
                                   : "; did you mean " + std::string{near} + "?"));
        return false;
    }
    return true;
}

/// As profiles are named. False: there is no such domain.
bool know_domain(Context& context, ConfigWords& words)
{
    if (words.domain.empty() || words.domain == "*") return true;
    auto domain = config::parse_domain(words.domain);
    if (!domain)
        context.fail("--domain: " + domain.error().detail());
    else
        words.domain = std::move(*domain);
    return domain.has_value();
}

std::optional<config::Snapshot> read_now(Context& context)
{
    auto now = config::snapshot_now(context.paths(), after(config_patience));
    if (now) return std::move(now->snapshot);
    context.fail(now.error());
    return {};
}

void explain(Context& context, const Provenance& p)
{
    const auto* winner = p.winner();
    if (context.json) {
        auto out = to_json(p, in_force(context.paths()));
        json::array layers;
        for (const auto& layer : p.layers)
            layers.push_back(json::object{{"name", layer.name},
                                          {"where", layer.where},
                                          {"value", to_array(layer.values)},
                                          {"flaw", layer.flaw},
                                          {"wins", &layer == winner}});
        out["layers"] = std::move(layers);
        context.out << json::serialize(out) << '\n';
        return;
    }
    context.out << p.info.name << "  [" << p.section << "]\n";
    const auto line = [&](const char* label, std::string_view text) {
        if (!text.empty()) context.out << "  " << label << text << '\n';
    };
    line("in force      ", winner != nullptr ? config::to_text(winner->values) : "nothing");
    line("unit          ", p.info.unit);
    line("range         ", p.info.range);
    line("default       ", p.info.preset);
    line("takes effect  ", p.info.effect);
    line("meaning       ", p.info.text);
    context.out << "  said, the strongest first:\n";
    for (auto layer = p.layers.rbegin(); layer != p.layers.rend(); ++layer)
        context.out << (&*layer == winner ? "    wins      " : "    shadowed  ") << layer->name
                    << ": " << config::to_text(layer->values)
                    << (layer->where.empty() ? "" : "  (" + layer->where + ")")
                    << (layer->flaw.empty() ? "" : "; does not count: " + layer->flaw) << '\n';
    if (p.layers.empty()) context.out << "    nobody says anything\n";
}

}  // namespace

std::optional<InForce> in_force(const Paths& paths)
{
    const auto answer = admin::call(paths.admin_socket(), "GET", "/api/v1/state", nullptr,
                                    after(std::chrono::seconds{5}));
    if (!answer) return {};
    boost::system::error_code failure;
    const auto value = json::parse(*answer, failure);
    const auto* facts = value.if_object();
    if (failure || facts == nullptr) return {};
    InForce out;
    const auto* state = facts->if_contains("state");
    out.held = state != nullptr && *state == "held";
    const auto* number = facts->if_contains("generation");
    if (number != nullptr && number->is_number())
        out.generation = number->to_number<std::uint64_t>(failure);
    if (out.generation == 0) {
        const auto newest = config::newest_generation(paths);
        out.generation = newest ? newest->number : 0;
    }
    const auto* waiting = facts->if_contains("restart");
    if (waiting != nullptr && waiting->is_array())
        for (const auto& name : waiting->get_array())
            if (name.is_string()) out.waiting.emplace_back(name.get_string());
    return out;
}

void config_show(Context& context, const ConfigWords& asked)
{
    auto words = asked;
    if (!know_domain(context, words)) return;
    const auto snapshot = read_now(context);
    if (!snapshot) return;
    const auto all = config::provenance(*snapshot, context.paths().registry(), words.domain);
    if (!know_names(context, all, words)) return;
    const auto now = in_force(context.paths());
    if (!context.json) say_state(context, *snapshot, now);
    std::string section;
    for (const auto& p : all) {
        if (!is_wanted(p, words)) continue;
        if (context.json) {
            context.out << json::serialize(to_json(p, now)) << '\n';
            continue;
        }
        if (p.section != section) context.out << "\n[" << p.section << "]\n";
        section = p.section;
        show_line(context, p, now);
    }
    if (context.json && words.names.empty()) say_state(context, *snapshot, now);
}

void config_status(Context& context, const ConfigWords&)
{
    const auto snapshot = read_now(context);
    if (snapshot) return say_state(context, *snapshot, in_force(context.paths()));
    // The change that waits may be why the directory does not answer.
    if (!context.json) say_what_waits(context);
}

void config_why(Context& context, const ConfigWords& asked)
{
    auto words = asked;
    if (!know_domain(context, words)) return;
    const auto snapshot = read_now(context);
    if (!snapshot) return;
    const auto all = config::provenance(*snapshot, context.paths().registry(), words.domain);
    if (!know_names(context, all, words)) return;
    bool first = true;
    for (const auto& p : all) {
        if (!is_wanted(p, words)) continue;
        if (!first && !context.json) context.out << '\n';
        first = false;
        explain(context, p);
    }
}

}  // namespace imc::cli
