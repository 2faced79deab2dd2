#pragma once
/// @file cli/through_service.h  The way of a change through the service that runs, which makes it
/// and writes it into the audit log.
///
/// Without one the command makes the change itself, by the same code. A service that is there and
/// refuses, or does not answer, is an error with its words: the command never goes past it unasked,
/// only with --direct.
///
/// Errors: those of admin/client.h
#include "admin/client.h"
#include "cli/command.h"

#include <boost/json/object.hpp>

#include <optional>

namespace imc::cli {

constexpr std::chrono::seconds service_patience{90};

/// @param target  path and query, encoded
/// @return nothing: nobody has the socket, or --direct was given, so the change is ours to make
std::optional<Result<admin::ServiceAnswer>>
through_service(const Context& context, const std::string& method, const std::string& target,
                const boost::json::value& body,
                std::chrono::milliseconds patience = service_patience);

/// The object of an answer; of a refusal, and of what is no object, the Error.
Result<boost::json::object> object_of(const Result<admin::ServiceAnswer>& answer);

/// A text of an answer; empty: it is not there, or null.
std::string text_in(const boost::json::object& answer, std::string_view name);

/// Of a change in one request: sends it, and prints the undo, or why not.
/// @return false: no service was asked, nothing was done or said
bool changed_by_service(Context& context, const std::string& method, const std::string& target,
                        const boost::json::value& body);

}  // namespace imc::cli
