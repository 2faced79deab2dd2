#include "cli/audited.h"

#include "event/sinks.h"

#include <cerrno>
#include <unistd.h>

namespace imc::cli {
namespace {

/// Where nothing was started yet. It is the service's, as the registry is.
IoResult<> make_log_folder(const Paths& paths)
{
    auto& files = real_files();
    if (files.status(paths.log())) return {};
    if (auto made = make_folders(files, paths.log()); !made) return made;
    const auto registry = files.status(paths.registry());
    if (!registry || ::geteuid() != 0) return {};
    if (::chown(paths.log().c_str(), registry->owner, registry->group) != 0)
        return boost::system::error_code{errno, boost::system::system_category()};
    return {};
}

}  // namespace

AuditLine::AuditLine(const Context& context)
    : paths_{context.paths()}, audit_{paths_.audit(), events_}
{
    who_.by = admin::Caller::By::socket;
    who_.role = admin::Role::administrator;
    who_.account = admin::account_of_uid(context.uid);
    who_.from = admin::from_command_line;
    // One that is not there yet would become root's, and the service could not write it.
    if (real_files().status(paths_.events())) events_.add(file_sink({paths_.events()}));
}

Result<> AuditLine::announce(const admin::Change& change)
{
    const auto told = tell(change);
    if (told) return {};
    return Error{EventId::audit_not_written,
                 told.error().detail() +
                     "; nothing was changed, since what cannot be written down is not done. Make "
                     "room, or give the folder to the service's user; imc check" +
                     paths_.option() + " --fix mends without it"};
}

Result<> AuditLine::tell(const admin::Change& change)
{
    if (const auto made = make_log_folder(paths_); !made)
        return Error{EventId::audit_not_written, paths_.log() + ": " + made.error().message()};
    const auto written = audit_.write(who_, change);
    if (!written) return written.error();
    number_ = *written;
    return {};
}

void AuditLine::came_to_nothing(const Error& why)
{
    // When it cannot be written the event has been raised; there is nothing left to refuse.
    if (number_ != 0) (void)audit_.write_failure(number_, who_, why.to_string());
    number_ = 0;
}

}  // namespace imc::cli
