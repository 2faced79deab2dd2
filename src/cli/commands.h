#pragma once
/// @file cli/commands.h  All sub-commands, one function each.
#include "cli/command.h"

namespace imc::cli {

struct ConfigJudge;  ///< cli/config/config.h

void add_events(CLI::App& imc, Context& context);
void add_explain(CLI::App& imc, Context& context);
void add_explain_route(CLI::App& explain, Context& context);  ///< rcpt, route, relay
void add_explain_relay(CLI::App& explain, Context& context);
void add_reg(CLI::App& imc, Context& context);
void add_dir(CLI::App& imc, Context& context);
void add_dir_passwd(CLI::App& dir, Context& context);
void add_dir_addresses(CLI::App& dir, Context& context);
void add_queue(CLI::App& imc, Context& context);
void add_link(CLI::App& imc, Context& context);
void add_admin(CLI::App& imc, Context& context);  ///< cli/admin/
void add_quarantine(CLI::App& imc, Context& context);
void add_badmail(CLI::App& imc, Context& context);
void add_archive(CLI::App& imc, Context& context);
void add_rejects(CLI::App& imc, Context& context);
void add_stat(CLI::App& imc, Context& context);
void add_top(CLI::App& imc, Context& context);
void add_track(CLI::App& imc, Context& context);
void add_sendmail(CLI::App& imc, Context& context);  ///< its help; see cli/sendmail/sendmail.h
void add_test(CLI::App& imc, Context& context);
void add_setup(CLI::App& imc, Context& context);
void add_config(CLI::App& imc, Context& context, const ConfigJudge& judge);
void add_service(CLI::App& imc, Context& context);
void add_protocol_log(CLI::App& service, Context& context);
void add_events_level(CLI::App& events, Context& context);

}  // namespace imc::cli
