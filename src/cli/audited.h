#pragma once
/// @file cli/audited.h  What commands of the host change, in the audit log before it is changed.
///
/// The line is written in this process by the code of the service (admin/audit.h): who is as over
/// the control socket, from is "command line". A change that goes through the service
/// (cli/through_service.h) is written down there. `imc setup` and `imc check --fix` go on when it
/// cannot be written, and say so: they mend what keeps it from being written.
///
/// Errors:  41020 (cannot be written: then the change must not be made)
#include "admin/audit.h"
#include "cli/command.h"

namespace imc::cli {

class AuditLine {
public:
    explicit AuditLine(const Context& context);

    /// Durable when it returns. A log folder that was never made is made.
    Result<> announce(const admin::Change& change);
    /// As announce(), of what is done whether or not it can be written down; an Error says only why
    /// it cannot.
    Result<> tell(const admin::Change& change);
    /// What was announced failed; when nothing was, nothing is written.
    void came_to_nothing(const Error& why);

private:
    const Paths paths_;
    admin::Caller who_;
    EventLog events_;
    admin::Audit audit_;
    std::uint64_t number_ = 0;  ///< 0: nothing was announced
};

}  // namespace imc::cli
