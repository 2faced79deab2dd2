#pragma once
/// @file app/service/hook.h  Runs a command that stands in LinkHooks, and nothing else.
///
/// No shell; standard input empty, the environment is PATH, LANG and IMC_LINK; a process group of
/// its own, killed at the time limit or when `stop` says so. A program that others can write is not
/// run. What it prints is data: bounded, control characters shown.
///
/// Threads: blocks up to the limit; call it away from the executors.
#include "config/link_settings.h"

#include <atomic>

namespace imc::app {

struct HookResult {
    bool done = false;   ///< exit status 0 in time
    std::string why;     ///< it was not: "exit status 3", "killed after 5 s"
    std::string output;  ///< of both streams, printable, at most some KiB
};

HookResult run_hook(const config::LinkHook& hook, const std::atomic<bool>& stop);

}  // namespace imc::app
