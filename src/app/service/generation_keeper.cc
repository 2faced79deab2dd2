#include "app/service/generation_keeper.h"

#include "config/setting_table.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <map>

namespace imc::app {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr auto time_to_tell = 5s;
constexpr std::size_t most_rows = 3;

std::map<std::string, std::string> values_of(std::string_view settings)
{
    std::map<std::string, std::string> out;
    std::string* last = nullptr;
    for (const auto line : split(settings, '\n')) {
        const auto equals = line.find('=');
        const auto name = line.substr(0, equals);
        if (equals != line.npos && config::find_setting("registry", name)) {
            last = &out[std::string{name}];
            *last = line.substr(equals + 1);
        } else if (last != nullptr && !line.empty()) {
            *last += "\n" + std::string{line};
        }
    }
    return out;
}

std::string summary(const Written& written)
{
    std::string out;
    for (std::size_t i = 0; i < written.changes.size() && i < most_rows; ++i)
        out += (i == 0 ? "" : "; ") + to_text(written.changes[i]);
    if (written.changes.size() > most_rows)
        out += "; and " + std::to_string(written.changes.size() - most_rows) + " more";
    if (!out.empty() && !written.by.empty()) out += " (by " + to_text(written.by) + ")";
    return out;
}

}  // namespace

std::vector<std::string> waiting_for_restart(std::string_view at_start, std::string_view now)
{
    const auto before = values_of(at_start), after = values_of(now);
    std::vector<std::string> out;
    for (const auto name : config::settings_of_section("registry")) {
        if (config::find_setting("registry", name)->effect != config::needs_restart) continue;
        const std::string key{name};
        const auto was = before.find(key), is = after.find(key);
        const bool same = was == before.end() || is == after.end()
                              ? (was == before.end()) == (is == after.end())
                              : was->second == is->second;
        if (!same) out.push_back(key);
    }
    return out;
}

config::ConfigPtr GenerationKeeper::numbered(const StartCheck& check) const
{
    auto out = std::make_shared<config::Config>(*check.config);
    out->generation =
        check.bridged != 0
            ? check.bridged
            : number_when_written(
                  paths_, {*check.config, check.home_dsa, check.base, check.evidence}, unkept_);
    return out;
}

std::string GenerationKeeper::keep(const StartCheck& check)
{
    // What a bridge found came out of the generation itself.
    if (check.bridged != 0) {
        number_ = check.bridged;
        return {};
    }
    const auto written = write_last_good(
        paths_, {*check.config, check.home_dsa, check.base, check.evidence}, unkept_);
    number_ = written.number;
    judge_keeping(written);
    // Whoever reads a number there looks for it in the history.
    if (written.failure.empty()) tell_directory(check, written);
    return summary(written);
}

void GenerationKeeper::judge_keeping(const Written& written)
{
    if (!written.failure.empty()) {
        unkept_ = {written.number, written.hash};
        if (written.failure != last_unkept_)
            events_.raise(EventId::generation_not_kept,
                          {{"generation", number_text()}, {"detail", written.failure}});
        last_unkept_ = written.failure;
    } else if (written.is_new) {
        unkept_ = {};
        last_unkept_.clear();
    }
}

void GenerationKeeper::tell_directory(const StartCheck& check, const Written& written)
{
    if (written.hash.empty()) return;  // none was written
    const auto mine = std::ranges::find_if(check.evidence, [&](const Entry& entry) {
        return same(entry.dn, check.config->connector);
    });
    const auto text = std::to_string(written.number) + " " + written.hash;
    if (mine == check.evidence.end() || mine->first("imcGeneration") == text) return;
    Change change{Change::Kind::modify, mine->dn};
    change.changes.push_back({AttributeChange::Kind::replace, "imcGeneration", {text}});
    const auto told = check.directory->apply(std::span{&change, 1}, after(time_to_tell));
    const auto failure = told ? std::string{} : told.error().to_string();
    if (!failure.empty() && failure != last_failure_)
        events_.raise(EventId::generation_not_noted,
                      {{"generation", std::to_string(written.number)}, {"detail", failure}});
    last_failure_ = failure;
}

void GenerationKeeper::started(const config::Config& config)
{
    at_start_ = config.settings;
    waiting_.clear();
    board_->set("restart", nullptr);
}

void GenerationKeeper::judge_restart(const config::Config& config)
{
    const auto names = waiting_for_restart(at_start_, config.settings);
    std::string all;
    json::array list;
    for (const auto& name : names) {
        all += (all.empty() ? "" : ", ") + name;
        list.emplace_back(name);
    }
    board_->set("restart", names.empty() ? json::value{} : json::value(std::move(list)));
    if (all != waiting_ && !all.empty())
        events_.raise(EventId::change_needs_restart,
                      {{"generation", number_text()}, {"detail", all}});
    waiting_ = all;
}

}  // namespace imc::app
