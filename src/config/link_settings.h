#pragma once
/// @file config/link_settings.h  A link to other hosts that is not always up: when it is open, what
/// is run when it opens and closes, and which mail is asked for then.
///
/// imcSchedule: config/schedule.h.  LinkHooks: "open;/path/program arg ...;SECONDS", "close;...".
/// imcEtrn: "HOST[:PORT];domain[,@domain,#queue...]", RFC 1985 5.
///
/// KB:      Q269771 (the domains that are asked for are those that are written down)
/// Errors:  40110
/// Threads: pure.
#include "config/domain_profile.h"
#include "config/schedule.h"

namespace imc::config {

/// A command that may be run; nothing else is. Words are separated by spaces and stay as they are:
/// no shell reads them.
struct LinkHook {
    bool opens = true;  ///< else: closes
    std::vector<std::string> words;
    std::chrono::seconds limit{60};  ///< 1 to 3600; then it is killed
    friend bool operator==(const LinkHook&, const LinkHook&) = default;
};

struct ProgramFlaw {
    std::string found;  ///< "others can write it, mode 0775"
    std::string mend;   ///< a command; empty: another row is needed
};

/// Why a program must not be run, judged as who calls this: whoever can write it could run anything
/// as us. Looks at the file.
std::optional<ProgramFlaw> hook_program_flaw(const std::string& path);

struct EtrnJob {
    Host host;
    std::vector<std::string> nodes;  ///< "example.org", "@example.org", "#queue"
    friend bool operator==(const EtrnJob&, const EtrnJob&) = default;
};

struct LinkSettings {
    Schedule schedule;
    std::vector<std::string> rows;     ///< of imcSchedule, as written
    std::chrono::minutes timeout{60};  ///< 1 to 10080; of a link that opened for what waited
    std::vector<EtrnJob> etrn;
    std::chrono::minutes etrn_every{0};  ///< while it is open; 0: once, when it opens
    std::vector<LinkHook> hooks;
    friend bool operator==(const LinkSettings&, const LinkSettings&) = default;
};

Result<LinkHook> parse_link_hook(std::string_view row);
Result<EtrnJob> parse_etrn_job(std::string_view row);
/// An argument of ETRN. @return domains in lower case; "#queue" as it is
Result<std::string> parse_etrn_node(std::string_view text);
std::string to_row(const EtrnJob& job);
std::string host_and_port(const Host& host);  ///< "mail.example.org:25", "[2001:db8::1]:25"

}  // namespace imc::config
