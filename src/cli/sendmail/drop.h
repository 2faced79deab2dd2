#pragma once
/// @file cli/sendmail/drop.h  A message put into the pickup folder, whole and durable, or not at
/// all.
///
/// Written as .NAME.tmp, synced, renamed, the folder synced; signals that end a program wait until
/// then. The service's user must be able to read it: root hands it to the folder's owner; others
/// need a folder that gives its group to what is made in it (docs/formats/pickup.md).
#include "base/files.h"
#include "base/paths.h"
#include "mail/pickup.h"

#include <variant>

namespace imc::cli::sendmail {

struct Failure {
    int status;        ///< of sysexits.h
    std::string what;  ///< and the mend
};

/// One file of the pickup folder. @param message  what comes in is the author's: no line of it is
/// taken for the envelope
std::string pickup_file(const mail::PickupMessage& message);

/// @param user  who calls, effective
/// @return  the path
std::variant<std::string, Failure> drop(FileSystem& files, const Paths& paths, unsigned user,
                                        std::string_view content);

}  // namespace imc::cli::sendmail
