#include "config/open_people.h"

#include "base/text.h"
#include "config/parse.h"

namespace imc::config {

PeopleChoice people_choice(const SettingsView& settings, std::vector<PeopleFlaw>& flaws)
{
    PeopleChoice choice;
    auto urls = ldap_urls(settings.text("RecipientSource").value_or(""));
    if (urls)
        choice.urls = *std::move(urls);
    else
        flaws.push_back({"RecipientSource", Error{EventId::value_invalid, urls.error().detail()}});
    auto base = Dn::parse_rfc4514(settings.text("RecipientBase").value_or(""));
    if (base)
        choice.base = *std::move(base);
    else
        flaws.push_back({"RecipientBase", Error{EventId::value_invalid, base.error().detail()}});
    // A word that is none has failed as a value already.
    const auto word = settings.text("RecipientFlavour").value_or("imc");
    choice.flavour = AttributeMap::flavour_of(word).value_or(AttributeMap::Flavour::imc);
    choice.map = AttributeMap{choice.flavour};
    for (const auto& row :
         settings.list("RecipientAttributes").value_or(std::vector<std::string>{})) {
        if (trim(row).empty()) continue;
        if (auto taken = choice.map.take(row); !taken)
            flaws.push_back({"RecipientAttributes", taken.error()});
    }
    choice.filter = trim(settings.text("RecipientFilter").value_or(""));
    if (!choice.filter.empty())
        if (const auto filter = Filter::parse(choice.filter); !filter)
            flaws.push_back(
                {"RecipientFilter", Error{EventId::value_invalid, filter.error().detail()}});
    return choice;
}

PeopleSource open_people(const Paths& paths, const SettingsView& settings,
                         const PeopleChoice& choice)
{
    PeopleSource people;
    auto ldap = ldap_settings(paths, settings, choice.urls, choice.base, "Recipient");
    ldap.attributes = choice.map.wanted();
    people.theirs = ldap_directory(std::move(ldap));
    people.ours = mapped_directory(people.theirs, choice.map, choice.filter);
    people.base = choice.base;
    return people;
}

Result<PeopleSource> open_people(const Paths& paths)
{
    const auto settings = settings_of(paths);
    if (!settings) return settings.error();
    std::vector<PeopleFlaw> flaws;
    const auto choice = people_choice(**settings, flaws);
    if (!flaws.empty())
        return Error{flaws.front().error.event(),
                     flaws.front().value + ": " + flaws.front().error.detail()};
    if (!choice.urls.empty()) return open_people(paths, **settings, choice);
    const auto home = directory_choice(**settings);
    if (!home) return Error{home.error().event(), "HomeDSA: " + home.error().detail()};
    auto directory = open_directory(paths, **settings, *home);
    if (!directory) return directory.error();
    PeopleSource people;
    people.theirs = *std::move(directory);
    people.ours = people.theirs;
    people.base = home->base;
    return people;
}

}  // namespace imc::config
