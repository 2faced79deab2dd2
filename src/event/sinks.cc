#include "event/sinks.h"

#include "base/text.h"
#include "event/record_json.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace imc {
namespace {

class FileSink final : public EventSink {
public:
    explicit FileSink(FileSinkSettings settings) : settings_{std::move(settings)} {}
    FileSink(const FileSink&) = delete;
    FileSink& operator=(const FileSink&) = delete;
    ~FileSink() override { close(); }

    void take(const EventRecord& record) override
    {
        if (!open()) return;
        const auto line = to_json_line(record) + "\n";
        const auto put = ::write(descriptor_, line.data(), line.size());
        if (put > 0) size_ += static_cast<std::uint64_t>(put);
        if (size_ >= settings_.rotate_octets) rotate();
    }

private:
    bool open()
    {
        struct stat there{};
        // Each time: records that go into a file nobody finds any more are lost.
        if (descriptor_ != -1 &&
            (::stat(settings_.path.c_str(), &there) != 0 || there.st_ino != inode_))
            close();
        if (descriptor_ != -1) return true;
        descriptor_ =
            ::open(settings_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (descriptor_ == -1 || ::fstat(descriptor_, &there) != 0) return false;
        inode_ = there.st_ino;
        size_ = static_cast<std::uint64_t>(there.st_size);
        return true;
    }

    void close()
    {
        if (descriptor_ != -1) ::close(descriptor_);
        descriptor_ = -1;
    }

    void rotate()
    {
        close();
        const auto name = [this](unsigned n) { return settings_.path + "." + std::to_string(n); };
        (void)::unlink(name(settings_.kept).c_str());
        for (unsigned n = settings_.kept; n > 1; --n)
            (void)::rename(name(n - 1).c_str(), name(n).c_str());
        (void)::rename(settings_.path.c_str(), name(1).c_str());
    }

    const FileSinkSettings settings_;
    int descriptor_ = -1;
    ino_t inode_ = 0;
    std::uint64_t size_ = 0;
};

int priority(EventType type)
{
    switch (type) {
    case EventType::error: return 3;
    case EventType::warning:
    case EventType::failure_audit: return 4;
    case EventType::information:
    case EventType::success_audit: return 6;
    }
    return 6;
}

/// A journal field's name: upper case letters, digits, underscores.
std::string field_name(std::string_view name)
{
    std::string out = "IMC_" + upper(name);
    for (char& c : out)
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) c = '_';
    return out;
}

/// The native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): NAME=VALUE, or, for a value with a
/// line end, NAME, its length as 64 bits and its octets.
void add_field(std::string& to, std::string_view name, std::string_view value)
{
    to += name;
    if (value.find('\n') == value.npos) {
        to += '=';
    } else {
        to += '\n';
        for (unsigned shift = 0; shift < 64; shift += 8)
            to += static_cast<char>(static_cast<std::uint64_t>(value.size()) >> shift & 0xFFU);
    }
    to += value;
    to += '\n';
}

class JournalSink final : public EventSink {
public:
    explicit JournalSink(const std::string& socket)
        : descriptor_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)}
    {
        address_.sun_family = AF_UNIX;
        socket.copy(address_.sun_path, sizeof address_.sun_path - 1);
    }
    JournalSink(const JournalSink&) = delete;
    JournalSink& operator=(const JournalSink&) = delete;
    ~JournalSink() override
    {
        if (descriptor_ != -1) ::close(descriptor_);
    }

    void take(const EventRecord& record) override
    {
        const auto number = static_cast<unsigned>(record.id);
        std::string octets;
        add_field(octets, "MESSAGE", std::to_string(number) + ": " + record.description);
        add_field(octets, "MESSAGE_ID", message_id(number));
        add_field(octets, "PRIORITY", std::to_string(priority(record.type)));
        add_field(octets, "SYSLOG_IDENTIFIER", "imc");
        add_field(octets, "IMC_EVENT_ID", std::to_string(number));
        add_field(octets, "IMC_TYPE", to_string(record.type));
        add_field(octets, "IMC_CATEGORY", record.category);
        for (const auto& [name, value] : record.fields)
            add_field(octets, field_name(name), value);
        send(octets);
    }

private:
    /// A journal that is full is waited for, but not for long; one that is absent not at all.
    void send(const std::string& octets) const
    {
        for (int attempt = 0; attempt < 2; ++attempt) {
            const auto sent =
                ::sendto(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL,
                         reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
            if (sent >= 0 || (errno != EAGAIN && errno != EINTR)) return;
            pollfd full{descriptor_, POLLOUT, 0};
            (void)::poll(&full, 1, 50);
        }
    }

    const int descriptor_;
    sockaddr_un address_{};
};

class RingSink final : public EventSink {
public:
    explicit RingSink(std::shared_ptr<Ring> ring) : ring_{std::move(ring)} {}
    void take(const EventRecord& record) override { ring_->take(record); }

private:
    std::shared_ptr<Ring> ring_;
};

}  // namespace

std::unique_ptr<EventSink> file_sink(FileSinkSettings settings)
{
    return std::make_unique<FileSink>(std::move(settings));
}

std::unique_ptr<EventSink> journal_sink(const std::string& socket)
{
    return std::make_unique<JournalSink>(socket);
}

std::string message_id(unsigned event)
{
    // tools/gen_events.py makes the same for the catalogue: a fixed prefix and the number.
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "5f1c7d0e8a2b4c6d9e3f0000%08x", event);
    return text.data();
}

std::vector<EventRecord> Ring::records() const
{
    const std::lock_guard lock{mutex_};
    return {records_.begin(), records_.end()};
}

std::uint64_t Ring::taken() const
{
    const std::lock_guard lock{mutex_};
    return taken_;
}

Ring::News Ring::after(std::uint64_t number) const
{
    const std::lock_guard lock{mutex_};
    const auto oldest = taken_ - records_.size() + 1;
    // A number of another process is none of ours: all there is, then.
    const auto first = number >= oldest && number <= taken_ ? number + 1 : oldest;
    return {first,
            {records_.begin() + static_cast<std::ptrdiff_t>(first - oldest), records_.end()}};
}

void Ring::take(const EventRecord& record)
{
    const std::lock_guard lock{mutex_};
    records_.push_back(record);
    ++taken_;
    if (records_.size() > most_) records_.pop_front();
}

std::unique_ptr<EventSink> ring_sink(std::shared_ptr<Ring> ring)
{
    return std::make_unique<RingSink>(std::move(ring));
}

}  // namespace imc
