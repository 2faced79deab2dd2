#pragma once
/// @file cli/sendmail/sendmail.h  `imc sendmail`, also when the executable is called sendmail,
/// mailq or newaliases.
///
/// The message goes into the pickup folder, so the service need not run. Exit status: sysexits.h.
///
/// Rules:   RFC 5322 3.6 (From and Date are added when missing), RFC 3461 (-N, -R, -V)
/// Threads: the main thread.
#include "cli/command.h"
#include "cli/sendmail/drop.h"

#include <cstdint>
#include <functional>
#include <span>

namespace imc::cli {

/// Who calls, and where from.
struct SendmailCaller {
    unsigned user;          ///< effective
    std::string login;      ///< of the real user; empty: it has no name
    std::string full_name;  ///< NAME of the environment, else of passwd(5)
    /// Of standard input; 0 at its end.
    std::function<IoResult<std::size_t>(std::span<char> into)> read;
    FileSystem& files;
};

SendmailCaller this_process();

/// The words behind `imc sendmail` or `sendmail`. Nothing: another command was called.
std::optional<std::vector<std::string>> sendmail_words(std::span<const char* const> arguments);

/// Sets context.status, and context.root and json from the words.
/// @return  words of another `imc` command that does it; mostly none
std::vector<std::string> run_sendmail(Context& context, std::span<const std::string> words,
                                      const SendmailCaller& caller);

/// sysexits.h: what each status means here.
struct ExitStatus {
    int status;
    const char* name;
    const char* meaning;
};
std::span<const ExitStatus> sendmail_exit_statuses();

}  // namespace imc::cli
