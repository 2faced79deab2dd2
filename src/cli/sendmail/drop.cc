#include "cli/sendmail/drop.h"

#include "base/text.h"
#include "base/time.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>
#include <random>
#include <sysexits.h>
#include <unistd.h>

namespace imc::cli::sendmail {
namespace {

using boost::system::error_code;

/// Nobody is ended between a file's beginning and its end.
class SignalsWait {
public:
    SignalsWait()
    {
        ::sigset_t held;
        ::sigemptyset(&held);
        for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM})
            ::sigaddset(&held, signal);
        ::sigprocmask(SIG_BLOCK, &held, &before_);
    }
    SignalsWait(const SignalsWait&) = delete;
    SignalsWait& operator=(const SignalsWait&) = delete;
    ~SignalsWait() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

private:
    ::sigset_t before_{};
};

int status_of(const error_code& error)
{
    switch (error.value()) {
    case EACCES:
    case EPERM: return EX_NOPERM;
    case ENOENT:
    case ENOTDIR:
    case EROFS: return EX_CANTCREAT;
    case EIO: return EX_IOERR;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM: return EX_TEMPFAIL;
    default: return EX_OSERR;
    }
}

std::string unique_name()
{
    std::random_device random;
    char text[64];
    const auto at = wall_clock().now().time_since_epoch().count();
    (void)std::snprintf(text, sizeof text, "sendmail-%lld-%d-%08x%08x", static_cast<long long>(at),
                        static_cast<int>(::getpid()), random(), random());
    return text;
}

class Drop {
public:
    Drop(FileSystem& files, const Paths& paths, unsigned user)
        : files_{files}, paths_{paths}, user_{user}
    {}

    std::variant<std::string, Failure> run(std::string_view content)
    {
        const auto status = files_.status(folder_);
        if (!status && status.error().value() == ENOENT)
            return Failure{EX_CONFIG, folder_ + ": there is no such folder; imc setup makes it"};
        if (!status) return failure(status.error());
        folder_status_ = *status;
        const auto name = unique_name();
        temporary_ = folder_ + "/." + name + ".tmp";
        path_ = folder_ + "/" + name + ".eml";
        const SignalsWait until_done;
        auto file = files_.open(temporary_, OpenMode::create_new, 0600);
        if (!file) return failure(file.error());
        if (auto flaw = write(**file, content)) {
            (void)files_.remove(temporary_);
            return *flaw;
        }
        if (auto flaw = settle(**file)) return *flaw;
        return path_;
    }

private:
    std::optional<Failure> write(File& file, std::string_view content)
    {
        if (auto flaw = let_service_read(file)) return flaw;
        auto done = file.write_at(0, content);
        if (done) done = file.sync();
        if (done) done = files_.rename(temporary_, path_);
        if (!done) return failure(done.error());
        return {};
    }

    std::optional<Failure> let_service_read(File& file)
    {
        if (folder_status_.owner == user_) return {};
        IoResult<> done;
        if (user_ == 0) {
            done = file.set_owner(folder_status_.owner, folder_status_.group);
        } else {
            const auto made = files_.status(temporary_);
            if (!made) return failure(made.error());
            if (made->group != folder_status_.group)
                return failure({EACCES, boost::system::system_category()});
            done = file.set_mode(0640);
        }
        if (!done) return failure(done.error());
        return {};
    }

    /// The name is durable, too. Who may not read the folder cannot sync it; that of the file takes
    /// its last change along.
    std::optional<Failure> settle(File& file)
    {
        auto done = files_.sync_folder(folder_);
        if (!done && done.error().value() == EACCES) done = file.sync();
        if (done) return {};
        // Taken already: then the spool has it.
        if (const auto back = files_.remove(path_); !back && back.error().value() == ENOENT)
            return {};
        return failure(done.error());
    }

    Failure failure(const error_code& error) const
    {
        std::string what = folder_ + " cannot be written: " + error.message();
        const int status = status_of(error);
        if (status == EX_NOPERM) {
            const auto above = folder_.substr(0, folder_.rfind('/'));
            what += "; to let everybody on this host send, as root: chmod o+x " +
                    shell_word(above) + " && chmod 3733 " + shell_word(folder_);
        } else if (status == EX_TEMPFAIL) {
            what += "; nothing was sent, try again later";
        }
        return {status, what};
    }

    FileSystem& files_;
    const Paths& paths_;
    const unsigned user_;
    const std::string folder_ = paths_.pickup();
    FileStatus folder_status_;
    std::string temporary_, path_;
};

}  // namespace

std::string pickup_file(const mail::PickupMessage& message)
{
    std::string out = "X-Sender: <" + message.sender + ">" + message.parameters + "\r\n";
    for (const auto& recipient : message.recipients)
        out += "X-Receiver: <" + recipient.address + ">" + recipient.parameters + "\r\n";
    return out + "X-EndOfInjectedXHeaders: sendmail\r\n" + message.text;
}

std::variant<std::string, Failure> drop(FileSystem& files, const Paths& paths, unsigned user,
                                        std::string_view content)
{
    return Drop{files, paths, user}.run(content);
}

}  // namespace imc::cli::sendmail
