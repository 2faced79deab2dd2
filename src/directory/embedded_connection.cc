#include "directory/embedded_connection.h"

#include "directory/schema.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace imc::embedded {
namespace {

/// An equality that must hold, for which the index gives all candidates.
const Filter* indexed(const Filter& filter)
{
    if (filter.kind == Filter::Kind::equal) return &filter;
    if (filter.kind != Filter::Kind::all_of) return nullptr;
    const Filter* best = nullptr;
    for (const auto& part : filter.parts)
        if (const auto* found = indexed(part))
            // Of objectClass there are many; anything else is rarer.
            if (best == nullptr || same_word(best->attribute, "objectClass")) best = found;
    return best;
}

bool in_scope(const Dn& dn, const Dn& base, Scope scope)
{
    switch (scope) {
    case Scope::base: return same(dn, base);
    case Scope::one_level:
        if (base.is_root()) return true;  // dc=example,dc=org: candidates() chose them
        return dn.rdns().size() == base.rdns().size() + 1 && dn.is_within(base);
    case Scope::subtree: return dn.is_within(base);
    }
    return false;
}

}  // namespace

Error trouble_of(const std::string& path, sqlite3* db)
{
    const int code = db == nullptr ? SQLITE_NOMEM : sqlite3_errcode(db) & 0xff;
    std::string why = db == nullptr ? "out of memory" : sqlite3_errmsg(db);
    switch (code) {
    case SQLITE_NOTADB:
        why = "the file is no directory database (" + why + "); restore it from a backup";
        break;
    case SQLITE_CORRUPT: why = "the file is damaged (" + why + "); restore it from a backup"; break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: why = "another process keeps it locked (" + why + ")"; break;
    case SQLITE_INTERRUPT: why = "no answer in time"; break;
    case SQLITE_FULL: why = "the disk is full; free space and try again"; break;
    case SQLITE_READONLY:
        why = "it may not be written; give file and folder to the service's user";
        break;
    default: break;
    }
    return Error{EventId::directory_unreachable, path + ": " + why, static_cast<unsigned>(code)};
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Use use)
{
    // SQLite's own words for these two would be "unable to open database file". Only asked, never
    // opened: closing a descriptor of the file would end the locks of all connections to it
    // (POSIX), and another process could take away the log beneath them.
    if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) != 0)
        return Error{EventId::directory_unreachable,
                     path + ": " + std::strerror(errno) +
                         (errno == ENOENT ? "; 'imc setup' makes it, or a backup restores it"
                                          : "; give file and folder to the service's user"),
                     static_cast<unsigned>(errno)};
    sqlite3* raw = nullptr;
    const int result =
        sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    sqlite::Handle db{raw};
    if (result != SQLITE_OK) return trouble_of(path, db.get());
    sqlite3_busy_timeout(db.get(), 5000);
    const char* manners = use == Use::read
                              ? "PRAGMA journal_mode = WAL; PRAGMA query_only = ON;"
                              : "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                                "PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 1000;";
    if (sqlite3_exec(db.get(), manners, nullptr, nullptr, nullptr) != SQLITE_OK)
        return trouble_of(path, db.get());
    return std::make_unique<Connection>(path, std::move(db));
}

Connection::Connection(std::string path, sqlite::Handle db)
    : path_{std::move(path)}, db_{std::move(db)}
{
    sqlite3_progress_handler(db_.get(), 4000, is_late, this);
}

int Connection::is_late(void* connection)
{
    const auto deadline = static_cast<const Connection*>(connection)->deadline_;
    return deadline != Deadline{} && std::chrono::steady_clock::now() > deadline ? 1 : 0;
}

