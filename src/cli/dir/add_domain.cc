#include "base/text.h"
#include "cli/dir/place.h"
#include "config/load.h"
#include "config/parse.h"
#include "config/profile_fields.h"

#include <algorithm>

namespace imc::cli {
namespace {

/// What the loader would say of a value, before it is written.
bool sound_value(Context& context, const std::string& option, const std::string& attribute,
                 const std::vector<std::string>& values)
{
    const auto fields = config::profile_fields();
    const auto field = std::ranges::find(fields, attribute, &config::ProfileField::attribute);
    config::DomainProfile profile;
    const auto read = field->read(profile, values, {});
    if (read) return true;
    context.fail(option + ": " + read.error().detail() + " found; " + std::string{field->expected} +
                     " expected",
                 2);
    return false;
}

}  // namespace

std::vector<Change> domain_profile(Context& context, const DirWords& words, Place& place)
{
    if (words.rest.size() != 1) {
        context.fail("one domain expected, as in: imc dir add domain example.net --tls verify", 2);
        return {};
    }
    const auto& name = words.rest.front();
    const auto domain = name == "*" ? Result<std::string>{"*"} : config::parse_domain(name);
    if (!domain) {
        context.fail(domain.error().detail(), 2);
        return {};
    }
    const auto loaded = config::load(place.paths(), after(Place::patience));
    if (!loaded.config) {
        context.fail(
            "the configuration is not sound, so the connector is not known; run imc check" +
                place.paths().option(),
            3);
        return {};
    }
    const auto container = loaded.config->connector.child("cn", "E-Mail Domains");
    Change object{Change::Kind::add, container.child("cn", *domain)};
    object.attributes["objectClass"] = {"top", "imcDomainProfile"};
    object.attributes["cn"] = {*domain};
    const auto take = [&](const char* option, const char* attribute,
                          std::vector<std::string> values) {
        std::erase(values, "");
        if (values.empty()) return true;
        if (!sound_value(context, option, attribute, values)) return false;
        object.attributes[attribute] = std::move(values);
        return true;
    };
    const bool sound = take("--host", "imcSmartHost", words.hosts) &&
                       take("--tls", "imcTls", {words.tls}) &&
                       take("--auth-user", "imcAuthUser", {words.auth_user}) &&
                       take("--auth-password-file", "imcAuthPasswordFile", {words.auth_file});
    if (!sound) return {};
    std::vector<Change> changes;
    const auto there = place.directory().read(container, after(Place::patience));
    if (!std::holds_alternative<Entry>(there)) {
        Change folder{Change::Kind::add, container};
        folder.attributes["objectClass"] = {"top", "imcContainer"};
        folder.attributes["cn"] = {"E-Mail Domains"};
        changes.push_back(std::move(folder));
    }
    changes.push_back(std::move(object));
    return changes;
}

}  // namespace imc::cli
