#pragma once
/// @file admin/queue_words.h  Queue rows and selectors as the API has them;
/// docs/formats/admin-api.md.
#include "admin/server.h"
#include "queue/administration.h"

#include <boost/json/object.hpp>

namespace imc::admin {

boost::json::value to_json(WallTime when);  ///< null: never
boost::json::object to_json(const queue::QueueRow& row);
std::string_view priority_name(spool::Priority priority);

/// What of the query selects; "after", "offset" and "limit" do not.
queue::Words words_of_query(const Request& request);
/// Keys of a body that select. "ids" is an array, "all" a boolean, the others are texts.
/// Errors: 40402 (a key of another type)
Result<queue::Words> words_of_body(const boost::json::object& body);

}  // namespace imc::admin
