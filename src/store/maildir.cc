#include "store/maildir.h"

#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <memory>
#include <system_error>
#include <utility>

namespace imc::store {
namespace {

constexpr ::mode_t only_ours = 0700;
constexpr ::time_t leftover_age = 36 * 3600;

class Descriptor {
public:
    explicit Descriptor(int number) : number_{number} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor()
    {
        if (number_ >= 0) ::close(number_);
    }
    int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_;
};

/// Removes the file in tmp/ however we leave.
class Removal {
public:
    explicit Removal(std::string path) : path_{std::move(path)} {}
    Removal(const Removal&) = delete;
    Removal& operator=(const Removal&) = delete;
    ~Removal() { ::unlink(path_.c_str()); }

private:
    std::string path_;
};

Error failed(const std::string& what, const std::string& path, int code)
{
    return Error{EventId::store_write_failed,
                 what + " " + printable(path) + ": " + std::generic_category().message(code),
                 static_cast<unsigned>(code)};
}

Result<> sync_folder(const std::string& path)
{
    const Descriptor folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder || ::fsync(folder.get()) != 0) return failed("sync", path, errno);
    return {};
}

/// Makes what is missing of `path`, and makes the new name durable.
Result<> make_folder(const std::string& path)
{
    if (::mkdir(path.c_str(), only_ours) == 0) {
        const auto parent = path.substr(0, std::max<std::size_t>(1, path.rfind('/')));
        return sync_folder(parent);
    }
    if (errno == EEXIST) return {};
    const auto cut = path.rfind('/');
    if (errno != ENOENT || cut == 0 || cut == path.npos) return failed("make", path, errno);
    if (auto parent = make_folder(path.substr(0, cut)); !parent) return parent;
    if (::mkdir(path.c_str(), only_ours) != 0 && errno != EEXIST)
        return failed("make", path, errno);
    return sync_folder(path.substr(0, cut));
}

Result<> make_maildir(const std::string& folder)
{
    // new/ comes last: where it stands, the others do too.
    if (::access((folder + "/new").c_str(), F_OK) == 0) return {};
    for (const char* part : {"/tmp", "/cur", "/new"})
        if (auto made = make_folder(folder + part); !made) return made;
    return {};
}

Result<> write_all(int file, const std::string& path, std::string_view first,
                   std::string_view second)
{
    while (!first.empty() || !second.empty()) {
        const std::array<::iovec, 2> pieces{
            ::iovec{const_cast<char*>(first.data()), first.size()},
            ::iovec{const_cast<char*>(second.data()), second.size()}};
        const ::ssize_t written = ::writev(file, pieces.data(), 2);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed("write", path, errno);
        auto rest = static_cast<std::size_t>(written);
        const auto of_first = std::min(rest, first.size());
        first.remove_prefix(of_first);
        second.remove_prefix(rest - of_first);
    }
    return {};
}

struct CloseFolder {
    void operator()(::DIR* d) const { ::closedir(d); }
};

/// Where an earlier attempt put it; readers move files to cur/ and add flags behind ":2,".
std::string find_earlier(const std::string& folder, const std::string& mark)
{
    // new/ twice: a reader may move the file from new/ to cur/ while we look.
    for (const char* part : {"/new", "/cur", "/new"}) {
        const std::unique_ptr<::DIR, CloseFolder> entries{::opendir((folder + part).c_str())};
        while (const ::dirent* entry = entries ? ::readdir(entries.get()) : nullptr)
            if (std::string_view{entry->d_name}.find(mark) != std::string_view::npos)
                return folder + part + '/' + entry->d_name;
    }
    return {};
}

std::string file_host(std::string_view host)
{
    std::string safe;
    for (const char c : host) {
        if (c == '/')
            safe += "\\057";
        else if (c == ':')
            safe += "\\072";
        else if (!is_control(c) && c != ' ')
            safe += c;
    }
    return safe.empty() ? "localhost" : safe;
}

}  // namespace

MaildirDelivery::MaildirDelivery(std::string host) : host_{file_host(host)} {}

Result<std::string> MaildirDelivery::deliver(const std::string& folder,
                                             const MaildirMessage& message,
                                             std::string_view headers, const Octets& body)
{
    if (!folder.starts_with('/')) return failed("use", folder, EINVAL);
    if (auto made = make_maildir(folder); !made) return made.error();

    const std::string mark = '_' + message.id + '-' + std::to_string(message.recipient) + '.';
    if (message.repeated) {
        auto earlier = find_earlier(folder, mark);
        if (!earlier.empty()) {
            // The crash may have come between link and sync.
            const auto where = earlier.substr(0, earlier.rfind('/'));
            if (auto synced = sync_folder(where); !synced) return synced.error();
            return earlier;
        }
    }

    ::timeval now{};
    ::gettimeofday(&now, nullptr);
    const std::string name = std::to_string(now.tv_sec) + ".M" + std::to_string(now.tv_usec) + 'P' +
                             std::to_string(::getpid()) + 'Q' + std::to_string(++sequence_) + mark +
                             host_ + ",S=" + std::to_string(headers.size() + body.size());
    const std::string temporary = folder + "/tmp/" + name;
    const std::string path = folder + "/new/" + name;

    const Descriptor file{
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file) return failed("create", temporary, errno);
    const Removal removal{temporary};
    for (OctetsReader reader{body}; !headers.empty() || !reader.at_end(); headers = {}) {
        const auto piece = reader.next();
        if (!piece) return piece.error();
        if (auto written = write_all(file.get(), temporary, headers, *piece); !written)
            return written.error();
    }
    if (::fsync(file.get()) != 0) return failed("sync", temporary, errno);
    if (::link(temporary.c_str(), path.c_str()) != 0) return failed("link", path, errno);
    if (auto synced = sync_folder(folder + "/new"); !synced) {
        ::unlink(path.c_str());
        return synced.error();
    }
    return path;
}

std::size_t MaildirDelivery::clean(const std::string& folder)
{
    const std::unique_ptr<::DIR, CloseFolder> entries{::opendir((folder + "/tmp").c_str())};
    std::size_t removed = 0;
    const ::time_t oldest = ::time(nullptr) - leftover_age;
    while (const ::dirent* entry = entries ? ::readdir(entries.get()) : nullptr) {
        struct ::stat status{};
        const int at = ::dirfd(entries.get());
        if (::fstatat(at, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (!S_ISREG(status.st_mode) || status.st_mtime > oldest) continue;
        if (::unlinkat(at, entry->d_name, 0) == 0) ++removed;
    }
    return removed;
}

std::string_view status_of(const Error& error)
{
    if (error.os_code() == EDQUOT) return "4.2.2";
    if (error.os_code() == ENOSPC) return "4.3.1";
    return "4.3.0";
}

std::string trace_lines(std::string_view sender, std::string_view recipient)
{
    std::string lines = "Return-Path: <";
    const auto add = [&](std::string_view text) {
        for (const char c : text)
            lines += is_control(c) ? '?' : c;
    };
    add(sender);
    lines += ">\r\nDelivered-To: ";
    add(recipient);
    return lines + "\r\n";
}

}  // namespace imc::store
