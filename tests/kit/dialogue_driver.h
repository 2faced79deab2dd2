#pragma once
/// @file tests/kit/dialogue_driver.h  A Dialogue spoken to by plain function calls, where policy
/// lets everything pass.
#include "smtp/server/dialogue.h"
#include "smtp/server/ports.h"

namespace imc::kit {}

namespace imc::smtp::kit {

using namespace imc::kit;  // one name for both, wherever a test stands

/// Gives a command, and lets policy nod as often as it is asked.
inline Step say(Dialogue& d, std::string_view line)
{
    auto step = d.on_command(line);
    while (step.next >= Next::ask_connect && step.next <= Next::ask_rcpt)
        step = d.on_policy({});
    return step;
}

inline Step greet(Dialogue& d)
{
    (void)d.open();
    return d.on_policy({});
}

}  // namespace imc::smtp::kit
