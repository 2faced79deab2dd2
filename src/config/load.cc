#include "config/load.h"

#include "config/load_parts.h"
#include "config/password_file.h"

#include <algorithm>

namespace imc::config {

Loaded Loader::run()
{
    reading_ = instead_.registry ? read_registry(*instead_.registry, paths_, loaded_.assertions)
                                 : read_registry(paths_, loaded_.assertions);
    if (!reading_.settings) {
        unjudged({"registry.home-dsa", "directory.reachable", "connector.object",
                  "connector.values", "connector.administrator", "site.address",
                  "connector.delivery", "connector.profiles", "site.routing", "site.spaces",
                  "people.reachable", "host.name", "network.values"},
                 "the registry file could not be read");
        return finish();
    }
    settings_ = reading_.settings.get();
    config_.settings = settings_->all();
    // Others than the service may not read it, and need not.
    if (auto key = read_password(paths_.secrets() + "/srs.key")) config_.srs_key = std::move(*key);
    network();
    host_name();
    people();
    if (open()) directory();
    age();
    return finish();
}

Loaded Loader::finish()
{
    const auto ok = std::ranges::all_of(loaded_.assertions, [](const Assertion& a) {
        return a.status == Status::passed || a.status == Status::warning;
    });
    loaded_.listeners = config_.listeners;
    loaded_.admin = config_.admin;
    loaded_.tls = config_.tls;
    if (asked_) loaded_.evidence = asked_->entries();
    config_.delivery.index();
    config_.profiles.index();
    config_.routing.index();
    if (ok) loaded_.config = std::make_shared<const Config>(std::move(config_));
    return std::move(loaded_);
}

Assertion& Loader::add(std::string id, EventId event, Status status)
{
    loaded_.assertions.push_back({std::move(id), event, status});
    return loaded_.assertions.back();
}

void Loader::unjudged(std::initializer_list<const char*> ids, const std::string& why)
{
    for (const char* id : ids)
        add(id, refused, Status::not_evaluated).why = why;
}

std::string Loader::where(std::string_view value) const
{
    return paths_.registry() + ", value " + std::string{value};
}

Change Loader::replace(const Dn& dn, std::string attribute, std::vector<std::string> values)
{
    Change change{Change::Kind::modify, dn};
    change.changes.push_back(
        {AttributeChange::Kind::replace, std::move(attribute), std::move(values)});
    return change;
}

Loaded load(const Paths& paths, Deadline deadline, Instead instead)
{
    return Loader{paths, deadline, std::move(instead)}.run();
}

}  // namespace imc::config
