#include "directory/embedded.h"

#include "base/files.h"
#include "directory/filter.h"
#include "directory/schema.h"
#include "directory/sqlite.h"

#include <algorithm>
#include <mutex>

namespace imc {
namespace {

constexpr std::string_view tables = R"(
PRAGMA application_id = 1768779619;
PRAGMA user_version = 1;
CREATE TABLE entries (
    id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, key TEXT NOT NULL UNIQUE, dn TEXT NOT NULL);
CREATE INDEX entries_parent ON entries (parent);
CREATE TABLE attributes (
    entry INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE, name TEXT NOT NULL COLLATE NOCASE,
    position INTEGER NOT NULL, value BLOB NOT NULL, key TEXT NOT NULL, PRIMARY KEY (entry, name, position))
    WITHOUT ROWID;
CREATE INDEX attributes_key ON attributes (name, key);
CREATE UNIQUE INDEX attributes_proxy ON attributes (key) WHERE name = 'proxyAddresses';
CREATE TABLE state (revision INTEGER NOT NULL);
INSERT INTO state VALUES (1);
)";

class Embedded final : public Directory {
public:
    Embedded(std::string path, sqlite::Handle db) : path_{std::move(path)}, db_{std::move(db)} {}

    std::string description() const override { return "embedded (" + path_ + ")"; }
    bool is_local() const override { return true; }

    Answer<Entry> read(const Dn& dn, Deadline deadline) override
    {
        const std::lock_guard lock{mutex_};
        arm(deadline);
        auto found = find(dn);
        if (!found) return CannotSay{found.error()};
        if (!*found) return ProvenAbsent{};
        auto entry = load(**found, dn.to_rfc4514());
        if (!entry) return CannotSay{entry.error()};
        return std::move(*entry);
    }

    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view text,
                                      Deadline deadline, std::size_t limit) override
    {
        const auto filter = Filter::parse(text);
        if (!filter) return filter.error();
        const std::lock_guard lock{mutex_};
        arm(deadline);
        const Transaction reading{db_.get(), "BEGIN"};
        if (!base.is_root()) {
            const auto found = find(base);
            if (!found) return found.error();
            if (!*found)
                return Error{EventId::directory_no_such_object, base.to_rfc4514() + " in " + path_};
        }
        return collect(base, scope, *filter, limit);
    }

    Result<> apply(std::span<const Change> changes, Deadline deadline) override
    {
        const std::lock_guard lock{mutex_};
        arm(deadline);
        Transaction writing{db_.get(), "BEGIN IMMEDIATE"};
        if (!writing.begun()) return trouble();
        for (const auto& change : changes)
            if (auto done = one(change); !done) return done;
        if (!run("UPDATE state SET revision = revision + 1")) return trouble();
        if (!writing.commit()) return trouble();
        return {};
    }

    Result<std::uint64_t> revision(Deadline deadline) override
    {
        const std::lock_guard lock{mutex_};
        arm(deadline);
        sqlite::Statement ask{db_.get(), "SELECT revision FROM state"};
        if (!ask.sound() || ask.step() != SQLITE_ROW) return trouble();
        return static_cast<std::uint64_t>(ask.number(0));
    }

private:
    /// Rolls back unless committed.
    class Transaction {
    public:
        Transaction(sqlite3* db, const char* begin)
            : db_{db}, open_{sqlite3_exec(db, begin, nullptr, nullptr, nullptr) == SQLITE_OK}
        {}
        Transaction(const Transaction&) = delete;
        Transaction& operator=(const Transaction&) = delete;
        ~Transaction()
        {
            if (open_) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
        }
        bool begun() const { return open_; }
        bool commit()
        {
            if (sqlite3_exec(db_, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) return false;
            open_ = false;
            return true;
        }

    private:
        sqlite3* db_;
        bool open_;
    };

