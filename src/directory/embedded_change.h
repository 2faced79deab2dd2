#pragma once
/// @file directory/embedded_change.h  One change to the embedded directory, inside a transaction.
///
/// For embedded*.cc only. Errors: directory.h's. Threads: the connection's owner.
#include "directory/embedded_connection.h"

namespace imc::embedded {

Result<> make(Connection& connection, const Change& change);

}  // namespace imc::embedded
