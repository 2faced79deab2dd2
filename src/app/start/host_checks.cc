#include "app/start/host_checks.h"

#include "base/files.h"
#include "base/text.h"
#include "config/identity.h"
#include "config/settings_view.h"
#include "smtp/server/listener.h"

#include <boost/system/error_code.hpp>

#include <csignal>
#include <ctime>
#include <unistd.h>

namespace imc::app {
namespace {

using config::Assertion;
using config::Status;

Assertion& add(std::vector<Assertion>& out, std::string id, EventId event, Status status)
{
    out.push_back({std::move(id), event, status});
    return out.back();
}

/// Writes and removes a file: rights, a read-only file system and quota all show themselves.
boost::system::error_code try_to_write(const std::string& folder)
{
    auto& files = real_files();
    const std::string probe = folder + "/.imc-probe." + std::to_string(::getpid());
    if (auto made = files.open(probe, OpenMode::create); !made) return made.error();
    if (auto removed = files.remove(probe); !removed) return removed.error();
    return {};
}

void judge_folder(const std::string& id, const std::string& folder, std::vector<Assertion>& out)
{
    auto& a = add(out, id, EventId::folder_unusable, Status::failed);
    a.where = folder;
    a.expected =
        "a folder that the service's user (uid " + std::to_string(::geteuid()) + ") may write to";
    const auto status = real_files().status(folder);
    if (!status) {
        a.found = status.error().message();
        a.why = "the folder is missing or cannot be reached";
        a.fix = "mkdir -m 0700 " + config::shell_word(folder);
        if (status.error().value() == ENOENT) a.automatic.folder = folder;
        return;
    }
    if (!status->is_folder) {
        a.found = "a file";
        a.why = "something else bears the name of the folder";
        return;
    }
    const auto failure = try_to_write(folder);
    // A full disk is judged by its own assertion.
    if (!failure || failure.value() == ENOSPC || failure.value() == EDQUOT) {
        a.status = Status::passed;
        return;
    }
    a.found = failure.message() + "; owner uid " + std::to_string(status->owner) + ", mode " +
              octal(status->mode);
    a.why = "the service could not keep anything there";
    if (failure.value() == EACCES) config::offer_access(a, folder, 0700);
}

void judge_space(const Paths& paths, std::uint64_t low_water, std::vector<Assertion>& out)
{
    auto& a = add(out, "spool.space", EventId::flush_mode_entered, Status::passed);
    a.where = paths.spool();
    const auto free = real_files().free_octets(paths.spool());
    if (!free) {
        a.status = Status::not_evaluated;
        a.why = "free space could not be asked: " + free.error().message();
        return;
    }
    a.found = std::to_string(*free >> 10U) + " KiB free";
    a.expected = "at least " + std::to_string(low_water >> 10U) + " KiB (DiskSpaceLowWaterMark)";
    if (*free >= low_water) return;
    a.status = Status::failed;
    a.why = "the disk of the spool is (almost) full, so no message could be accepted safely";
    a.fix = "free space on that disk: df -h " + config::shell_word(paths.spool());
}

void judge_lock(const Paths& paths, int service_pid, std::vector<Assertion>& out)
{
    auto& a = add(out, "spool.lock", EventId::spool_in_use, Status::passed);
    const std::string lock = paths.spool() + "/lock";
    a.where = lock;
    if (!real_files().status(paths.spool())) {
        a.status = Status::not_evaluated;
        a.why = "the spool folder is missing";
        return;
    }
    const auto taken = FileLock::try_lock(lock);
    if (taken || (taken.error().value() != EWOULDBLOCK))
        return;  // rights are spool.folder's matter
    const int holder = FileLock::holder(lock);
    if (service_pid != 0 && holder == service_pid) return;
    a.status = Status::failed;
    a.found = "process " + std::to_string(holder) + " holds the spool";
    a.expected = "a spool nobody uses";
    a.why = "two connectors on one spool would send mail twice";
    a.fix = "stop that process, or give this connector a root of its own: ps -fp " +
            std::to_string(holder);
}

}  // namespace

void judge_clock(std::vector<Assertion>& out)
{
    constexpr std::time_t year_2020 = 1577836800;
    const auto now = std::time(nullptr);
    auto& a = add(out, "host.clock", EventId::clock_wrong,
                  now >= year_2020 ? Status::passed : Status::failed);
    std::tm broken{};
    char text[32] = "?";
    if (::gmtime_r(&now, &broken) != nullptr)
        std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &broken);
    a.found = &text[0];
    a.where = "the system's clock";
    a.expected = "a date after 2020-01-01";
    if (a.status == Status::passed) return;
    a.why = "retry times, expiry and certificates would all be wrong";
    a.fix = "date -u -s 'YYYY-MM-DD hh:mm:ss', or start a time service (chrony, systemd-timesyncd)";
}

void judge_folders(const Paths& paths, std::uint64_t low_water_octets, int service_pid,
                   std::vector<Assertion>& out)
{
    judge_folder("spool.folder", paths.spool(), out);
    judge_space(paths, low_water_octets, out);
    judge_lock(paths, service_pid, out);
    judge_folder("mail.folder", paths.mail(), out);
    judge_folder("run.folder", paths.run(), out);
    judge_folder("log.folder", paths.log(), out);
    auto& log = out.back();
    if (log.status != Status::failed) return;
    // Mail must not wait for those who write about it (3016).
    log.status = Status::warning;
    log.why += "; mail is moved nevertheless, and neither events nor tracking are written down";
}

void judge_listeners(const Paths& paths, const std::vector<config::ListenerSetting>& listeners,
                     int service_pid, std::vector<Assertion>& out)
{
    for (const auto& listener : listeners) {
        auto& a = add(out, "network.listener", EventId::listener_bind_failed, Status::passed);
        a.where = listener.to_string() + " (registry value Listeners)";
        a.expected = "an address and port that this service can listen on";
        const auto bound = smtp::bind_listener(listener.address, listener.port);
        if (bound) {
            ::close(*bound);
            continue;
        }
        const auto owner = smtp::port_owner(listener.address, listener.port);
        if (service_pid != 0 && owner && owner->pid == service_pid) {
            a.found = "taken by this service, which is right (process " +
                      std::to_string(owner->pid) + ")";
            continue;
        }
        a.found = bound.error().detail();
        if (owner && owner->pid == 1) {
            // systemd listens for us, if imc.socket has this address, and the service takes it
            // over.
            a.status = Status::warning;
            a.expected = "imc.socket, or nobody, listens there";
            a.why = "systemd (process 1) has the port; that is right if it is imc.socket's";
            a.fix = "systemctl list-sockets imc.socket";
            continue;
        }
        a.status = Status::failed;
        a.why = "without its listener the service receives nothing (events 4007, 4020)";
        a.fix = owner ? "stop process " + std::to_string(owner->pid) + " (" + owner->name +
                            "), or choose another port: imc reg "
                            "add -v Listeners -t MULTI_SZ -d ADDRESS:PORT -f" +
                            paths.option()
                      : "imc reg add -v Listeners -t MULTI_SZ -d ADDRESS:PORT -f" + paths.option();
    }
}

int running_service(const Paths& paths)
{
    if (!real_files().status(paths.pid())) return 0;
    const auto lock = FileLock::try_lock(paths.pid());
    if (lock || lock.error().value() != EWOULDBLOCK) return 0;
    return FileLock::holder(paths.pid());
}

}  // namespace imc::app