    void arm(Deadline deadline)
    {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        sqlite3_busy_timeout(db_.get(),
                             static_cast<int>(std::clamp<std::int64_t>(left.count(), 1, 60'000)));
    }

    bool run(const char* sql)
    {
        return sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
    }

    Error trouble() const { return trouble_of(path_, db_.get()); }

public:
    static Error trouble_of(const std::string& path, sqlite3* db)
    {
        const int code = db == nullptr ? SQLITE_NOMEM : sqlite3_errcode(db) & 0xff;
        std::string why = db == nullptr ? "out of memory" : sqlite3_errmsg(db);
        switch (code) {
        case SQLITE_NOTADB:
            why = "the file is no directory database (" + why + "); restore it from a backup";
            break;
        case SQLITE_CORRUPT:
            why = "the file is damaged (" + why + "); restore it from a backup";
            break;
        case SQLITE_BUSY:
        case SQLITE_LOCKED: why = "another process keeps it locked (" + why + ")"; break;
        case SQLITE_FULL: why = "the disk is full; free space and try again"; break;
        case SQLITE_READONLY:
            why = "it may not be written; give file and folder to the service's user";
            break;
        default: break;
        }
        return Error{EventId::directory_unreachable, path + ": " + why,
                     static_cast<unsigned>(code)};
    }

private:
    Result<std::optional<std::int64_t>> find(const Dn& dn)
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

    Result<Entry> load(std::int64_t id, const std::string& fallback)
    {
        Entry entry;
        name_.reset();
        name_.bind(1, id);
        const std::string text = name_.step() == SQLITE_ROW ? name_.text(0) : fallback;
        name_.reset();
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

    /// An equality that must hold, for which the index gives all candidates.
    static const Filter* indexed(const Filter& filter)
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

    Result<std::vector<Entry>> collect(const Dn& base, Scope scope, const Filter& filter,
                                       std::size_t limit)
    {
        std::vector<std::int64_t> ids;
        int result = SQLITE_ROW;
        if (const auto* key = indexed(filter)) {
            sqlite::Statement ask{db_.get(), "SELECT DISTINCT entry FROM attributes WHERE name = "
                                             "?1 AND key = ?2 ORDER BY entry"};
            if (!ask.sound()) return trouble();
            const auto value = normalized_value(key->attribute, key->values.front());
            ask.bind(1, key->attribute);
            ask.bind(2, value);
            while ((result = ask.step()) == SQLITE_ROW)
                ids.push_back(ask.number(0));
        } else {
            sqlite::Statement ask{db_.get(), "SELECT id FROM entries ORDER BY id"};
            if (!ask.sound()) return trouble();
            while ((result = ask.step()) == SQLITE_ROW)
                ids.push_back(ask.number(0));
        }
        if (result != SQLITE_DONE) return trouble();
        std::vector<Entry> out;
        for (const auto id : ids) {
            auto entry = load(id, "");
            if (!entry) return entry.error();
            if (!in_scope(entry->dn, base, scope) || !filter.matches(*entry)) continue;
            if (out.size() == limit)
                return Error{EventId::directory_refused, "more than " + std::to_string(limit) +
                                                             " objects match; ask for fewer"};
            out.push_back(std::move(*entry));
        }
        return out;
    }

    static bool in_scope(const Dn& dn, const Dn& base, Scope scope)
    {
        switch (scope) {
        case Scope::base: return same(dn, base);
        case Scope::one_level:
            return dn.rdns().size() == base.rdns().size() + 1 && dn.is_within(base);
        case Scope::subtree: return dn.is_within(base);
        }
        return false;
    }

    Result<> one(const Change& change)
    {
        switch (change.kind) {
        case Change::Kind::add: return add(change);
        case Change::Kind::remove: return remove(change);
        case Change::Kind::modify: return modify(change);
        case Change::Kind::rename: return rename(change);
        }
        return {};
    }

    Result<std::int64_t> existing(const Dn& dn)
    {
        const auto found = find(dn);
        if (!found) return found.error();
        if (!*found) return Error{EventId::directory_no_such_object, dn.to_rfc4514()};
        return **found;
    }

    Result<> add(const Change& change)
    {
        if (change.dn.is_root())
            return Error{EventId::directory_refused, "the root cannot be added"};
        const auto found = find(change.dn);
        if (!found) return found.error();
        if (*found) return Error{EventId::directory_object_exists, change.dn.to_rfc4514()};
        std::int64_t parent = 0;
        if (const Dn above = change.dn.parent(); !above.is_root()) {
            const auto parent_id = find(above);
            if (!parent_id) return parent_id.error();
            if (*parent_id)
                parent = **parent_id;
            else if (change.dn.rdns().front().front().type != "dc")
                return Error{EventId::directory_no_such_object,
                             above.to_rfc4514() + ", above " + change.dn.to_rfc4514()};
        }
        Entry entry{change.dn, change.attributes};
        name_values(entry);
        if (auto sound = check_schema(entry); !sound) return sound;
        sqlite::Statement insert{db_.get(),
                                 "INSERT INTO entries (parent, key, dn) VALUES (?1, ?2, ?3)"};
        if (!insert.sound()) return trouble();
        const auto key = change.dn.normalized();
        const auto dn = change.dn.to_rfc4514();
        insert.bind(1, parent);
        insert.bind(2, key);
        insert.bind(3, dn);
        if (insert.step() != SQLITE_DONE) return trouble();
        return store(sqlite3_last_insert_rowid(db_.get()), entry);
    }

    /// The values of the name are values of the object as well.
    static void name_values(Entry& entry)
    {
        for (const auto& ava : entry.dn.rdns().front()) {
            auto& values = entry.attributes[ava.type];
            const auto wanted = normalized_value(ava.type, ava.value);
            if (std::ranges::none_of(
                    values, [&](const auto& v) { return normalized_value(ava.type, v) == wanted; }))
                values.push_back(ava.value);
        }
    }

    Result<> store(std::int64_t id, const Entry& entry)
    {
        sqlite::Statement clear{db_.get(), "DELETE FROM attributes WHERE entry = ?1"};
        sqlite::Statement insert{db_.get(), "INSERT INTO attributes (entry, name, position, value, "
                                            "key) VALUES (?1, ?2, ?3, ?4, ?5)"};
        if (!clear.sound() || !insert.sound()) return trouble();
        clear.bind(1, id);
        if (clear.step() != SQLITE_DONE) return trouble();
        for (const auto& [name, values] : entry.attributes)
            for (std::size_t i = 0; i < values.size(); ++i) {
                const auto key = normalized_value(name, values[i]);
                insert.reset();
                insert.bind(1, id);
                insert.bind(2, name);
                insert.bind(3, static_cast<std::int64_t>(i));
                insert.bind(4, values[i]);
                insert.bind(5, key);
                const int result = insert.step();
                if (result == SQLITE_CONSTRAINT && same_word(name, "proxyAddresses"))
                    return taken(entry, values[i], key);
                if (result != SQLITE_DONE) return trouble();
            }
        return {};
    }

    Error taken(const Entry& entry, const std::string& value, const std::string& key)
    {
        sqlite::Statement ask{db_.get(),
                              "SELECT e.dn FROM attributes a JOIN entries e ON e.id = a.entry "
                              "WHERE a.name = 'proxyAddresses' AND a.key = ?1"};
        std::string owner = "another object";
        ask.bind(1, key);
        if (ask.sound() && ask.step() == SQLITE_ROW) owner = ask.text(0);
        return Error{EventId::directory_address_taken, printable(value, 200) + " of " +
                                                           entry.dn.to_rfc4514() + " belongs to " +
                                                           owner};
    }

    Result<> remove(const Change& change)
    {
        const auto id = existing(change.dn);
        if (!id) return id.error();
        sqlite::Statement children{db_.get(), "SELECT count(*) FROM entries WHERE parent = ?1"};
        children.bind(1, *id);
        if (!children.sound() || children.step() != SQLITE_ROW) return trouble();
        if (children.number(0) > 0)
            return Error{EventId::directory_refused,
                         change.dn.to_rfc4514() + " has " + std::to_string(children.number(0)) +
                             " objects below it; delete them first (-r)"};
        sqlite::Statement attributes{db_.get(), "DELETE FROM attributes WHERE entry = ?1"};
        sqlite::Statement entry{db_.get(), "DELETE FROM entries WHERE id = ?1"};
        attributes.bind(1, *id);
        entry.bind(1, *id);
        if (attributes.step() != SQLITE_DONE || entry.step() != SQLITE_DONE) return trouble();
        return {};
    }

    Result<> modify(const Change& change)
    {
        const auto id = existing(change.dn);
        if (!id) return id.error();
        auto entry = load(*id, change.dn.to_rfc4514());
        if (!entry) return entry.error();
        for (const auto& part : change.changes)
            if (auto done = change_values(*entry, part); !done) return done;
        std::erase_if(entry->attributes, [](const auto& a) { return a.second.empty(); });
        for (const auto& ava : entry->dn.rdns().front()) {
            const auto wanted = normalized_value(ava.type, ava.value);
            if (std::ranges::none_of(entry->all(ava.type), [&](const auto& v) {
                    return normalized_value(ava.type, v) == wanted;
                }))
                return Error{EventId::directory_refused,
                             entry->dn.to_rfc4514() + ": " + ava.type +
                                 " is part of the name; rename the object instead"};
        }
        if (auto sound = check_schema(*entry); !sound) return sound;
        return store(*id, *entry);
    }

    static Result<> change_values(Entry& entry, const AttributeChange& part)
    {
        auto& values = entry.attributes[part.attribute];
        const auto has = [&](const std::string& value) {
            const auto wanted = normalized_value(part.attribute, value);
            return std::ranges::find_if(values, [&](const auto& v) {
                return normalized_value(part.attribute, v) == wanted;
            });
        };
        const auto refused = [&](const std::string& value, const char* what) {
            return Error{EventId::directory_refused, entry.dn.to_rfc4514() + ": " + part.attribute +
                                                         " " + what + " \"" +
                                                         printable(value, 100) + "\""};
        };
        switch (part.kind) {
        case AttributeChange::Kind::replace: values = part.values; break;
        case AttributeChange::Kind::add:
            for (const auto& value : part.values) {
                if (has(value) != values.end()) return refused(value, "has already");
                values.push_back(value);
            }
            break;
        case AttributeChange::Kind::remove:
            if (part.values.empty()) {
                if (values.empty()) return refused("", "has no value");
                values.clear();
            }
            for (const auto& value : part.values) {
                const auto at = has(value);
                if (at == values.end()) return refused(value, "has no value");
                values.erase(at);
            }
            break;
        }
        return {};
    }

    Result<> rename(const Change& change)
    {
        const auto id = existing(change.dn);
        if (!id) return id.error();
        if (change.new_rdn.empty())
            return Error{EventId::dn_invalid, "a rename without a new name"};
        const Dn above = change.new_superior ? *change.new_superior : change.dn.parent();
        if (above.is_within(change.dn))
            return Error{EventId::directory_refused,
                         change.dn.to_rfc4514() + " cannot be moved below itself"};
        if (change.new_rdn.size() > 1)
            return Error{EventId::directory_refused,
                         "a new name of several parts (+) is not supported"};
        std::int64_t parent = 0;
        if (!above.is_root() && change.new_superior) {
            const auto found = existing(above);
            if (!found) return found.error();
            parent = *found;
        }
        Dn target = above;
        for (const auto& ava : change.new_rdn)
            target = above.child(ava.type, ava.value);
        if (!same(target, change.dn)) {
            const auto there = find(target);
            if (!there) return there.error();
            if (*there) return Error{EventId::directory_object_exists, target.to_rfc4514()};
        }
        auto entry = load(*id, "");
        if (!entry) return entry.error();
        const Dn old = entry->dn;
        if (change.delete_old_rdn)
            for (const auto& ava : old.rdns().front()) {
                auto& values = entry->attributes[ava.type];
                std::erase_if(values, [&](const auto& v) {
                    return normalized_value(ava.type, v) == normalized_value(ava.type, ava.value);
                });
            }
        std::erase_if(entry->attributes, [](const auto& a) { return a.second.empty(); });
        entry->dn = target;
        name_values(*entry);
        if (auto sound = check_schema(*entry); !sound) return sound;
        if (auto stored = store(*id, *entry); !stored) return stored;
        if (change.new_superior)
            if (auto set = put_parent(*id, parent); !set) return set;
        return move_names(old, target);
    }

    Result<> put_parent(std::int64_t id, std::int64_t parent)
    {
        sqlite::Statement set{db_.get(), "UPDATE entries SET parent = ?2 WHERE id = ?1"};
        set.bind(1, id);
        set.bind(2, parent);
        if (set.step() != SQLITE_DONE) return trouble();
        return {};
    }

    /// The object and all below it get their new names.
    Result<> move_names(const Dn& from, const Dn& to)
    {
        std::vector<std::pair<std::int64_t, Dn>> moved;
        sqlite::Statement all{db_.get(), "SELECT id, dn FROM entries"};
        int result = SQLITE_ROW;
        while ((result = all.step()) == SQLITE_ROW) {
            const auto dn = Dn::parse_rfc4514(all.text(1));
            if (dn && dn->is_within(from)) moved.emplace_back(all.number(0), *dn);
        }
        if (result != SQLITE_DONE) return trouble();
        sqlite::Statement set{db_.get(), "UPDATE entries SET key = ?2, dn = ?3 WHERE id = ?1"};
        for (const auto& [id, dn] : moved) {
            Dn target = to;
            const auto own = dn.rdns().size() - from.rdns().size();
            for (std::size_t i = own; i-- > 0;)
                target = target.child(dn.rdns()[i].front().type, dn.rdns()[i].front().value);
            const auto key = target.normalized();
            const auto text = target.to_rfc4514();
            set.reset();
            set.bind(1, id);
            set.bind(2, key);
            set.bind(3, text);
            if (set.step() != SQLITE_DONE) return trouble();
        }
        return {};
    }

    const std::string path_;
    sqlite::Handle db_;
    std::mutex mutex_;
    sqlite::Statement find_{db_.get(), "SELECT id FROM entries WHERE key = ?1"};
    sqlite::Statement name_{db_.get(), "SELECT dn FROM entries WHERE id = ?1"};
    sqlite::Statement values_{
        db_.get(), "SELECT name, value FROM attributes WHERE entry = ?1 ORDER BY name, position"};
};

Result<sqlite::Handle> handle(const std::string& path, int flags)
{
    sqlite3* raw = nullptr;
    const int result = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_FULLMUTEX, nullptr);
    sqlite::Handle db{raw};
    if (result != SQLITE_OK) return Embedded::trouble_of(path, db.get());
    sqlite3_busy_timeout(db.get(), 5000);
    constexpr const char* manners =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
        "PRAGMA wal_autocheckpoint = 1000;";
    if (sqlite3_exec(db.get(), manners, nullptr, nullptr, nullptr) != SQLITE_OK)
        return Embedded::trouble_of(path, db.get());
    return db;
}

Error missing(const std::string& path, const boost::system::error_code& why)
{
    return Error{EventId::directory_unreachable,
                 path + ": " + why.message() + "; 'imc setup' makes it, or a backup restores it"};
}

}  // namespace

Result<std::unique_ptr<Directory>> open_embedded(const std::string& path)
{
    // SQLite's own words for these two would be "unable to open database file".
    const auto readable = real_files().open(path, OpenMode::write);
    if (!readable) return missing(path, readable.error());
    auto db = handle(path, SQLITE_OPEN_READWRITE);
    if (!db) return db.error();
    sqlite::Statement ask{
        db->get(),
        "SELECT count(*) FROM sqlite_master WHERE name IN ('entries', 'attributes', 'state')"};
    if (!ask.sound() || ask.step() != SQLITE_ROW) return Embedded::trouble_of(path, db->get());
    if (ask.number(0) != 3)
        return Error{EventId::directory_unreachable,
                     path + ": the file is no directory of imc; restore it from a backup"};
    return std::make_unique<Embedded>(path, std::move(*db));
}

Result<std::unique_ptr<Directory>> create_embedded(const std::string& path)
{
    if (const auto made = real_files().open(path, OpenMode::create_new); !made) {
        if (made.error().value() == EEXIST) return Error{EventId::directory_object_exists, path};
        return missing(path, made.error());
    }
    auto db = handle(path, SQLITE_OPEN_READWRITE);
    if (!db) return db.error();
    if (sqlite3_exec(db->get(), tables.data(), nullptr, nullptr, nullptr) != SQLITE_OK)
        return Embedded::trouble_of(path, db->get());
    return std::make_unique<Embedded>(path, std::move(*db));
}

}  // namespace imc
