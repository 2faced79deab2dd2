#include "base/text.h"
#include "cli/manual/manual.h"
#include "cli/manual/roff.h"
#include "event/catalogue.h"
#include "registry/tree.h"
#include "registry/values.h"

namespace imc::cli {
namespace {

std::string fact(std::string_view name, std::string_view value)
{
    return value.empty() ? std::string{} : "\n" + std::string{name} + ": " + std::string{value};
}

std::string value_item(const registry::ValueInfo& value)
{
    std::string type = "REG_" + std::string{registry::to_string(value.type)};
    const bool number = value.type == registry::Type::dword || value.type == registry::Type::qword;
    std::string text{value.text};
    text += fact("Unit", value.unit);
    if (number)
        text += fact("Range", std::to_string(value.min) + " to " + std::to_string(value.max));
    text += fact("One of", value.choices) + fact("Default", value.preset) +
            fact("Read by", value.reader) + fact("Takes effect", value.effect) +
            fact("Also spelled", value.aliases) + fact("Source", value.kb);
    return roff::item(roff::bold(value.name) + " (" + roff::plain(type) + ")", text);
}

std::string steps(const char* head, std::span<const EventStep> rows)
{
    std::string out;
    for (const auto& row : rows) {
        out += "\n" + std::string{head} + ": " + std::string{row.text};
        if (!row.command.empty()) out += "\n    " + std::string{row.command};
    }
    return out;
}

std::string event_item(const EventInfo& event)
{
    std::string head = roff::bold(std::to_string(event.number)) + " " + roff::bold(event.symbol) +
                       " (" + roff::plain(to_string(event.kind));
    if (event.kind == EventKind::event) head += ", " + roff::plain(to_string(event.type));
    std::string text{event.meaning};
    text +=
        steps("Cause", event.causes) + steps("Remedy", event.remedies) + fact("Source", event.kb);
    return roff::item(head + ")", text);
}

}  // namespace

Page registry_page()
{
    Page page{"imc-registry.5", roff::title("imc-registry", '5')};
    auto& out = page.text;
    out += roff::section("NAME") +
           roff::plain("imc-registry - the registry of an Internet Mail Connector's host") + "\n";
    out += roff::section("DESCRIPTION") +
           roff::paragraph("What belongs to this host and not to the organization stands in the "
                           "registry: a text file in the format of the Windows Registry Editor "
                           "(version 5.00, or REGEDIT4), edited by hand or by imc reg. imc check "
                           "proves that it is sound and agrees with the directory.") +
           roff::paragraph("All values stand in the key") + roff::example(registry::parameters_key);
    out += roff::paragraph("Names of keys and values ignore case. A value that nobody reads is "
                           "warned of, with the name that was probably meant.");
    out += roff::section("VALUES");
    for (const auto& value : registry::value_table())
        out += value_item(value);
    out += roff::section("EXAMPLE") +
           roff::example("Windows Registry Editor Version 5.00\n\n[" +
                         std::string{registry::parameters_key} +
                         "]\n\"SiteDN\"=\"/o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1\""
                         "\n\"OutboundPort\"=dword:00000019");
    out += roff::section("FILES") + roff::item(roff::italic("/etc/imc/registry.reg"), "") +
           roff::item(roff::italic("/var/lib/imc/backup/registry-*.reg"),
                      "one copy before each change, the last 200; imc reg backup --list");
    out += roff::section("SEE ALSO") + ".PP\n" + roff::bold("imc-reg") + "(1), " +
           roff::bold("imc-check") + "(1)\n";
    return page;
}

Page events_page()
{
    Page page{"imc-events.7", roff::title("imc-events", '7')};
    auto& out = page.text;
    out += roff::section("NAME") +
           roff::plain("imc-events - events and error numbers of the Internet Mail Connector") +
           "\n";
    out += roff::section("DESCRIPTION") +
           roff::paragraph("Every record of the event log has one of these numbers. Historic "
                           "numbers keep their meaning; our own begin at 40000. Records go to "
                           "/var/log/imc/events.jsonl and to journald (MESSAGE_ID and "
                           "IMC_EVENT_ID). imc events searches them, imc explain NUMBER prints "
                           "what stands here.");
    out += roff::section("EVENTS");
    for (const auto& event : event_catalogue())
        if (event.kind == EventKind::event) out += event_item(event);
    out += roff::section("OTHER NUMBERS");
    for (const auto& event : event_catalogue())
        if (event.kind != EventKind::event) out += event_item(event);
    out += roff::section("SEE ALSO") + ".PP\n" + roff::bold("imc-events") + "(1), " +
           roff::bold("imc-explain") + "(1), " + roff::bold("journalctl") + "(1)\n";
    return page;
}

Page service_page()
{
    Page page{"imc.service.8", roff::title("imc.service", '8')};
    auto& out = page.text;
    out += roff::section("NAME") +
           roff::plain("imc.service - the Internet Mail Connector under systemd") + "\n";
    out += roff::section("SYNOPSIS") + roff::bold("systemctl enable --now imc.service") +
           "\n.br\n" + roff::bold("imc service start") + "\n";
    out += roff::section("DESCRIPTION") +
           roff::paragraph(
               "The unit runs imc serve --hold as user imc, with one capability: to bind ports "
               "below 1024. It counts as started when the service listens, or when it is held.") +
           roff::paragraph(
               "Held means: a check failed (imc check shows which, with the command that mends "
               "it). Clients are greeted with 421 and the event's number on the listeners that "
               "were last in force, nothing is accepted, and the service starts by itself when "
               "the check passes. systemctl status shows the event.") +
           roff::paragraph("systemctl reload tests the configuration and takes it now; a change "
                           "of registry or directory is taken by itself within seconds. "
                           "systemctl stop finishes what is in flight, at most 30 seconds.") +
           roff::paragraph(
               "After that, work in the background has 10 seconds to end: look-ups in a directory, "
               "lists, files that are being written. What waits for a server or a disk that does "
               "not answer is left: event 41070 names it, with the number of pieces of work and "
               "the age of the oldest, and the process ends with exit status 75, which systemctl "
               "status shows. Nothing is lost by that: what was answered 250 is on stable "
               "storage, and a delivery whose result was not recorded is tried again.");
    out += roff::section("NOTES") +
           roff::item(roff::bold("Watchdog"),
                      "The service answers every minute (WatchdogSec=60), or is started again.") +
           roff::item(roff::bold("Many connections"),
                      "LimitNOFILE bounds sessions and deliveries together.") +
           roff::item(roff::bold("Folders outside of /var/lib/imc"),
                      "The file system is read-only but for the connector's own folders. For "
                      "Maildirs elsewhere: systemctl edit imc.service, and add "
                      "ReadWritePaths=/srv/mail.") +
           roff::item(roff::bold("Deliveries to /home"),
                      "ProtectHome hides it; deliver by LMTP, or set ProtectHome=no.") +
           roff::item(roff::bold("The user imc"),
                      "is made by sysusers.d/imc.conf (systemd-sysusers), the folders by "
                      "tmpfiles.d/imc.conf (systemd-tmpfiles --create).");
    out +=
        roff::section("EXIT STATUS") + roff::item(roff::bold("0"), "stopped") +
        roff::item(roff::bold("1"), "could not start") +
        roff::item(roff::bold("3"), "refused by a check (Error 2140); not with --hold") +
        roff::item(roff::bold("75"),
                   "stopped, but work that did not end within 10 seconds was left (event 41070)");
    out += roff::section("FILES") +
           roff::item(roff::italic("/run/imc/last-start.json"), "the verdict of the last start") +
           roff::item(roff::italic("/run/imc/imc.pid"), "locked while the service runs");
    out += roff::section("SEE ALSO") + ".PP\n" + roff::bold("imc-serve") + "(1), " +
           roff::bold("imc-service") + "(1), " + roff::bold("imc-check") + "(1), " +
           roff::bold("systemctl") + "(1)\n";
    return page;
}

}  // namespace imc::cli
