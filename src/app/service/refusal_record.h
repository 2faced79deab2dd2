#pragma once
/// @file app/service/refusal_record.h  A refused reply as the reject journal keeps it.
#include "app/service/policy_book.h"
#include "base/paths.h"
#include "tracking/reject_journal.h"
#include "tracking/rejection.h"

namespace imc::app {

tracking::Rejection record_of(const Refused& refused);
tracking::RejectJournalSettings journal_settings(const Paths& paths, const config::Config& config);

}  // namespace imc::app
