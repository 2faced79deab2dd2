#include "tracking/archive.h"

#include "base/text.h"
#include "event/caught.h"
#include "tracking/days.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace imc::tracking {

using namespace std::chrono_literals;

namespace {

constexpr auto between_surveys = 10min;
constexpr auto when_in_trouble = 30s;
constexpr unsigned most_copies = 10'000;  // of one message in one day

std::string day_folder(Direction direction, Day day)
{
    return std::string{to_string(direction)} + "/" + file_of(day).substr(0, 8);
}

}  // namespace

Archive::Archive(std::string folder, FileSystem& files, EventLog& events, const WallClock& clock)
    : folder_{std::move(folder)}, files_{files}, events_{events}, clock_{clock},
      thread_{[this] { run(); }}
{}

Archive::~Archive()
{
    {
        const std::lock_guard lock{mutex_};
        end_ = true;
    }
    ended_.notify_all();
    thread_.join();
}

void Archive::set(const ArchiveTerms& terms)
{
    {
        const std::lock_guard lock{mutex_};
        terms_ = terms;
        on_ = terms.inbound || terms.outbound;
        look_now_ = on_;
    }
    ended_.notify_all();
}

ArchiveTerms Archive::terms() const
{
    const std::lock_guard lock{mutex_};
    return terms_;
}

bool Archive::wants(Direction direction) const
{
    if (!on_) return false;
    const std::lock_guard lock{mutex_};
    return direction == Direction::in ? terms_.inbound : terms_.outbound;
}

std::string Archive::no_room(const ArchiveTerms& terms, std::uint64_t octets)
{
    if (terms.quota_octets > 0 && octets_ + octets > terms.quota_octets)
        return "it has " + std::to_string(octets_ >> 20U) + " of " +
               std::to_string(terms.quota_octets >> 20U) + " MiB";
    const auto free = files_.free_octets(folder_);
    if (free && *free < terms.low_water_octets + octets)
        return "its disk has " + std::to_string(*free >> 20U) + " MiB free";
    return {};
}

Result<> Archive::may_send()
{
    const auto now = terms();
    if (!now.outbound || !now.stops_mail) return {};
    if (const auto why = no_room(now, 0); !why.empty())
        return not_kept(EventId::archive_full, why, true, false).error();
    bool failed = false;
    {
        const std::lock_guard lock{mutex_};
        failed = trouble_ == EventId::archive_failed;
    }
    if (failed && !takes_files())
        return Error{EventId::archive_failed, "the archive takes no files"};
    return {};
}

bool Archive::takes_files()
{
    const auto path = folder_ + "/.probe";
    const auto file = files_.open(path, OpenMode::create, 0600);
    const bool whole = file && (*file)->write_at(0, std::string_view{"x"}) && (*file)->sync_data();
    (void)files_.remove(path);
    return whole;
}

Result<Archive::Kept> Archive::keep(Archived archived, const Octets& text, Taken taken)
{
    const auto now = terms();
    archived.octets = text.size();
    archived.time = clock_.now();
    // What is sent is sent; what is not taken needs no copy.
    const bool lost =
        !now.stops_mail || archived.direction == Direction::out || taken == Taken::already;
    if (const auto why = no_room(now, text.size()); !why.empty())
        return not_kept(EventId::archive_full, why, now.stops_mail, lost);
    IoResult<std::string> name = boost::system::error_code{};
    std::string defect;
    try {
        name = write(archived, text);
    } catch (const std::exception& e) {  // what was sent has been sent all the same
        defect = e.what();
    }
    if (!name)
        return not_kept(EventId::archive_failed,
                        archived.id + ": " + (defect.empty() ? name.error().message() : defect),
                        now.stops_mail, lost);
    works_again();
    if (events_.wants(EventId::archive_copy_kept))
        events_.raise(EventId::archive_copy_kept, {{"message", archived.id}, {"name", *name}});
    return Kept{std::move(*name)};
}

/// Ids alone begin anew with a new spool: the sender must be the same.
std::optional<std::string> Archive::find_inbound(const std::string& id, const std::string& sender,
                                                 WallTime arrived_at) const
{
    const auto arrived = day_of(arrived_at);
    for (const auto day : {arrived, arrived + std::chrono::days{1}}) {
        const auto name = day_folder(Direction::in, day) + "/" + id + ".1";
        const auto copy = read_archived(files_, folder_, name);
        if (copy && copy->id == id && copy->sender == sender) return name;
    }
    return {};
}

IoResult<std::string> Archive::take_name(const std::string& day, const std::string& id)
{
    for (unsigned copy = 1; copy <= most_copies; ++copy) {
        auto name = day + "/" + id + "." + std::to_string(copy);
        {
            const std::lock_guard lock{mutex_};
            if (!in_work_.insert(name).second) continue;
        }
        if (!files_.status(folder_ + "/" + name + ".txt")) return name;
        give_back(name);
    }
    return boost::system::error_code{EEXIST, boost::system::generic_category()};
}

void Archive::give_back(const std::string& name)
{
    const std::lock_guard lock{mutex_};
    in_work_.erase(name);
}

