#include "admin/overview_api.h"

#include "admin/directory_api.h"
#include "admin/take_back.h"
#include "base/files.h"
#include "base/text.h"
#include "config/generation.h"
#include "event/record_json.h"
#include "registry/store.h"
#include "smtp/tls/pair.h"
#include "tracking/search.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <sys/statvfs.h>

namespace imc::admin {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr auto directory_patience = 5s;
constexpr std::size_t most_changes = 10, most_rows = 5, most_rules = 20;
constexpr std::size_t most_refusals = 100'000;

/// The rule; of what no rule refused, where and with which status: "RCPT 550 5.1.1".
std::string why(const tracking::Rejection& rejection)
{
    if (rejection.code.empty()) return "(counted only)";
    if (!rejection.rule.empty()) return printable(rejection.rule);
    const auto first = rejection.reply.find(' ');
    const auto second = first == std::string::npos ? first : rejection.reply.find(' ', first + 1);
    return printable(rejection.stage + ' ' + rejection.reply.substr(0, second));
}

/// Refusals of a day, by rule.
class Refusals {
public:
    json::array rows(const Paths& paths)
    {
        const std::lock_guard lock{mutex_};
        const auto now = std::chrono::steady_clock::now();
        if (counted_ && now - at_ < 60s) return rows_;
        tracking::RejectFilter filter;
        filter.since = wall_clock().now() - 24h;
        filter.last = most_refusals;
        std::map<std::string, std::uint64_t> rules;
        if (const auto found = tracking::find_rejections(real_files(), paths.rejects(), filter))
            for (const auto& rejection : found->rejections)
                rules[why(rejection)] += rejection.count;
        std::vector<std::pair<std::uint64_t, std::string>> order;
        for (const auto& [rule, count] : rules)
            order.emplace_back(count, rule);
        std::ranges::sort(order, std::ranges::greater{});
        rows_.clear();
        for (const auto& [count, rule] : order)
            if (rows_.size() < most_rules)
                rows_.push_back(json::object{{"rule", rule}, {"count", count}});
        at_ = now;
        counted_ = true;
        return rows_;
    }

private:
    std::mutex mutex_;
    bool counted_ = false;
    std::chrono::steady_clock::time_point at_{};
    json::array rows_;
};

/// The totals of a long queue take a walk through it: whoever asks within ten times as long as that
/// took hears the same again. Several that ask at once walk once.
class QueueTotals {
public:
    json::value read(const std::function<json::value()>& ask)
    {
        const std::lock_guard lock{mutex_};
        const auto begun = std::chrono::steady_clock::now();
        if (begun < good_until_) return value_;
        value_ = ask();
        const auto ended = std::chrono::steady_clock::now();
        const auto took = ended - begun;
        good_until_ = took < 20ms ? ended : ended + 10 * took;
        return value_;
    }

private:
    std::mutex mutex_;
    std::chrono::steady_clock::time_point good_until_{};
    json::value value_;
};

struct All {
    OverviewParts parts;
    Refusals refusals;
    QueueTotals totals;
};

void add_names(json::object& out, const Paths& paths, const config::ConfigPtr& config)
{
    std::string host = config ? config->host_name : std::string{};
    Dn server = config ? config->server : Dn{};
    std::string connector = config ? config->connector_name : std::string{};
    if (!config)
        if (const auto document = registry::load(paths.registry())) {
            const auto text = [&](const char* name) {
                const auto* found = document->find(registry::parameters_key, name);
                const auto value =
                    found != nullptr ? found->value.as_text() : std::optional<std::string>{};
                return value.value_or(std::string{});
            };
            host = text("Hostname");
            connector = text("CommonName");
            if (const auto dn = Dn::parse(text("SiteDN"))) server = *dn;
        }
    out["host"] = host;
    out["connector"] = connector;
    out["organization"] = server.value_of("o");
    out["site"] = server.value_of("ou");
    out["server"] = server.is_root() ? std::string{} : server.rdns().front().front().value;
}

json::value held(const json::object& state)
{
    const auto* word = state.if_contains("state");
    if (word == nullptr || *word != "held") return nullptr;
    json::object out{{"event", nullptr}, {"deciding", nullptr}, {"text", "the service is held"}};
    for (const char* name : {"event", "deciding"})
        if (const auto* fact = state.if_contains(name)) out[name] = *fact;
    return out;
}

json::object disk(const Paths& paths, const config::ConfigPtr& config)
{
    const auto low = config ? config->low_water_octets : config::Config{}.low_water_octets;
    json::object out{{"path", paths.spool()},
                     {"free", nullptr},
                     {"total", nullptr},
                     {"low", low},
                     {"is_low", false}};
    struct statvfs facts{};
    if (::statvfs(paths.spool().c_str(), &facts) != 0) return out;
    const auto free = static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
    out["free"] = free;
    out["total"] = static_cast<std::uint64_t>(facts.f_blocks) * facts.f_frsize;
    out["is_low"] = free < low;
    return out;
}

json::object directory(const Paths& paths)
{
    json::object out{{"engine", ""},
                     {"base", ""},
                     {"answer", "cannot_say"},
                     {"detail", ""},
                     {"latency_ms", nullptr}};
    const auto begin = std::chrono::steady_clock::now();
    const auto place = open_place(paths, false, after(directory_patience));
    if (!place) {
        out["detail"] = place.error().to_string();
        return out;
    }
    out["engine"] = place->directory->description();
    out["base"] = place->base.to_rfc4514();
    const auto found = place->directory->search(place->base, Scope::one_level, "(objectClass=*)",
                                                after(directory_patience), most_refusals);
    const auto took = std::chrono::steady_clock::now() - begin;
    out["latency_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
    if (found)
        out["answer"] = found->empty() ? "absent" : "found";
    else if (found.error().event() == EventId::directory_no_such_object)
        out["answer"] = "absent";
    if (!found) out["detail"] = found.error().to_string();
    return out;
}

json::object certificate(const smtp::CertificateFiles& files, std::chrono::days warning)
{
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto verdict = smtp::judge_pair(files, now);
    json::object out{{"name", files.name}, {"subject", ""},      {"names", json::array{}},
                     {"issuer", ""},       {"fingerprint", ""},  {"self_signed", false},
                     {"begins", nullptr},  {"expires", nullptr}, {"days", nullptr},
                     {"soon", false},      {"flaw", ""},         {"path", files.certificate}};
    if (verdict.facts) {
        out["subject"] = verdict.facts->subject;
        out["names"] = to_array(verdict.facts->names);
        out["issuer"] = verdict.facts->issuer;
        out["fingerprint"] = verdict.facts->fingerprint;
        out["self_signed"] = verdict.facts->self_signed;
        out["begins"] = to_rfc3339(WallTime{verdict.facts->begins});
        out["soon"] = verdict.facts->ends - now < warning;
        out["expires"] = to_rfc3339(WallTime{verdict.facts->ends});
        out["days"] = std::chrono::floor<std::chrono::days>(verdict.facts->ends - now).count();
    }
    if (verdict.flaw) out["flaw"] = verdict.flaw->file + ": " + verdict.flaw->found;
    return out;
}

json::array certificates(const Paths& paths, const config::ConfigPtr& config)
{
    json::array out;
    if (!config) {
        constexpr std::chrono::days unless_configured{14};
        out.push_back(certificate({"*", paths.tls() + "/imc.crt", paths.tls() + "/imc.key"},
                                  unless_configured));
        return out;
    }
    for (const auto& row : config->tls.certificates)
        out.push_back(
            certificate({row.name, row.certificate, row.key}, config->tls.expiry_warning));
    return out;
}

Response list_certificates(const Paths& paths, const OverviewParts& parts)
{
    Lines out;
    const auto config = parts.config ? parts.config() : nullptr;
    for (const auto& each : certificates(paths, config))
        out.add(each.as_object());
    return out.answer();
}

json::array changes(const Paths& paths)
{
    auto numbers = config::list_generations(paths);
    std::ranges::reverse(numbers);
    json::array out;
    for (const auto number : numbers) {
        if (out.size() == most_changes) break;
        const auto generation = config::read_generation(paths, number);
        if (!generation) continue;
        json::array rows;
        for (const auto& row : generation->changes)
            if (rows.size() < most_rows) rows.emplace_back(printable(config::to_text(row)));
        const auto more = generation->changes.size() - rows.size();
        out.push_back(json::object{{"number", number},
                                   {"time", generation->time},
                                   {"by", config::to_text(generation->by)},
                                   {"changes", std::move(rows)},
                                   {"more", more}});
    }
    return out;
}

Response overview(const Paths& paths, All& all)
{
    const auto& parts = all.parts;
    const auto state = parts.state();
    const auto config = parts.config ? parts.config() : nullptr;
    json::object out{{"generation", nullptr}, {"since", nullptr}};
    for (const char* name : {"state", "version", "pid", "since", "generation"})
        if (const auto* fact = state.if_contains(name)) out[name] = *fact;
    add_names(out, paths, config);
    out["held"] = held(state);
    out["queue"] = parts.queue ? all.totals.read(parts.queue) : json::value(nullptr);
    out["disk"] = disk(paths, config);
    out["directory"] = directory(paths);
    out["certificates"] = certificates(paths, config);
    out["changes"] = changes(paths);
    out["pending"] = to_json(read_waiting(paths));
    out["counters"] = parts.counters ? parts.counters() : json::object{};
    out["refused_by_rule"] = all.refusals.rows(paths);
    out["loading"] = parts.loading ? parts.loading() : std::string{};
    return Response::json(out);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
Response openapi()
{
    static constexpr std::string_view text =
#include "admin/openapi_json.inc"
        ;
    Response out;
    out.body = text;
    return out;
}
#pragma GCC diagnostic pop

}  // namespace

void add_overview_api(Desk& desk, OverviewParts parts)
{
    const auto all = std::make_shared<All>();
    all->parts = std::move(parts);
    desk.read("/api/v1/overview",
              [paths = desk.paths(), all](const Request&) { return overview(paths, *all); });
    desk.read("/api/v1/certificates", [paths = desk.paths(), all](const Request&) {
        return list_certificates(paths, all->parts);
    });
    desk.read("/api/v1/openapi.json", [](const Request&) { return openapi(); }, Role::nobody);
}

}  // namespace imc::admin
