#pragma once
/// @file admin/track_words.h  Records of the tracking log and of the reject journal, as the API and
/// the commands have them. Pure.
#include "tracking/record.h"
#include "tracking/rejection.h"

#include <boost/json/object.hpp>

namespace imc::admin {

/// Its text is by which facts the recipient was decided on.
bool tells_facts(const tracking::Record& record);

boost::json::object record_json(const tracking::Record& record);
boost::json::object rejection_json(const tracking::Rejection& rejection);

}  // namespace imc::admin
