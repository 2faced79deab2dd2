#include "app/service/generations.h"

#include "base/files.h"
#include "config/generation.h"
#include "config/parse.h"
#include "config/settings_view.h"
#include "directory/ldif.h"
#include "event/record_json.h"
#include "registry/reg_text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace imc::app {

namespace json = boost::json;

namespace {

using config::generations_kept;

std::string current(const Paths& paths) { return paths.generations() + "/current.json"; }

std::string numbered(const Paths& paths, std::uint64_t number)
{
    return paths.generations() + "/" + std::to_string(number) + ".json";
}

std::optional<json::object> read_current(const Paths& paths)
{
    const auto content = read_file(real_files(), current(paths));
    if (!content) return {};
    boost::system::error_code failure;
    auto value = json::parse(*content, failure);
    if (failure || !value.is_object()) return {};
    auto& object = value.get_object();
    if (!object.contains("number") || !object.at("number").is_number() ||
        !object.contains("listeners") || !object.contains("host_name"))
        return {};
    return std::move(object);
}

std::string ldif_of(const std::vector<Entry>& entries)
{
    std::string out;
    for (const auto& entry : entries) {
        // The number of a generation is no part of it.
        auto shown = entry;
        shown.attributes.erase("imcGeneration");
        out += to_ldif(shown);
    }
    return out;
}

/// What differs from the one before, and whose work it was.
void compare(const Paths& paths, const json::object& now, Written& written)
{
    const auto before = config::newest_generation(paths);
    if (!before) return;
    config::Generation after;
    after.number = written.number;
    after.registry = now.at("registry").as_string();
    after.directory = config::objects_of(std::string{now.at("directory").as_string()});
    written.by = config::authors(*before, after, read_notes(paths));
    const auto was = snapshot_of(*before);
    const auto is = snapshot_of(after);
    if (was && is) written.changes = differences(*was, *is);
}

enum class Do : std::uint8_t { write, only_say };

Written take_down(const Paths& paths, const Proof& proof, Do what, const Unkept& unkept);

}  // namespace

Written write_last_good(const Paths& paths, const Proof& proof, const Unkept& unkept)
{
    return take_down(paths, proof, Do::write, unkept);
}

std::uint64_t number_when_written(const Paths& paths, const Proof& proof, const Unkept& unkept)
{
    return take_down(paths, proof, Do::only_say, unkept).number;
}

std::optional<LastGood> read_last_good(const Paths& paths)
{
    const auto object = read_current(paths);
    auto generation = config::newest_generation(paths);
    if (!object || !generation) return {};
    LastGood good;
    good.number = generation->number;
    good.time = std::move(generation->time);
    good.host_name = std::move(generation->host_name);
    good.home_dsa = std::move(generation->home_dsa);
    good.base = std::move(generation->base);
    good.directory = std::move(generation->directory);
    if (const auto* listeners = object->at("listeners").if_array())
        for (const auto& text : *listeners)
            if (text.is_string())
                if (auto listener = config::parse_listener(std::string{text.as_string()}))
                    good.listeners.push_back(*listener);
    return good;
}

