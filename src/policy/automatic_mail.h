#pragma once
/// @file policy/automatic_mail.h  Which automatic mail may leave for other domains.
///
/// Of the programs of people here: replies, out-of-office replies and forwards, each allowed by
/// the profile of the recipient's domain, none by default. Reports (DSN, MDN), lists and generated
/// mail always leave; what others sent and we pass on is none of ours, but for forwards.
///
/// KB:      Q192982, Q181636 (disabled by default), Q289854 (never silently)
/// Threads: pure.
#include "config/config.h"
#include "mail/automatic.h"

namespace imc::policy {

struct AutomaticMail {
    mail::AutomaticSigns signs;
    bool from_us = false;  ///< an address of its From line is of a domain of ours
};

AutomaticMail look_at(const config::Config& config, std::string_view header, bool null_sender);

/// @param domain  of a recipient, lower-case A-labels
/// @return  the sort that is forbidden to leave; no: it may
mail::Automatic forbidden(const config::Config& config, const AutomaticMail& message,
                          std::string_view domain);

}  // namespace imc::policy
