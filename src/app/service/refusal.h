#pragma once
/// @file app/service/refusal.h  What a refused start says, and when it is no refusal yet. Pure but
/// for the events.
#include "config/assertion.h"
#include "event/log.h"

namespace imc::app {

/// One event for each assertion that failed, and for the one that decides.
void raise_refusal(EventLog& events, const config::Verdict& verdict);

/// A check that runs beside us opens ports and locks for a moment, as a start would.
bool is_momentary(EventId event);
bool is_momentary(const config::Verdict& verdict);

/// A held service without a last good generation greets nobody, and says so.
void no_listener_while_held(config::Verdict& verdict);

}  // namespace imc::app
