#include "app/service/pickup_folder.h"

#include "base/text.h"
#include "base/time.h"

#include <algorithm>
#include <cerrno>
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

class Descriptor {
public:
    explicit Descriptor(int descriptor) : descriptor_{descriptor} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor()
    {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    int get() const { return descriptor_; }

private:
    int descriptor_;
};

std::string identity_of(const struct stat& file)
{
    return std::to_string(file.st_ino) + "-" + std::to_string(file.st_size) + "-" +
           std::to_string(file.st_mtim.tv_sec) + "." + std::to_string(file.st_mtim.tv_nsec);
}

bool is_left_alone(std::string_view name)
{
    return name.starts_with('.') || name.ends_with(".tmp") || name.ends_with(".err");
}

std::chrono::system_clock::duration age(const struct stat& file)
{
    return std::chrono::system_clock::now() -
           std::chrono::system_clock::from_time_t(file.st_mtim.tv_sec);
}

/// False while somebody writes.
bool is_quiet(int descriptor, const struct stat& file)
{
    if (::fcntl(descriptor, F_SETLEASE, F_RDLCK) == 0) return true;
    return errno != EAGAIN && age(file) > quiet_time;
}

bool is_gone(const IoResult<>& removed) { return removed || removed.error().value() == ENOENT; }

}  // namespace

PickupFolder::PickupFolder(Paths paths, EventLog& events, FileSystem& files,
                           std::function<std::uint64_t()> most_octets)
    : paths_{std::move(paths)}, events_{events}, files_{files}, most_octets_{std::move(most_octets)}
{
    (void)make_folders(files_, claimed_);
}

std::string PickupFolder::claimed_name(std::uint64_t inode, const std::string& name) const
{
    return claimed_ + "/" + std::to_string(inode) + "-" + name;
}

void PickupFolder::tell(const std::string& name, const std::string& detail,
                        const std::string& where)
{
    events_.raise(EventId::pickup_file_unparsable,
                  {{"file", name}, {"detail", detail}, {"where", where}});
}

void PickupFolder::tell_once(const std::string& name, int why)
{
    if (told_.size() < 10'000 && told_.insert(name).second)
        tell(name, std::string{"it cannot be taken: "} + std::strerror(why),
             "left where it is, unsent");
}

void PickupFolder::clean() const
{
    if (const auto names = files_.list(claimed_))
        for (const auto& name : *names)
            if (name.starts_with(done)) (void)files_.remove(claimed_ + "/" + name);
    const auto names = files_.list(folder_);
    if (!names) return;
    for (const auto& name : *names) {
        struct stat status{};
        const auto path = folder_ + "/" + name;
        if (name.starts_with(".sendmail-") && name.ends_with(".tmp") &&
            ::lstat(path.c_str(), &status) == 0 && age(status) > abandoned_after)
            (void)files_.remove(path);
    }
}

void PickupFolder::claim(const std::string& name)
{
    const auto path = folder_ + "/" + name;
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
    struct stat status{};
    if (file.get() < 0) {
        if (errno != ENOENT) tell_once(name, errno);
        return;
    }
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    if (!is_quiet(file.get(), status)) return;
    // Made, not yet written: copied, not renamed.
    if (status.st_size == 0 && age(status) < 1min) return;
    const auto moved = files_.rename(path, claimed_name(status.st_ino, name));
    if (!moved) tell_once(name, moved.error().value());
}

std::vector<std::string> PickupFolder::claim()
{
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
    Taken taken;
    taken.claimed = claimed;
    taken.name = claimed.substr(std::min(claimed.find('-') + 1, claimed.size()));
    const auto path = claimed_ + "/" + claimed;
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
    taken.identity = identity_of(status);
    taken.owner = status.st_uid;
    const auto most = most_octets_();
    if (static_cast<std::uint64_t>(status.st_size) > most) {
        set_aside(taken, std::to_string(status.st_size) + " octets, at most " +
                             std::to_string(most) + " (InboundSizeLimit)");
        return {};
    }
    auto octets = read_file(files_, path);
    if (!octets) {
        tell_once(taken.name, octets.error().value());
        return {};
    }
    taken.octets = std::move(*octets);
    return taken;
}

void PickupFolder::set_aside(const Taken& taken, const std::string& why)
{
    const auto bad = paths_.badmail();
    auto name = taken.name;
    if (const auto made = make_folders(files_, bad); !made)
        return tell_once(taken.name, made.error().value());
    if (files_.status(bad + "/" + name)) name += "." + taken.identity;
    (void)write_file_atomically(files_, bad + "/" + name + ".err", why + "\n");
    const auto moved = files_.rename(claimed_ + "/" + taken.claimed, bad + "/" + name);
    if (!moved) return tell_once(taken.name, moved.error().value());
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
    // A claim may have been lost with the power.
    each(folder_, [&](const std::string& name, const struct stat& status) {
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
