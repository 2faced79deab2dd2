#pragma once
/// @file admin/set_aside_api.h  Quarantine and badmail: what is there; while held, too.
///
///     GET    /api/v1/quarantine?after=&limit=     GET /api/v1/badmail?after=&limit=
///     GET    /api/v1/quarantine/{id}              GET /api/v1/badmail/{id}
///     DELETE /api/v1/quarantine/{id}              DELETE /api/v1/badmail/{id}
///
/// Their release needs the queue: quarantine_api.h, badmail_api.h.
#include "admin/desk.h"
#include "spool/badmail.h"

namespace imc::admin {

void add_set_aside_api(Desk& desk);

/// As `imc badmail ls --json` has it.
boost::json::object bad_message_json(const spool::BadMessage& message);

/// Of TurfDir, else quarantine/. A registry that cannot be read moves no folder.
std::string quarantine_folder(const Paths& paths);

}  // namespace imc::admin
