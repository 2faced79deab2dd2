#include "app/service/pickup_folder.h"

#include "base/text.h"
#include "base/time.h"
#include "mail/pickup.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace imc::app {

using namespace std::chrono_literals;

namespace {

constexpr auto quiet_time = 5s;        // where no lease can be had
constexpr auto abandoned_after = 24h;  // what sendmail began and did not end
constexpr std::string_view done = "done.";
constexpr const char* no_file = "it is a folder, a FIFO or the like, and no file";
// With what is put before and behind it, in .claimed and in badmail, it is below NAME_MAX.
constexpr std::size_t most_name_octets = 120;

std::string identity_of(const struct stat& file)
{
    return std::to_string(file.st_ino) + "-" + std::to_string(file.st_size) + "-" +
           std::to_string(file.st_mtim.tv_sec) + "." + std::to_string(file.st_mtim.tv_nsec);
}

bool is_left_alone(std::string_view name)
{
    return name.starts_with('.') || name.ends_with(".tmp") || name.ends_with(".err");
}

std::chrono::system_clock::duration age(const struct timespec& since)
{
    return std::chrono::system_clock::now() - std::chrono::system_clock::from_time_t(since.tv_sec);
}

/// By the time that its owner cannot set. A clock that was put back must not stop it for ever.
bool is_younger(const struct stat& file, std::chrono::system_clock::duration limit)
{
    const auto unchanged = age(file.st_ctim);
    return unchanged >= 0s && unchanged <= limit;
}

/// False while somebody writes.
bool is_quiet(int descriptor, const struct stat& file)
{
    if (::fcntl(descriptor, F_SETLEASE, F_RDLCK) == 0) return true;
    return errno != EAGAIN && !is_younger(file, quiet_time);
}

std::string shortened(std::string name)
{
    if (name.size() > most_name_octets) name.replace(most_name_octets - 1, name.npos, "~");
    return name;
}

/// How often the service has died of a claimed file: by what stands between inode and name.
constexpr std::string_view deaths = "-+!";

/// Where that stands; npos: it has no name that we gave.
std::size_t mark_of(std::string_view claimed)
{
    const auto at = claimed.find_first_not_of("0123456789");
    if (at == claimed.npos || at == 0 || deaths.find(claimed[at]) == deaths.npos)
        return claimed.npos;
    return at;
}

std::string said(int error) { return std::string{"it cannot be taken: "} + std::strerror(error); }

/// Up to `most` octets. @return  errno
int read_up_to(int descriptor, std::uint64_t most, std::string& into)
{
    constexpr std::size_t step = 1U << 20U;
    while (into.size() < most) {
        const auto before = into.size();
        into.resize(before +
                    static_cast<std::size_t>(std::min<std::uint64_t>(step, most - before)));
        const auto got = ::read(descriptor, into.data() + before, into.size() - before);
        const int failure = errno;
        into.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got == 0) return 0;
        if (got < 0 && failure != EINTR) return failure;
    }
    return 0;
}

bool is_gone(const IoResult<>& removed) { return removed || removed.error().value() == ENOENT; }

}  // namespace

PickupFolder::Descriptor::~Descriptor()
{
    if (descriptor_ >= 0) ::close(descriptor_);
}

PickupFolder::PickupFolder(Paths paths, EventLog& events, FileSystem& files,
                           std::function<std::uint64_t()> most_octets)
    : paths_{std::move(paths)}, events_{events}, files_{files}, most_octets_{std::move(most_octets)}
{}

