#include "app/service/pickup.h"

#include "base/offload.h"
#include "base/text.h"
#include "mail/pickup.h"
#include "mail/submission.h"
#include "mail/trace.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace imc::app {

namespace net = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto interval = 1s;
constexpr auto quiet_time = 5s;  // where no lease can be had
constexpr std::string_view mark = "pickup ";

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

/// What a rename does not change.
std::string identity(const struct stat& file)
{
    return std::to_string(file.st_ino) + "-" + std::to_string(file.st_size) + "-" +
           std::to_string(file.st_mtim.tv_sec) + "." + std::to_string(file.st_mtim.tv_nsec);
}

bool is_left_alone(std::string_view name)
{
    return name.starts_with('.') || name.ends_with(".tmp") || name.ends_with(".err");
}

struct Taken {
    std::string path;
    std::string name;
    std::string identity;
    std::string octets;
};

}  // namespace

struct Pickup::State : std::enable_shared_from_this<State> {
    explicit State(PickupParts p) : parts{std::move(p)}, folder{parts.paths.pickup()} {}

    PickupParts parts;
    const std::string folder;
    const std::string claimed = folder + "/.claimed";
    std::set<std::string> told;  ///< files that cannot be taken, each told once
    std::set<std::string> sent;  ///< stored, but still there: never again
    std::atomic<bool> stopping{false};
    std::shared_ptr<net::steady_timer> timer;

    void tell(const std::string& name, const std::string& detail, const std::string& where)
    {
        parts.events.raise(EventId::pickup_file_unparsable,
                           {{"file", name}, {"detail", detail}, {"where", where}});
    }

    void tell_once(const std::string& name, int why)
    {
        if (told.size() < 10'000 && told.insert(name).second)
            tell(name, std::string{"it cannot be taken: "} + std::strerror(why),
                 "left where it is, unsent");
    }

    /// False while somebody writes.
    static bool is_quiet(int descriptor, const struct stat& file)
    {
        if (::fcntl(descriptor, F_SETLEASE, F_RDLCK) == 0) return true;
        if (errno == EAGAIN) return false;
        const auto changed = std::chrono::system_clock::from_time_t(file.st_mtim.tv_sec);
        return std::chrono::system_clock::now() - changed > quiet_time;
    }

    /// Moves a file to .claimed/; nothing when it is not to be taken now.
    void claim(const std::string& name)
    {
        const auto path = folder + "/" + name;
        const Descriptor file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
        struct stat status{};
        if (file.get() < 0) {
            if (errno != ENOENT) tell_once(name, errno);
            return;
        }
        if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
        if (!is_quiet(file.get(), status)) return;
        const bool empty = status.st_size == 0;  // made, not yet written: copied, not renamed
        const auto changed = std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec);
        if (empty && std::chrono::system_clock::now() - changed < 1min) return;
        const auto to = claimed + "/" + std::to_string(status.st_ino) + "-" + name;
        if (::rename(path.c_str(), to.c_str()) != 0) tell_once(name, errno);
    }

    /// Of .claimed/, ready to be stored.
    std::vector<std::string> waiting()
    {
        std::vector<std::string> out;
        if (const auto names = real_files().list(folder))
            for (const auto& name : *names)
                if (!is_left_alone(name)) claim(name);
        if (auto names = real_files().list(claimed)) out = std::move(*names);
        std::erase_if(out, [this](const auto& name) { return sent.contains(name); });
        return out;
    }

