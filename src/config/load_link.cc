#include "base/files.h"
#include "base/text.h"
#include "config/load_parts.h"

#include <algorithm>

// When the link to other hosts is open, what is run then, and which mail is asked for.

namespace imc::config {

void Loader::link(const Entry& connector)
{
    const auto before = loaded_.assertions.size();
    auto& link = config_.link;
    const auto bad = [&](const std::string& attribute, const std::string& found,
                         const std::string& expected, const std::string& value,
                         const std::string& row) {
        auto& a = add("connector.link." + attribute, refused, Status::failed);
        const auto& dn = above_.said_by(attribute);
        a.where = dn.to_rfc4514() + ", attribute " + attribute;
        a.found = found;
        a.expected = expected;
        a.why = "mail would leave, or be asked for, at other times than was meant";
        const auto option = row.empty() ? " --replace " + attribute + "=" + value
                                        : " --remove " + shell_word(attribute + "=" + row);
        a.fix = "imc dir modify " + shell_word(dn.to_rfc4514()) + option + paths_.option();
        if (row.empty()) {
            a.automatic.directory = {replace(dn, attribute, {value})};
            return;
        }
        Change change{Change::Kind::modify, dn};
        change.changes.push_back({AttributeChange::Kind::remove, attribute, {row}});
        a.automatic.directory = {std::move(change)};
    };
    const auto minutes = [&](const char* attribute, std::uint64_t least, const char* value,
                             std::chrono::minutes& into) {
        const auto text = connector.first(attribute);  // absent: the default
        if (text.empty()) return;
        const auto number = parse_number(text);
        if (number && *number >= least && *number <= 10080)
            into = std::chrono::minutes{*number};
        else
            bad(attribute, "\"" + printable(text) + "\"",
                "minutes, " + std::to_string(least) + " to 10080", value, "");
    };
    const auto rows = connector.all("imcSchedule");
    link.rows.assign(rows.begin(), rows.end());
    const auto is_sound = [](const std::string& row) { return bool{parse_schedule({row})}; };
    const bool sound = std::ranges::all_of(link.rows, is_sound);
    // Without any row the link is always open, which nobody has said.
    const bool some = std::ranges::any_of(link.rows, is_sound);
    for (const auto& row : link.rows)
        if (const auto one = parse_schedule({row}); !one)
            bad("imcSchedule", one.error().detail(),
                "always, on-demand, queued MINUTES, or DAYS HH:MM-HH:MM [UTC]", "on-demand",
                some ? row : "");
    if (sound) link.schedule = *parse_schedule(link.rows);
    minutes("imcLinkTimeoutMinutes", 1, "60", link.timeout);
    minutes("imcEtrnMinutes", 0, "0", link.etrn_every);
    for (const auto& row : connector.all("imcEtrn")) {
        auto job = parse_etrn_job(row);
        if (job)
            link.etrn.push_back(std::move(*job));
        else
            bad("imcEtrn", job.error().detail(), "HOST[:PORT];DOMAIN[,@DOMAIN,#QUEUE...]", "", row);
    }
    if (loaded_.assertions.size() == before) add("connector.link", refused, Status::passed);
    link_hooks();
    config_.answers_etrn = settings_->number("DisableETRN").value_or(0) == 0;
    for (const auto& profile : config_.profiles) {
        if (!profile.hold_for_etrn) continue;
        const bool off = !config_.answers_etrn;
        if (!off && !profile.etrn_from.empty()) continue;
        auto& a = add("connector.etrn", refused, Status::warning);
        a.where = "profile of " + profile.domain;
        a.found = std::string{"imcHoldForEtrn is TRUE, and "} +
                  (off ? "DisableETRN is 1" : "imcEtrnFrom names nobody");
        a.expected = off ? "DisableETRN 0" : "who may ask for the mail that is held";
        a.why = "the mail waits for a question that nobody can ask, and is returned when its time "
                "is up";
        a.fix = off ? "imc reg add -v DisableETRN -t DWORD -d 0 -f" + paths_.option()
                    : "imc dir modify " +
                          shell_word("cn=" + profile.domain + ",cn=E-Mail Domains," +
                                     connector.dn.to_rfc4514()) +
                          " --replace imcEtrnFrom=NETWORK" + paths_.option();
    }
}

void Loader::link_hooks()
{
    Rows rows;
    for (const auto& row : settings_->list("LinkHooks").value_or(std::vector<std::string>{})) {
        if (trim(row).empty()) continue;
        auto hook = parse_link_hook(row);
        if (!hook) {
            rows.flaws.push_back(hook.error().detail());
            continue;
        }
        rows.kept.push_back(row);
        const auto& program = hook->words.front();
        if (const auto flaw = hook_program_flaw(program)) {
            auto& a = add("registry.value.LinkHooks", EventId::value_invalid, Status::failed);
            a.found = program + ": " + flaw->found;
            a.where = where("LinkHooks");
            a.expected = "a program that only its owner and root can write, and that we can run";
            a.why = "whoever can write the program could run anything as the service's user";
            a.fix = flaw->mend;
            if (a.fix.empty()) {
                auto others = settings_->list("LinkHooks").value_or(std::vector<std::string>{});
                std::erase(others, row);
                offer_rows(a, paths_, "LinkHooks", others);
            }
        }
        config_.link.hooks.push_back(std::move(*hook));
    }
    flawed_rows("LinkHooks", rows,
                "open;/ABSOLUTE/PROGRAM ARGUMENTS;SECONDS or close;..., one a line");
}

}  // namespace imc::config