void PickupFolder::open()
{
    // In a folder that others may write, somebody may have made it before us.
    auto made = make_folders(files_, folder_);
    if (made) made = files_.make_folder(claimed_name_);
    const bool failed = !made && made.error().value() != EEXIST;
    opened_ = std::make_unique<Descriptor>(
        ::open(claimed_name_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    std::string flaw;
    struct stat status{};
    if (opened_->get() < 0 || ::fstat(opened_->get(), &status) != 0) {
        const int failure = errno;
        flaw = failed                                   ? made.error().message()
               : failure == ENOTDIR || failure == ELOOP ? "it is no folder, or a link"
                                                        : std::strerror(failure);
    } else if (status.st_uid != ::geteuid() || (status.st_mode & 022U) != 0) {
        char mode[8];
        (void)std::snprintf(mode, sizeof mode, "%o", status.st_mode & 07777U);
        flaw = "a folder of user " + std::to_string(status.st_uid) + " with mode " + mode +
               " found, one of user " + std::to_string(::geteuid()) + " with mode 700 expected";
    }
    // What lies in our own has its records in the spool, and is finished whatever its mode.
    if (opened_->get() >= 0 && status.st_uid == ::geteuid())
        claimed_ = "/proc/self/fd/" + std::to_string(opened_->get());
    sound_ = flaw.empty();
    if (sound_) return;
    tell(claimed_name_, flaw,
         "left as it is, and nothing is taken from " + folder_ +
             (claimed_.empty() ? " until it is moved away" : " until its mode is 700") +
             " and the service started again");
}

std::string PickupFolder::claimed_name(std::uint64_t inode, const std::string& name) const
{
    return claimed_ + "/" + std::to_string(inode) + "-" + shortened(name);
}

Taken PickupFolder::named(const std::string& claimed)
{
    Taken taken;
    taken.claimed = claimed;
    const auto mark = mark_of(claimed);
    taken.name = shortened(mark == claimed.npos ? claimed : claimed.substr(mark + 1));
    return taken;
}

std::uint64_t PickupFolder::inode_of(const std::string& claimed)
{
    const auto mark = mark_of(claimed);
    return mark == claimed.npos ? 0 : parse_number(claimed.substr(0, mark)).value_or(0);
}

bool PickupFolder::is_poison(const std::string& claimed)
{
    const auto mark = mark_of(claimed);
    return mark != claimed.npos && claimed[mark] == deaths.back();
}

void PickupFolder::note_deaths(const std::set<std::uint64_t>& inodes) const
{
    if (claimed_.empty() || inodes.empty()) return;
    const auto names = files_.list(claimed_);
    if (!names) return;
    for (const auto& name : *names) {
        if (is_poison(name) || !inodes.contains(inode_of(name))) continue;
        auto more = name;
        auto& mark = more[mark_of(name)];
        mark = deaths[deaths.find(mark) + 1];
        (void)files_.rename(claimed_ + "/" + name, claimed_ + "/" + more);
    }
}

void PickupFolder::tell(const std::string& name, const std::string& detail,
                        const std::string& where)
{
    events_.raise(EventId::pickup_file_unparsable,
                  {{"file", name}, {"detail", detail}, {"where", where}});
}

void PickupFolder::tell_once(const std::string& name, const std::string& detail)
{
    if (told_.size() < 10'000 && told_.insert(name).second)
        tell(name, detail, "left where it is, unsent");
}

void PickupFolder::clean() const
{
    if (claimed_.empty()) return;
    if (const auto names = files_.list(claimed_))
        for (const auto& name : *names)
            if (name.starts_with(done)) (void)files_.remove(claimed_ + "/" + name);
    const auto names = files_.list(folder_);
    if (!names) return;
    for (const auto& name : *names) {
        struct stat status{};
        const auto path = folder_ + "/" + name;
        if (name.starts_with(".sendmail-") && name.ends_with(".tmp") &&
            ::lstat(path.c_str(), &status) == 0 && age(status.st_mtim) > abandoned_after)
            (void)files_.remove(path);
    }
}

void PickupFolder::claim(const std::string& name)
{
    const auto path = folder_ + "/" + name;
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
    struct stat status{};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
        if (errno != ENOENT) tell_once(name, said(errno));
        return;
    }
    if (!S_ISREG(status.st_mode)) return tell_once(name, no_file);
    if (!is_quiet(file.get(), status)) return;
    // Made, not yet written: copied, not renamed.
    if (status.st_size == 0 && is_younger(status, 1min)) return;
    const auto claimed = claimed_name(status.st_ino, name);
    if (const auto moved = files_.rename(path, claimed); !moved)
        return tell_once(name, said(moved.error().value()));
    // Another thing may have come under the name meanwhile; its turn is the next look's.
    struct stat got{};
    if (::lstat(claimed.c_str(), &got) == 0 &&
        (got.st_dev != status.st_dev || got.st_ino != status.st_ino))
        (void)::renameat2(AT_FDCWD, claimed.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE);
}

std::vector<std::string> PickupFolder::claim()
{
    if (!sound_) return {};
    if (const auto names = files_.list(folder_))
        for (const auto& name : *names)
            if (!is_left_alone(name)) claim(name);
    auto names = files_.list(claimed_);
    if (!names) return {};
    std::erase_if(*names, [](const auto& name) { return name.starts_with(done); });
    return std::move(*names);
}

std::optional<Taken> PickupFolder::read(const std::string& claimed)
{
    auto taken = named(claimed);
    // Opened once: what is judged is what is read.
    const Descriptor file{
        ::openat(opened_->get(), claimed.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
    struct stat status{};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
        if (errno != ENOENT) tell_once(claimed, said(errno));
        return {};
    }
    if (!S_ISREG(status.st_mode)) {
        tell_once(claimed, no_file);
        return {};
    }
    taken.identity = identity_of(status);
    taken.owner = status.st_uid;
    taken.mode = status.st_mode;
    taken.links = status.st_nlink;
    const auto limit = most_octets_();
    const auto most = std::min(limit, mail::most_pickup_octets);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size <= most)
        if (const int failure = read_up_to(file.get(), most + 1, taken.octets); failure != 0) {
            tell_once(claimed, said(failure));
            return {};
        }
    if (size > most || taken.octets.size() > most) {
        set_aside(taken, std::to_string(std::max<std::uint64_t>(size, taken.octets.size())) +
                             " octets, at most " + std::to_string(most) +
                             (limit <= most ? " (InboundSizeLimit)" : " in a pickup file"));
        return {};
    }
    return taken;
}

void PickupFolder::set_aside(const Taken& taken, const std::string& why)
{
    const auto bad = paths_.badmail();
    auto name = taken.name;
    if (const auto made = make_folders(files_, bad); !made)
        return tell_once(taken.claimed, said(made.error().value()));
    if (files_.status(bad + "/" + name))
        name += "." +
                (taken.identity.empty() ? std::to_string(inode_of(taken.claimed)) : taken.identity);
    if (const auto said_why = write_file_atomically(files_, bad + "/" + name + ".err", why + "\n");
        !said_why)
        return tell_once(taken.claimed, why + "; " + bad + "/" + name + ".err cannot be written: " +
                                            said_why.error().message());
    const auto moved = files_.rename(claimed_ + "/" + taken.claimed, bad + "/" + name);
    if (!moved) return tell_once(taken.claimed, said(moved.error().value()));
    tell(taken.name, why, "in " + bad + "/" + name);
}

PickupFolder::End PickupFolder::finish(const std::string& claimed) const
{
    const auto path = claimed_ + "/" + claimed;
    if (is_gone(files_.remove(path)))
        return files_.sync_folder(claimed_) ? End::removed : End::still_there;
    const auto marked = files_.rename(path, claimed_ + "/" + std::string{done} + claimed);
    return marked && files_.sync_folder(claimed_) ? End::marked : End::still_there;
}

std::vector<std::pair<std::string, std::string>>
PickupFolder::finish_all(const std::set<std::string, std::less<>>& identities) const
{
    std::vector<std::pair<std::string, std::string>> left;
    if (claimed_.empty()) return left;
    const auto each = [&](const std::string& folder, const auto& act) {
        if (const auto names = files_.list(folder))
            for (const auto& name : *names) {
                struct stat status{};
                auto path = folder;
                path.append("/").append(name);
                if (::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
                    identities.contains(identity_of(status)))
                    act(name, status);
            }
    };
    // A claim may have been lost with the power. Of one with several names, another may be it.
    each(folder_, [&](const std::string& name, const struct stat& status) {
        if (status.st_nlink > 1) return;
        (void)files_.rename(folder_ + "/" + name, claimed_name(status.st_ino, name));
    });
    (void)files_.sync_folder(folder_);
    each(claimed_, [&](const std::string& name, const struct stat& status) {
        if (!name.starts_with(done) && finish(name) == End::still_there)
            left.emplace_back(identity_of(status), name);
    });
    return left;
}

}  // namespace imc::app
