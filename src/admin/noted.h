#pragma once
/// @file admin/noted.h  A change that a coroutine makes, in the audit log before it is made; and,
/// where how much it met or its way back is known only then, after it.
///
/// For routes that are added with noted_by_handler(). What is told stands in admin/audit_note.h.
///
/// Errors:  41020 (it cannot be noted; nothing is changed)
#include "admin/server.h"

namespace imc::admin {

/// As usual_access(), for a handler that calls noted() or Request::note() itself.
Access noted_by_handler(std::string_view method, std::string_view pattern);

/// @param work  no coroutine itself, since it would lose what it has captured; it may return one
boost::asio::awaitable<Response> noted(Request request, Change change, Handler work);

}  // namespace imc::admin
