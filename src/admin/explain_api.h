#pragma once
/// @file admin/explain_api.h  What would become of mail, step by step; nothing is sent or stored.
///
///     GET  /api/v1/explain/rcpt?address=&from=&peer=&auth=&local=&role=&dns=false
///     GET  /api/v1/explain/route?address=&dns=false
///     GET  /api/v1/explain/relay?peer=&from=&to=&auth=&local=&role=&cert=
///     POST /api/v1/explain/message   {"peer","from","to":[...],"auth","size"}
///
/// Not walked by the last: limits that count (InboundLimits), DNS checks of the sender, and what
/// the text decides. A help desk asks about its own domain.
#include "admin/desk.h"

namespace imc::admin {

void add_explain_api(Desk& desk);

}  // namespace imc::admin
