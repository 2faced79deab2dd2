#include "app/service/generations.h"

#include "base/files.h"
#include "config/parse.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace imc::app {

namespace json = boost::json;

namespace {

std::string current(const Paths& paths) { return paths.generations() + "/current.json"; }

}  // namespace

std::optional<LastGood> read_last_good(const Paths& paths)
{
    const auto content = read_file(real_files(), current(paths));
    if (!content) return {};
    boost::system::error_code failure;
    const auto value = json::parse(*content, failure);
    const auto* object = failure ? nullptr : value.if_object();
    if (object == nullptr || !object->contains("number") || !object->contains("listeners") ||
        !object->contains("host_name"))
        return {};
    LastGood good;
    good.number =
        object->at("number").is_number() ? object->at("number").to_number<std::uint64_t>() : 0;
    if (const auto* name = object->at("host_name").if_string()) good.host_name = std::string{*name};
    if (const auto* listeners = object->at("listeners").if_array())
        for (const auto& text : *listeners)
            if (text.is_string())
                if (auto listener = config::parse_listener(std::string{text.as_string()}))
                    good.listeners.push_back(*listener);
    return good;
}

std::uint64_t write_last_good(const Paths& paths, const config::Config& config)
{
    const auto before = read_last_good(paths);
    const std::uint64_t number = before ? before->number + 1 : 1;
    json::array listeners;
    for (const auto& listener : config.listeners)
        listeners.push_back(json::value(listener.to_string()));
    const json::object out{{"number", number},
                           {"host_name", config.host_name},
                           {"listeners", std::move(listeners)},
                           {"fingerprint", fingerprint(config)}};
    // It only helps a later hold; the service runs without it.
    if (make_folders(real_files(), paths.generations()))
        (void)write_file_atomically(real_files(), current(paths), json::serialize(out) + "\n");
    return number;
}

std::string fingerprint(const config::Config& c)
{
    std::string out;
    const auto put = [&](const std::string& text) { out += text + "\n"; };
    const auto number = [&](auto value) { put(std::to_string(value)); };
    put(c.connector.to_rfc4514());
    put(c.server.to_rfc4514());
    put(c.host_name);
    for (const auto& l : c.listeners)
        put(l.to_string());
    put("dns");
    for (const auto& s : c.dns_servers)
        put(s);
    number(c.outbound_port);
    for (const auto& d : c.local_domains)
        put(d);
    put(c.administrator.dn.to_rfc4514() + " " + c.administrator.address);
    number(c.notify_administrator);
    number(static_cast<int>(c.mode));
    for (const auto& h : c.smart_hosts)
        put(h.name + ":" + std::to_string(h.port));
    for (const auto& r : c.delivery)
        put(r.text);
    put(c.lmtp);
    for (const auto* list : {&c.relay.deny, &c.relay.allow, &c.relay.local}) {
        put("list");
        for (const auto& n : *list)
            put(n.text);
    }
    for (const bool flag :
         {c.relay.use_deny, c.relay.use_allow, c.relay.use_local, c.relay.use_authenticated})
        number(flag);
    for (const std::uint64_t n :
         {c.message_octets, c.low_water_octets, std::uint64_t{c.max_recipients},
          std::uint64_t{c.max_connections}, std::uint64_t{c.max_connections_per_host},
          std::uint64_t{c.max_hops}, std::uint64_t{c.outbound_connections},
          std::uint64_t{c.outbound_connections_per_host}, std::uint64_t{c.messages_per_connection}})
        number(n);
    for (const auto wait : c.retry_after)
        number(wait.count());
    number(c.message_timeout.count());
    return out;
}

}  // namespace imc::app
