#include "admin/new_object.h"

#include "admin/site_format.h"
#include "base/text.h"
#include "config/load.h"
#include "config/open_directory.h"
#include "config/parse.h"
#include "config/profile_fields.h"
#include "config/tree.h"

#include <algorithm>

namespace imc::admin {
namespace {

Error refuse(std::string line, unsigned exit_status = 0)
{
    return Error{EventId::admin_refused, std::move(line), exit_status};
}

Result<> sound_address(const std::string& option, const std::string& text)
{
    const auto address = mail::parse_address(text);
    if (address) return {};
    return refuse(option + ": " + (text.empty() ? "nothing" : "\"" + printable(text, 320) + "\"") +
                  " found, an address such as alice@contoso.example expected" +
                  (text.empty() ? "" : ": " + std::string{address.error().what}));
}

Result<> sound_store(const std::string& text)
{
    if (text.starts_with("maildir:/") || text.starts_with("lmtp:/")) return {};
    if (text.starts_with("lmtp:") && config::parse_host(text.substr(5), 24)) return {};
    return refuse("--store: \"" + printable(text, 200) +
                  "\" found; maildir:/PATH, lmtp:HOST:PORT or lmtp:/SOCKET expected");
}

class Maker {
public:
    Maker(const Paths& paths, Directory& directory, const NewObject& wanted, const NameReader& name,
          Deadline deadline)
        : paths_{paths}, directory_{directory}, wanted_{wanted}, name_{name}, deadline_{deadline}
    {}

    /// mailbox, contact and list: below cn=Recipients of this host's site.
    Result<std::vector<imc::Change>> recipient()
    {
        const auto& w = wanted_;
        if (!is_alias(w.alias)) return Error{EventId::value_invalid, alias_expected(w.alias)};
        for (const auto& address : w.addresses)
            if (auto sound = sound_address("--address", address); !sound) return sound.error();
        if (w.kind == "contact")
            if (auto sound = sound_address("--target", w.target); !sound) return sound.error();
        const auto site = config::site_dn(paths_);
        if (!site) return site.error();
        auto named = names();
        const auto primary = w.addresses.empty() ? address_for(paths_, directory_, named, deadline_)
                                                 : Result<std::string>{w.addresses.front()};
        if (!primary) return primary.error();
        auto change = config::new_mailbox(site->child("cn", "Recipients"), w.alias, *primary,
                                          std::string{named.first("displayName")});
        for (const auto* name : {"givenName", "sn"})
            if (named.attributes.contains(name)) change.attributes[name] = named.attributes[name];
        for (std::size_t i = 1; i < w.addresses.size(); ++i)
            change.attributes["proxyAddresses"].push_back("smtp:" + w.addresses[i]);
        if (auto own = own_attributes(change.attributes); !own) return own.error();
        const auto taken =
            directory_.search(*site, Scope::subtree,
                              "(mailNickname=" + escape_filter_value(w.alias) + ")", deadline_, 2);
        if (taken && !taken->empty())
            return Error{EventId::directory_object_exists,
                         "the alias " + w.alias + " belongs to " + taken->front().dn.to_rfc4514()};
        return std::vector{std::move(change)};
    }

