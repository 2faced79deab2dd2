#include "tracking/index.h"

#include "base/text.h"

#include <algorithm>

namespace imc::tracking {
namespace {

constexpr unsigned block_bits = 8, key_bits = 35;
constexpr std::int64_t most_number = (1 << 20) - 2;
constexpr int patience_ms = 5000;  // while another process reads or writes
constexpr std::size_t marked_octets = 256;

/// FNV-1a, 64 bits, and a last stir (of MurmurHash3) so that its upper bits are as good.
std::uint64_t hash(std::string_view octets, std::uint64_t from = 0xcbf29ce484222325ULL)
{
    for (const char c : octets) {
        from ^= static_cast<unsigned char>(c);
        from *= 0x100000001b3ULL;
    }
    return from;
}

std::uint64_t stirred(std::uint64_t h)
{
    h ^= h >> 33U;
    h *= 0xff51afd7ed558ccdULL;
    h ^= h >> 33U;
    h *= 0xc4ceb9fe1a85ec53ULL;
    return h ^ h >> 33U;
}

/// Segment, key and block in one number: the table is nothing but its key, in the order of adding.
std::int64_t place_of(std::int64_t segment, Index::Key key, std::uint64_t block)
{
    return segment << (key_bits + block_bits) | static_cast<std::int64_t>(key << block_bits) |
           static_cast<std::int64_t>(block);
}

constexpr auto schema =
    "CREATE TABLE segment (number INTEGER PRIMARY KEY, day INTEGER NOT NULL, start INTEGER NOT "
    "NULL, end INTEGER NOT NULL, mark INTEGER NOT NULL);"
    "CREATE TABLE posting (place INTEGER PRIMARY KEY);"
    "PRAGMA user_version = 1;";

}  // namespace

Index::Key Index::key_of(WordKind kind, std::string_view word)
{
    const char k = static_cast<char>(kind);
    auto h = hash({&k, 1});
    for (const char c : word) {
        const char folded = kind == WordKind::message_id ? c : to_lower(c);
        h = hash({&folded, 1}, h);
    }
    return stirred(h) >> (64U - key_bits);
}

IoResult<std::int64_t> mark_of(File& file, std::uint64_t begin, std::uint64_t end)
{
    std::string octets(std::min<std::uint64_t>(marked_octets, end - begin), '\0');
    const auto got = file.read_at(end - octets.size(), octets);
    if (!got) return got.error();
    octets.resize(*got);
    return static_cast<std::int64_t>(stirred(hash(octets)) >> 1U);
}

Error Index::failed() const
{
    return Error{EventId::tracking_index_failed, path_ + ": " + sqlite3_errmsg(db_.get())};
}

Result<> Index::run(const char* sql)
{
    if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failed();
    return {};
}

Result<std::unique_ptr<Index>> Index::open(const std::string& folder, int flags)
{
    const auto path = path_in(folder);
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    std::unique_ptr<Index> index{new Index{path, sqlite::Handle{raw}}};
    if (opened != SQLITE_OK)
        return Error{EventId::tracking_index_failed, path + ": " + sqlite3_errstr(opened)};
    sqlite3_busy_timeout(raw, patience_ms);
    return index;
}

Result<std::unique_ptr<Index>> Index::open_to_read(const std::string& folder)
{
    if (!real_files().status(path_in(folder))) return std::unique_ptr<Index>{};
    auto index = open(folder, SQLITE_OPEN_READONLY);
    if (!index) return index.error();
    sqlite::Statement version{(*index)->db_.get(), "PRAGMA user_version"};
    if (!version.sound() || version.step() != SQLITE_ROW) return (*index)->failed();
    const auto found = version.number(0);
    if (found == 0) return std::unique_ptr<Index>{};  // being made
    if (found != format)
        return Error{EventId::tracking_index_failed,
                     path_in(folder) + ": format " + std::to_string(found) + " found; 1 expected"};
    return index;
}

Result<std::unique_ptr<Index>> Index::open_to_write(const std::string& folder)
{
    auto opened = open(folder, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!opened) return opened.error();
    auto& index = **opened;
    // Readers make no files of their own beside a database with a rollback journal.
    if (const auto done = index.run("PRAGMA journal_mode = DELETE; PRAGMA synchronous = NORMAL;"
                                    "PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY;");
        !done)
        return done.error();
    std::int64_t found = 0;
    {
        sqlite::Statement version{index.db_.get(), "PRAGMA user_version"};
        if (!version.sound() || version.step() != SQLITE_ROW) return index.failed();
        found = version.number(0);
    }
    if (found == 0) {
        const std::string sql = std::string{"BEGIN IMMEDIATE;"} + schema + "COMMIT;";
        if (const auto made = index.run(sql.c_str()); !made) return made.error();
    } else if (found != format) {
        return Error{EventId::tracking_index_failed,
                     index.path_ + ": format " + std::to_string(found) + " found; 1 expected"};
    }
    if (const auto last = index.segments(); !last) return last.error();
    return opened;
}

void Index::remove(const std::string& folder)
{
    (void)real_files().remove(path_in(folder));
    (void)real_files().remove(path_in(folder) + "-journal");
}

Result<std::vector<Index::Segment>> Index::segments()
{
    sqlite::Statement rows{db_.get(),
                           "SELECT number, day, start, end, mark FROM segment ORDER BY day, start"};
    if (!rows.sound()) return failed();
    std::vector<Segment> out;
    int step = 0;
    while ((step = rows.step()) == SQLITE_ROW)
        out.push_back({rows.number(0), Day{std::chrono::days{rows.number(1)}},
                       static_cast<std::uint64_t>(rows.number(2)),
                       static_cast<std::uint64_t>(rows.number(3)), rows.number(4)});
    if (step != SQLITE_DONE) return failed();
    return out;
}

Result<Index::Blocks> Index::find(const Segment& segment, Key key)
{
    if (!find_)
        find_ = std::make_unique<sqlite::Statement>(
            db_.get(), "SELECT place FROM posting WHERE place BETWEEN ? AND ?");
    if (!find_->sound()) return failed();
    find_->bind(1, place_of(segment.number, key, 0));
    find_->bind(2, place_of(segment.number, key, blocks - 1));
    Blocks out;
    int step = 0;
    while ((step = find_->step()) == SQLITE_ROW)
        out.set(static_cast<std::uint64_t>(find_->number(0)) & (blocks - 1));
    find_->reset();
    if (step != SQLITE_DONE) return failed();
    return out;
}

/// 0: they are used up.
std::int64_t Index::next_number()
{
    sqlite::Statement last{db_.get(), "SELECT max(number) FROM segment"};
    if (!last.sound() || last.step() != SQLITE_ROW) return 0;
    const auto number = last.number(0) + 1;
    return number > most_number ? 0 : number;
}

Result<> Index::add(Segment segment, std::vector<Posting> postings)
{
    std::ranges::sort(postings);
    const auto twice = std::ranges::unique(postings);
    postings.erase(twice.begin(), twice.end());
    if (!add_)
        add_ = std::make_unique<sqlite::Statement>(db_.get(),
                                                   "INSERT INTO posting (place) VALUES (?)");
    if (!add_->sound()) return failed();
    if (const auto begun = run("BEGIN IMMEDIATE"); !begun) return begun.error();
    const auto undone = [this](Error why) {
        (void)run("ROLLBACK");
        return why;
    };
    segment.number = next_number();
    if (segment.number == 0)
        return undone({EventId::tracking_index_failed, path_ + ": it has counted to its end"});
    for (const auto& posting : postings) {
        add_->bind(1, place_of(segment.number, posting.key, posting.block));
        if (!add_->run()) return undone(failed());
    }
    {
        sqlite::Statement row{db_.get(), "INSERT INTO segment VALUES (?, ?, ?, ?, ?)"};
        if (!row.sound()) return undone(failed());
        row.bind(1, segment.number);
        row.bind(2, std::int64_t{segment.day.time_since_epoch().count()});
        row.bind(3, static_cast<std::int64_t>(segment.begin));
        row.bind(4, static_cast<std::int64_t>(segment.end));
        row.bind(5, segment.mark);
        if (!row.run()) return undone(failed());
    }
    if (const auto done = run("COMMIT"); !done) return undone(done.error());
    return {};
}

Result<> Index::forget(Day day)
{
    const auto there = segments();
    if (!there) return there.error();
    if (const auto begun = run("BEGIN IMMEDIATE"); !begun) return begun.error();
    for (const auto& segment : *there) {
        if (segment.day != day) continue;
        const auto first = std::to_string(place_of(segment.number, 0, 0));
        const auto next = std::to_string(place_of(segment.number + 1, 0, 0));
        const auto sql = "DELETE FROM posting WHERE place >= " + first + " AND place < " + next +
                         "; DELETE FROM segment WHERE number = " + std::to_string(segment.number);
        if (const auto done = run(sql.c_str()); !done) {
            (void)run("ROLLBACK");
            return done.error();
        }
    }
    if (const auto done = run("COMMIT"); !done) {
        (void)run("ROLLBACK");
        return done.error();
    }
    return {};
}

}  // namespace imc::tracking
