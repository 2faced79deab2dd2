#include "event/sinks.h"

#include "base/text.h"
#include "event/record_json.h"

#include <systemd/sd-journal.h>

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
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
        // Looked at once in a while only: a removed file must not cost a call per record.
        if (descriptor_ != -1 && ++taken_ % 64 == 0 &&
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
    unsigned taken_ = 0;
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

class JournalSink final : public EventSink {
public:
    void take(const EventRecord& record) override
    {
        const auto number = static_cast<unsigned>(record.id);
        std::vector<std::string> lines{"MESSAGE=" + std::to_string(number) + ": " +
                                           record.description,
                                       "MESSAGE_ID=" + message_id(number),
                                       "PRIORITY=" + std::to_string(priority(record.type)),
                                       "SYSLOG_IDENTIFIER=imc",
                                       "IMC_EVENT_ID=" + std::to_string(number),
                                       "IMC_TYPE=" + std::string{to_string(record.type)},
                                       "IMC_CATEGORY=" + record.category};
        for (const auto& [name, value] : record.fields)
            lines.push_back("IMC_" + upper(name) + "=" + value);
        std::vector<iovec> vectors;
        for (auto& line : lines)
            vectors.push_back({line.data(), line.size()});
        (void)sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size()));
    }
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

std::unique_ptr<EventSink> journal_sink() { return std::make_unique<JournalSink>(); }

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

void Ring::take(const EventRecord& record)
{
    const std::lock_guard lock{mutex_};
    records_.push_back(record);
    if (records_.size() > most_) records_.pop_front();
}

std::unique_ptr<EventSink> ring_sink(std::shared_ptr<Ring> ring)
{
    return std::make_unique<RingSink>(std::move(ring));
}

}  // namespace imc