IoResult<> Archive::write_text(const std::string& path, const Octets& text)
{
    const auto file = files_.open(path, OpenMode::create, 0600);
    if (!file) return file.error();
    if (auto cut = (*file)->truncate(0); !cut) return cut;  // of a copy that a crash has left
    if (auto put = (*file)->write_at(0, text.memory()); !put) return put;
    for (auto at = text.memory().size(); at < text.size();) {
        const auto piece = text.file()->piece(at - text.memory().size());
        if (!piece) return boost::system::error_code{EIO, boost::system::generic_category()};
        if (auto put = (*file)->write_at(at, *piece); !put) return put;
        at += piece->size();
    }
    return (*file)->sync_data();
}

/// A file's sync says nothing of the names above it: a day's first copies would be gone with it.
IoResult<> Archive::make_day(const std::string& folder)
{
    constexpr std::size_t most_days = 100;
    const bool is_there = files_.status(folder).has_value();
    {
        const std::lock_guard lock{mutex_};
        if (is_there && days_.contains(folder)) return {};
    }
    if (!is_there)
        if (auto made = make_folders(files_, folder); !made) return made;
    for (auto above = folder; above.size() > folder_.size();) {
        above.resize(above.rfind('/'));
        if (auto synced = files_.sync_folder(above); !synced) return synced;
    }
    const std::lock_guard lock{mutex_};
    if (days_.size() >= most_days) days_.clear();
    days_.insert(folder);
    return {};
}

/// The text first, then the envelope in one step: a copy without one is none.
IoResult<std::string> Archive::write(Archived& archived, const Octets& text)
{
    const auto day = day_folder(archived.direction, day_of(archived.time));
    const auto folder = folder_ + "/" + day;
    if (const auto made = make_day(folder); !made) return made.error();
    auto name = take_name(day, archived.id);
    if (!name) return name;
    archived.text = name->substr(day.size() + 1) + ".eml";
    // Sent again, or to others: the text is there already.
    const auto first = archived.id + ".1";
    const auto there = files_.status(folder + "/" + first + ".eml");
    const bool shared = *name != day + "/" + first && there && there->size == archived.octets &&
                        files_.status(folder + "/" + first + ".txt");
    if (shared) archived.text = first + ".eml";
    const auto envelope = write_archived(archived);
    IoResult<> done;
    if (!shared) done = write_text(folder + "/" + archived.text, text);
    if (done) done = write_file_atomically(files_, folder_ + "/" + *name + ".txt", envelope, 0600);
    if (!done && !shared) (void)files_.remove(folder + "/" + archived.text);
    give_back(*name);
    if (!done) return done.error();
    octets_ += envelope.size() + (shared ? 0 : archived.octets);
    return name;
}

void Archive::discard(const Kept& kept)
{
    if (kept.name.empty()) return;
    const auto archived = read_archived(files_, folder_, kept.name);
    (void)files_.remove(folder_ + "/" + kept.name + ".txt");
    if (archived && kept.name.ends_with("/" + archived->text.substr(0, archived->text.size() - 4)))
        (void)files_.remove(folder_ + "/" + kept.name + ".eml");
}

Result<Archive::Kept> Archive::not_kept(EventId why, const std::string& detail, bool stops,
                                        bool lost)
{
    bool begins = false;
    {
        const std::lock_guard lock{mutex_};
        if (lost) ++lost_;
        begins = !trouble_;
        trouble_ = why;
    }
    if (begins) {
        events_.raise(why, {{"detail", detail},
                            {"folder", folder_},
                            {"then", stops ? "No mail is taken or sent that would be copied."
                                           : "Mail goes on without copies."}});
        ended_.notify_all();
    }
    if (stops) return Error{why, detail};
    return Kept{};
}

void Archive::works_again()
{
    std::uint64_t lost = 0;
    {
        const std::lock_guard lock{mutex_};
        if (!std::exchange(trouble_, std::nullopt)) return;
        lost = std::exchange(lost_, 0);
    }
    events_.raise(EventId::archive_keeps_again,
                  {{"folder", folder_}, {"lost", std::to_string(lost)}});
}

void Archive::survey()
{
    std::uint64_t all = 0;
    const auto before = octets_.load();
    for (const auto direction : {Direction::in, Direction::out}) {
        const auto base = folder_ + "/" + std::string{to_string(direction)};
        const auto days = files_.list(base);
        if (!days) continue;
        for (const auto& day : *days) {
            const auto names = files_.list(base + "/" + day);
            if (!names) continue;
            for (const auto& name : *names)
                if (const auto there = files_.status(base + "/" + day + "/" + name))
                    all += there->size;
        }
    }
    // What came meanwhile may be counted twice until the next survey, never not at all.
    auto after = octets_.load();
    while (!octets_.compare_exchange_weak(after, all + (after - std::min(after, before)))) {
    }
}

void Archive::run()
{
    for (;;) {
        // No memory for so many names: counted next time.
        contained(events_, "the survey of the archive", [this] {
            if (on_) survey();
        });
        std::unique_lock lock{mutex_};
        const bool was_in_trouble = trouble_.has_value();
        const auto pause = was_in_trouble ? std::chrono::steady_clock::duration{when_in_trouble}
                                          : std::chrono::steady_clock::duration{between_surveys};
        ended_.wait_for(lock, pause, [&] {
            return end_ || look_now_ || (trouble_.has_value() && !was_in_trouble);
        });
        if (end_) return;
        look_now_ = false;
    }
}

}  // namespace imc::tracking