    std::optional<Taken> read(const std::string& name)
    {
        Taken taken;
        taken.path = claimed + "/" + name;
        taken.name = name.substr(std::min(name.find('-') + 1, name.size()));
        struct stat status{};
        if (::lstat(taken.path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
        taken.identity = identity(status);
        const auto most = parts.config()->message_octets;
        if (static_cast<std::uint64_t>(status.st_size) > most) {
            set_aside(taken, std::to_string(status.st_size) + " octets, at most " +
                                 std::to_string(most) + " (InboundSizeLimit)");
            return {};
        }
        auto octets = read_file(real_files(), taken.path);
        if (!octets) {
            tell_once(name, octets.error().value());
            return {};
        }
        taken.octets = std::move(*octets);
        return taken;
    }

    void set_aside(const Taken& taken, const std::string& why)
    {
        auto& files = real_files();
        const auto bad = parts.paths.badmail();
        auto name = taken.name;
        if (!make_folders(files, bad)) return tell_once(taken.name, errno);
        if (files.status(bad + "/" + name)) name += "." + taken.identity;
        (void)write_file_atomically(files, bad + "/" + name + ".err", why + "\n");
        if (const auto moved = files.rename(taken.path, bad + "/" + name); !moved)
            return tell_once(taken.name, moved.error().value());
        tell(taken.name, why, "in " + bad + "/" + name);
    }

    /// Gone for good, or not at all.
    bool forget(const std::string& path) const
    {
        auto& files = real_files();
        return files.remove(path) && files.sync_folder(claimed);
    }

    std::optional<spool::NewMessage> message_of(const Taken& taken)
    {
        auto parsed = mail::parse_pickup(taken.octets);
        if (!parsed) {
            set_aside(taken, parsed.error().what);
            return {};
        }
        const auto config = parts.config();
        const auto now = wall_clock().now();
        std::string unique{"pickup."};
        for (const char c : taken.identity)
            unique += c == '-' ? '.' : c;
        std::string text = "Received: by " + config->host_name + " (imc pickup);\r\n\t" +
                           mail::rfc5322_date(now) + "\r\n";
        text += mail::completion(parsed->text, now, unique, config->host_name);
        text += parsed->text;
        spool::NewMessage message;
        auto& envelope = message.envelope;
        envelope.sender = parsed->sender;
        for (auto& recipient : parsed->recipients) {
            envelope.smtp_utf8 = envelope.smtp_utf8 || has_high(recipient);
            envelope.recipients.push_back({std::move(recipient)});
        }
        envelope.smtp_utf8 = envelope.smtp_utf8 || has_high(envelope.sender);
        envelope.eight_bit = has_high(text);
        envelope.arrived_at = now;
        envelope.peer = std::string{mark} + printable(taken.name, 200) + " " + taken.identity;
        message.body = std::make_shared<const std::string>(std::move(text));
        return message;
    }

    static bool has_high(std::string_view text)
    {
        return std::ranges::any_of(text, [](char c) { return (c & '\x80') != 0; });
    }

    net::awaitable<bool> take(std::string name)
    {
        const auto open = [this, &name]() -> std::optional<std::pair<Taken, spool::NewMessage>> {
            auto taken = read(name);
            if (!taken) return {};
            auto message = message_of(*taken);
            if (!message || !spool::keep_rest_on_disk(parts.spool, *message)) return {};
            return std::pair{std::move(*taken), std::move(*message)};
        };
        auto opened = co_await offload(parts.background, open);
        if (!opened) co_return false;
        const auto path = opened->first.path;
        spool::Envelope envelope = opened->second.envelope;
        spool::Body body = opened->second.body;
        auto stored = co_await parts.spool.store(std::move(opened->second));
        if (!stored) co_return false;  // the spool has told; the next look tries again
        const auto remove = [this, &path] { return forget(path); };
        const bool gone = co_await offload(parts.background, remove);
        if (!gone) {
            sent.insert(name);
            tell(name, "it is sent, but cannot be removed", "still in " + claimed);
        }
        parts.queue(*stored, std::move(envelope), std::move(body));
        parts.metrics.counter("pickup_messages", "Messages taken from the pickup folder").add();
        co_return true;
    }

    static net::awaitable<void> run(std::shared_ptr<State> self)
    {
        while (!self->stopping) {
            (void)co_await look(self);
            boost::system::error_code ignored;
            self->timer->expires_after(interval);
            co_await self->timer->async_wait(net::redirect_error(net::use_awaitable, ignored));
        }
    }

    static net::awaitable<std::size_t> look(std::shared_ptr<State> self)
    {
        const auto ask = [&self] { return self->waiting(); };
        const auto names = co_await offload(self->parts.background, ask);
        std::size_t taken = 0;
        for (const auto& name : names) {
            if (self->stopping) break;
            const bool sent = co_await self->take(name);
            if (sent) ++taken;
        }
        co_return taken;
    }
};

Pickup::Pickup(PickupParts parts) : state_{std::make_shared<State>(std::move(parts))}
{
    // A lease that is broken is announced by SIGIO, which would end the process.
    std::signal(SIGIO, SIG_IGN);
    (void)make_folders(real_files(), state_->claimed);
}

Pickup::~Pickup() = default;

void Pickup::settle(std::span<const spool::Recovered> recovered)
{
    std::set<std::string, std::less<>> stored;
    for (const auto& message : recovered)
        if (message.envelope.peer.starts_with(mark))
            stored.insert(message.envelope.peer.substr(message.envelope.peer.rfind(' ') + 1));
    if (stored.empty()) return;
    for (const auto& in : {state_->claimed, state_->folder}) {
        const auto names = real_files().list(in);
        if (!names) continue;
        for (const auto& name : *names) {
            struct stat status{};
            const auto path = in + "/" + name;
            if (::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
                stored.contains(identity(status)))
                (void)real_files().remove(path);
        }
        (void)real_files().sync_folder(in);
    }
}

void Pickup::start(net::any_io_executor executor)
{
    state_->timer = std::make_shared<net::steady_timer>(executor);
    net::co_spawn(executor, State::run(state_), net::detached);
}

void Pickup::stop() { state_->stopping = true; }

net::awaitable<std::size_t> Pickup::look() { return State::look(state_); }

}  // namespace imc::app
