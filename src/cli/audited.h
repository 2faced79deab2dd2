#pragma once
/// @file cli/audited.h  What commands of the host change, in the audit log before it is changed.
///
/// The line is written in this process by the code of the service (admin/audit.h), whether or not
/// one runs: who is "uid=N", from "host". `imc setup` and `imc check --fix` do without: they mend
/// what keeps it from being written.
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
