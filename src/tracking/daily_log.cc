#include "tracking/daily_log.h"

#include "event/caught.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace imc::tracking {

using namespace std::chrono_literals;

namespace {

constexpr auto try_again = 1s;
constexpr std::uint64_t between_looks = 16 << 20;  // octets
constexpr std::size_t most_spare = 1 << 20;

}  // namespace

DailyLog::DailyLog(DailyLogSettings settings, FileSystem& files, EventLog& events)
    : settings_{std::move(settings)}, files_{files}, events_{events}, thread_{[this] { run(); }}
{}

DailyLog::~DailyLog()
{
    {
        const std::lock_guard lock{mutex_};
        closing_ = true;
    }
    arrived_.notify_one();
    thread_.join();
}

void DailyLog::append(WallTime time, std::string_view line)
{
    bool first = false;
    {
        const std::lock_guard lock{mutex_};
        if (waiting_octets_ + line.size() > settings_.most_waiting_octets) {
            ++lost_;
            return;
        }
        first = waiting_.empty();
        const auto day = day_of(time);
        if (waiting_.empty() || waiting_.back().day != day)
            waiting_.push_back({day, std::exchange(spare_, {})});
        waiting_.back().lines += line;
        waiting_octets_ += line.size();
    }
    if (first) arrived_.notify_one();
}

void DailyLog::flush()
{
    std::unique_lock lock{mutex_};
    const auto mine = ++flushes_asked_;
    arrived_.notify_one();
    written_.wait(lock, [&] { return flushes_done_ >= mine; });
}

void DailyLog::run()
{
    for (;;) {
        std::uint64_t flushes = 0;
        bool closing = false;
        const auto hurry = [&] { return closing_ || flushes_asked_ > flushes_done_; };
        {
            std::unique_lock lock{mutex_};
            arrived_.wait_for(lock, 1s, [&] { return hurry() || !waiting_.empty(); });
            if (!waiting_.empty()) arrived_.wait_for(lock, settings_.gather, hurry);
            flushes = flushes_asked_;
            closing = closing_;
        }
        const auto now = std::chrono::steady_clock::now();
        const bool asked = closing || flushes > flushes_done_;
        if (settings_.each_second && (asked || now >= second_at_)) {
            second_at_ = now + 1s;
            contained(events_, settings_.title, settings_.each_second);
        }
        if (asked || now >= retry_at_) {
            std::deque<Batch> batches;
            {
                const std::lock_guard lock{mutex_};
                batches = std::exchange(waiting_, {});
                waiting_octets_ = 0;
            }
            write_all(std::move(batches));
        } else {
            // In trouble: whoever waits for room in memory is not waiting for us.
            std::unique_lock lock{mutex_};
            arrived_.wait_until(lock, retry_at_, hurry);
        }
        {
            const std::lock_guard lock{mutex_};
            flushes_done_ = flushes;
        }
        written_.notify_all();
        if (closing) return;
    }
}

/// A batch on which writing throws is lost, and counted; the next ones are not.
void DailyLog::write_all(std::deque<Batch> batches) noexcept
{
    while (!batches.empty()) {
        try {
            if (const auto done = write(batches.front()); !done)
                return failed(std::move(batches), done.error());
        } catch (...) {
            raise_caught(events_, settings_.title);
            if (batches.empty()) return;
            const std::lock_guard lock{mutex_};
            lost_ += static_cast<std::uint64_t>(std::ranges::count(batches.front().lines, '\n'));
        }
        keep_spare(std::move(batches.front().lines));
        batches.pop_front();
        contained(events_, settings_.title, [this] { tell_losses(); });
    }
}

void DailyLog::keep_spare(std::string lines)
{
    if (lines.capacity() > most_spare) return;
    lines.clear();
    const std::lock_guard lock{mutex_};
    if (spare_.capacity() < lines.capacity()) spare_.swap(lines);
}

void DailyLog::tell_losses()
{
    std::uint64_t lost = 0;
    {
        const std::lock_guard lock{mutex_};
        lost = std::exchange(lost_, 0);
    }
    const bool was_in_trouble = std::exchange(in_trouble_, false);
    if (lost > 0 && !was_in_trouble)
        events_.raise(
            EventId::tracking_write_failed,
            {{"file", path()}, {"detail", "records came faster than the disk takes them"}});
    if (lost > 0 || was_in_trouble)
        events_.raise(EventId::tracking_writes_again,
                      {{"file", path()}, {"lost", std::to_string(lost)}});
}