    Result<std::vector<imc::Change>> profile()
    {
        const auto& w = wanted_;
        const auto domain =
            w.alias == "*" ? Result<std::string>{"*"} : config::parse_domain(w.alias);
        if (!domain) return refuse(domain.error().detail());
        const auto loaded = config::load(paths_, deadline_);
        if (!loaded.config)
            return refuse(
                "the configuration is not sound, so the connector is not known; run imc check" +
                    paths_.option(),
                3);
        const auto container = loaded.config->connector.child("cn", "E-Mail Domains");
        imc::Change object{imc::Change::Kind::add, container.child("cn", *domain)};
        object.attributes["objectClass"] = {"top", "imcDomainProfile"};
        object.attributes["cn"] = {*domain};
        for (const auto& [option, attribute, values] :
             {std::tuple{"--host", "imcSmartHost", w.hosts},
              std::tuple{"--tls", "imcTls", std::vector{w.tls}},
              std::tuple{"--auth-user", "imcAuthUser", std::vector{w.auth_user}},
              std::tuple{"--auth-password-file", "imcAuthPasswordFile",
                         std::vector{w.auth_file}}}) {
            auto given = values;
            std::erase(given, "");
            if (given.empty()) continue;
            if (auto sound = sound_value(option, attribute, given); !sound) return sound.error();
            object.attributes[attribute] = std::move(given);
        }
        std::vector<imc::Change> changes;
        const auto there = directory_.read(container, deadline_);
        if (!std::holds_alternative<Entry>(there)) {
            imc::Change folder{imc::Change::Kind::add, container};
            folder.attributes["objectClass"] = {"top", "imcContainer"};
            folder.attributes["cn"] = {"E-Mail Domains"};
            changes.push_back(std::move(folder));
        }
        changes.push_back(std::move(object));
        return changes;
    }

private:
    Entry names() const
    {
        Entry named;
        named.attributes["mailNickname"] = {wanted_.alias};
        if (!wanted_.given_name.empty()) named.attributes["givenName"] = {wanted_.given_name};
        if (!wanted_.surname.empty()) named.attributes["sn"] = {wanted_.surname};
        auto display_name = wanted_.display_name;
        if (display_name.empty() && !wanted_.surname.empty())
            display_name = std::string{trim(wanted_.given_name + " " + wanted_.surname)};
        if (!display_name.empty()) named.attributes["displayName"] = {display_name};
        return named;
    }

    Result<> own_attributes(Attributes& attributes) const
    {
        if (wanted_.kind == "contact") {
            attributes["objectClass"] = {"top", "imcContact"};
            attributes["targetAddress"] = {"SMTP:" + wanted_.target};
        } else if (wanted_.kind == "list") {
            attributes["objectClass"] = {"top", "imcList"};
            for (const auto& member : wanted_.members) {
                const auto dn = name_(member);
                if (!dn) return dn.error();
                attributes["member"].push_back(dn->to_rfc4514());
            }
        } else if (!wanted_.store.empty()) {
            if (auto sound = sound_store(wanted_.store); !sound) return sound.error();
            attributes["homeMDB"] = {wanted_.store};
        }
        return {};
    }

    /// What the loader would say of a value, before it is written.
    static Result<> sound_value(const std::string& option, const std::string& attribute,
                                const std::vector<std::string>& values)
    {
        const auto fields = config::profile_fields();
        const auto field = std::ranges::find(fields, attribute, &config::ProfileField::attribute);
        config::DomainProfile profile;
        const auto read = field->read(profile, values, {});
        if (read) return {};
        return refuse(option + ": " + read.error().detail() + " found; " +
                      std::string{field->expected} + " expected");
    }

    const Paths& paths_;
    Directory& directory_;
    const NewObject& wanted_;
    const NameReader& name_;
    Deadline deadline_;
};

}  // namespace

bool is_alias(std::string_view alias)
{
    return !alias.empty() && alias.size() <= 64 && alias.front() != '.' && is_utf8(alias) &&
           std::ranges::none_of(alias, [](char c) {
               return is_control(c) ||
                      std::string_view{"/\\:*?\"<>|@ "}.find(c) != std::string_view::npos;
           });
}

std::string alias_expected(std::string_view found)
{
    return "alias: \"" + printable(found, 80) +
           "\" found; 1 to 64 octets without / \\ : * ? \" < > | @, spaces or control characters, "
           "not beginning with a dot, expected";
}

Result<std::vector<imc::Change>> new_object(const Paths& paths, Directory& directory,
                                            const NewObject& wanted, const NameReader& name,
                                            Deadline deadline)
{
    Maker maker{paths, directory, wanted, name, deadline};
    return wanted.kind == "domain" ? maker.profile() : maker.recipient();
}

}  // namespace imc::admin