namespace {

/// The numbered one first: what is no part of the history must not be the last good one.
IoResult<> keep_files(const Paths& paths, std::uint64_t number, const std::string& text,
                      const std::string& registry)
{
    auto& files = real_files();
    if (auto made = make_folders(files, paths.generations()); !made) return made;
    if (auto done = write_file_atomically(files, numbered(paths, number), text); !done) return done;
    if (auto done = write_file_atomically(files, current(paths), text); !done) return done;
    return write_file_atomically(files, paths.generations() + "/current.reg", registry);
}

Written take_down(const Paths& paths, const Proof& proof, Do what, const Unkept& unkept)
{
    const auto before = read_current(paths);
    boost::system::error_code no_number;
    const std::uint64_t named =
        before ? before->at("number").to_number<std::uint64_t>(no_number) : 0;
    const auto kept = config::list_generations(paths);
    // A current.json that is gone, or torn by a crash, makes no number twice.
    const std::uint64_t last = std::max(named, kept.empty() ? 0 : kept.back());
    json::array listeners;
    for (const auto& listener : proof.config.listeners)
        listeners.push_back(json::value(listener.to_row()));
    const auto registry = read_file(real_files(), paths.registry());
    // Written anew since it was judged: the next check is about that, and keeps it.
    const auto document =
        registry ? registry::Document::parse(*registry) : Result<registry::Document>{Error{}};
    if (!document || config::settings_of(*document)->all() != proof.config.settings)
        return {named, {}, false, {}, {}};
    json::object out{{"number", last},
                     {"time", to_rfc3339(wall_clock().now())},
                     {"version", IMC_VERSION},
                     {"host_name", proof.config.host_name},
                     {"listeners", std::move(listeners)},
                     {"fingerprint", fingerprint(proof.config)},
                     {"home_dsa", proof.home_dsa},
                     {"base", proof.base},
                     {"registry", registry ? *registry : std::string{}},
                     {"directory", ldif_of(proof.directory)}};
    const auto same = [&](const char* key) {
        return before->contains(key) && before->at(key) == out.at(key);
    };
    if (before && same("listeners") && same("fingerprint") && same("home_dsa") && same("base") &&
        same("registry") && same("directory"))
        return {named,
                config::hash_of(out.at("registry").as_string(), out.at("directory").as_string()),
                false,
                {},
                {}};
    auto hash = config::hash_of(out.at("registry").as_string(), out.at("directory").as_string());
    const bool once_more = hash == unkept.hash && unkept.number >= last;
    const auto number = once_more ? unkept.number : std::max(last, unkept.number) + 1;
    Written written{number, std::move(hash), true, {}, {}};
    if (what == Do::only_say) return written;
    if (before) compare(paths, out, written);
    json::array changes;
    for (const auto& change : written.changes)
        changes.push_back(to_json(change));
    out["number"] = number;
    out["hash"] = written.hash;
    out["by"] = to_json(written.by);
    out["changes"] = std::move(changes);
    const auto text = json::serialize(out) + "\n";
    // It only helps a later start, and who wants to go back; the service runs without it.
    if (const auto done = keep_files(paths, number, text, *registry); !done) {
        written.failure = paths.generations() + ": " + done.error().message();
        return written;
    }
    for (const auto old : kept)
        if (old + generations_kept <= number) (void)real_files().remove(numbered(paths, old));
    return written;
}

}  // namespace

std::string fingerprint(const config::Config& c)
{
    // The registry's part and the connector's are whole by themselves; what comes from other
    // objects is told one by one.
    std::string out = c.settings + c.connector_settings;
    const auto put = [&](const std::string& text) { out += text + "\n"; };
    const auto number = [&](auto value) { put(std::to_string(value)); };
    put(c.connector.to_rfc4514());
    put(c.server.to_rfc4514());
    put(c.host_name);
    for (const auto& d : c.local_domains)
        put(d);
    put(c.administrator.dn.to_rfc4514() + " " + c.administrator.address);
    number(c.notify_administrator);
    number(c.reports.copies);
    for (const auto& row : c.admin.administrators)
        put(row.role + " " + row.account + " @" + row.domain);
    number(static_cast<int>(c.mode));
    put("hosts");
    for (const auto& h : c.smart_hosts)
        put(h.name + ":" + std::to_string(h.port));
    put("rows");
    for (const auto& r : c.delivery)
        put(r.text);
    put("routing");
    for (const auto& row : c.routing)
        put(row.text);
    put(c.subaddress_separator);
    for (const auto& connector : c.connectors) {
        put(connector.dn.to_rfc4514() + (connector.is_near ? " near " : " ") + connector.server);
        if (!connector.in_site) put(connector.way + " " + std::to_string(connector.way_cost));
        number(static_cast<int>(connector.mode));
        for (const auto& host : connector.hosts)
            put(host.name + ":" + std::to_string(host.port));
        for (const auto& space : connector.spaces)
            put(space.text);
    }
    put(c.lmtp);
    number(c.message_octets);
    put("link");
    for (const auto& row : c.link.rows)
        put(row);
    number(c.link.timeout.count());
    for (const auto& job : c.link.etrn)
        put(config::to_row(job));
    number(c.link.etrn_every.count());
    put("retry");
    for (const auto wait : c.retry_after)
        number(wait.count());
    number(c.message_timeout.count());
    put("profiles");
    for (const auto& p : c.profiles) {
        put(p.domain + (p.subdomains ? " and subdomains" : ""));
        for (const auto& origin : p.origins)  // all that anybody says of it
            put(origin.attribute + "=" + origin.value);
    }
    return out;
}

}  // namespace imc::app