IoResult<> DailyLog::write(const Batch& batch)
{
    if (const auto opened = open(batch.day); !opened) return opened;
    if (auto put = file_->write_at(size_, batch.lines); !put) {
        // Part of it may be there; written again it would be there twice.
        (void)file_->truncate(size_);
        file_.reset();
        return put;
    }
    size_ += batch.lines.size();
    if (settings_.most_octets > 0 && size_ >= looked_at_size_ + between_looks)
        forget_beyond_bound();
    return {};
}

/// The day's file, also when somebody has moved the one we had.
IoResult<> DailyLog::open(Day day)
{
    const auto path = settings_.folder + "/" + file_of(day);
    if (file_ && day == day_) {
        const auto there = files_.status(path);
        if (there && there->inode == inode_) return {};
    }
    file_.reset();
    if (!files_.status(settings_.folder))
        if (const auto made = make_folders(files_, settings_.folder); !made) return made;
    auto file = files_.open(path, OpenMode::create, 0600);
    if (!file) return file.error();
    const auto there = files_.status(path);
    if (!there) return there.error();
    const auto size = (*file)->size();
    if (!size) return size.error();
    // A line torn by a kill is ended, so that it spoils no other.
    std::string beginning;
    if (*size == 0) beginning = "# " + settings_.title + "\n";
    char last = '\n';
    if (*size > 0)
        if (const auto got = (*file)->read_at(*size - 1, {&last, 1}); !got) return got.error();
    if (last != '\n') beginning = "\n";
    if (!beginning.empty())
        if (auto put = (*file)->write_at(*size, beginning); !put) return put;
    file_ = std::move(*file);
    size_ = *size + beginning.size();
    inode_ = there->inode;
    if (std::exchange(day_, day) != day) {
        forget_old(day);
        forget_beyond_bound();
    }
    return {};
}

void DailyLog::forget_old(Day today)
{
    const auto names = files_.list(settings_.folder);
    if (!names) return;
    for (const auto& name : *names) {
        const auto day = day_of_file(name);
        if (day && *day + std::chrono::days{settings_.kept_days} <= today)
            (void)files_.remove(settings_.folder + "/" + name);
    }
}

void DailyLog::forget_beyond_bound()
{
    looked_at_size_ = size_;
    if (settings_.most_octets == 0) return;
    const auto names = files_.list(settings_.folder);
    if (!names) return;
    std::map<Day, std::uint64_t> sizes;
    std::uint64_t all = 0;
    for (const auto& name : *names) {
        const auto day = day_of_file(name);
        const auto there =
            day ? files_.status(settings_.folder + "/" + name) : IoResult<FileStatus>{};
        if (!day || !there) continue;
        sizes[*day] = there->size;
        all += there->size;
    }
    std::optional<Day> last;
    for (const auto& [day, size] : sizes) {
        if (all <= settings_.most_octets || day == day_) break;
        if (!files_.remove(settings_.folder + "/" + file_of(day))) break;
        all -= size;
        last = day;
    }
    if (last)
        events_.raise(EventId::tracking_days_removed,
                      {{"folder", settings_.folder},
                       {"day", file_of(*last).substr(0, 8)},
                       {"limit", std::to_string(settings_.most_octets >> 20U)}});
}

void DailyLog::failed(std::deque<Batch> unwritten, const boost::system::error_code& why)
{
    retry_at_ = std::chrono::steady_clock::now() + try_again;
    const auto day = unwritten.front().day;
    {
        const std::lock_guard lock{mutex_};
        for (const auto& batch : unwritten)
            waiting_octets_ += batch.lines.size();
        for (auto& batch : waiting_)
            unwritten.push_back(std::move(batch));
        waiting_ = std::move(unwritten);
    }
    if (!std::exchange(in_trouble_, true))
        events_.raise(EventId::tracking_write_failed,
                      {{"file", settings_.folder + "/" + file_of(day)}, {"detail", why.message()}});
}

}  // namespace imc::tracking