Result<> Connection::arm(Deadline deadline)
{
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0)
        return Error{EventId::directory_unreachable, path_ + ": no time left to ask"};
    deadline_ = deadline;
    sqlite3_busy_timeout(db_.get(),
                         static_cast<int>(std::clamp<std::int64_t>(left.count(), 1, 60'000)));
    return {};
}

Result<std::optional<std::int64_t>> Connection::find(const Dn& dn)
{
    find_.reset();
    const auto key = dn.normalized();
    find_.bind(1, key);
    const int result = find_.step();
    std::optional<std::int64_t> id;
    if (result == SQLITE_ROW) id = find_.number(0);
    find_.reset();
    if (result != SQLITE_ROW && result != SQLITE_DONE) return trouble();
    return id;
}

Result<Entry> Connection::load(std::int64_t id)
{
    Entry entry;
    name_.reset();
    name_.bind(1, id);
    const int named = name_.step();
    const std::string text = named == SQLITE_ROW ? name_.text(0) : "";
    name_.reset();
    if (named != SQLITE_ROW) return trouble();
    auto dn = Dn::parse_rfc4514(text);
    if (!dn) return dn.error();
    entry.dn = std::move(*dn);
    values_.reset();
    values_.bind(1, id);
    int result = SQLITE_ROW;
    while ((result = values_.step()) == SQLITE_ROW)
        entry.attributes[values_.text(0)].push_back(values_.text(1));
    values_.reset();
    if (result != SQLITE_DONE) return trouble();
    return entry;
}

Result<std::vector<std::int64_t>> Connection::ids_of(sqlite::Statement& statement)
{
    std::vector<std::int64_t> ids;
    int result = SQLITE_ROW;
    while ((result = statement.step()) == SQLITE_ROW)
        ids.push_back(statement.number(0));
    statement.reset();
    if (result != SQLITE_DONE) return trouble();
    return ids;
}

/// Every object that may match is among them.
Result<std::vector<std::int64_t>> Connection::candidates(const Dn& base, Scope scope,
                                                         const Filter& filter)
{
    if (scope == Scope::base) {
        const auto found = find(base);
        if (!found) return found.error();
        return *found ? std::vector{**found} : std::vector<std::int64_t>{};
    }
    if (scope == Scope::one_level && base.is_root()) return ids_of(tops_);
    const auto* key = indexed(filter);
    if (key == nullptr) return ids_of(all_);
    const auto value = normalized_value(key->attribute, key->values.front());
    holders_.bind(1, key->attribute);
    holders_.bind(2, value);
    return ids_of(holders_);
}

Result<std::vector<Entry>> Connection::search(const Dn& base, Scope scope, const Filter& filter,
                                              std::size_t limit)
{
    const auto ids = candidates(base, scope, filter);
    if (!ids) return ids.error();
    std::vector<Entry> out;
    for (const auto id : *ids) {
        if (is_late(this) != 0)
            return Error{EventId::directory_unreachable, path_ + ": no answer in time"};
        auto entry = load(id);
        if (!entry) return entry.error();
        if (!in_scope(entry->dn, base, scope) || !filter.matches(*entry)) continue;
        if (out.size() == limit)
            return Error{EventId::directory_refused,
                         "more than " + std::to_string(limit) + " objects match; ask for fewer"};
        out.push_back(std::move(*entry));
    }
    return out;
}

Result<> Connection::scan(const Dn& base, const Filter& filter, const Directory::Take& take)
{
    const auto ids = candidates(base, Scope::subtree, filter);
    if (!ids) return ids.error();
    for (const auto id : *ids) {
        if (is_late(this) != 0)
            return Error{EventId::directory_unreachable, path_ + ": no answer in time"};
        auto entry = load(id);
        if (!entry) return entry.error();
        if (!entry->dn.is_within(base) || !filter.matches(*entry)) continue;
        if (!take(*std::move(entry))) break;
    }
    return {};
}

Result<std::uint64_t> Connection::revision()
{
    const int result = revision_.step();
    const auto number = result == SQLITE_ROW ? revision_.number(0) : 0;
    revision_.reset();
    if (result != SQLITE_ROW) return trouble();
    return static_cast<std::uint64_t>(number);
}

Transaction::Transaction(Connection& connection, Connection::Use use)
    : db_{connection.db()},
      open_{sqlite3_exec(db_, use == Connection::Use::read ? "BEGIN" : "BEGIN IMMEDIATE", nullptr,
                         nullptr, nullptr) == SQLITE_OK}
{}

Transaction::~Transaction()
{
    if (open_) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

bool Transaction::commit()
{
    if (sqlite3_exec(db_, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) return false;
    open_ = false;
    return true;
}

}  // namespace imc::embedded
