#include "directory/embedded.h"

#include "base/files.h"
#include "directory/embedded_change.h"
#include "directory/embedded_readers.h"

#include <mutex>
#include <unistd.h>

namespace imc {
namespace {

using embedded::Connection;
using embedded::Transaction;

constexpr std::string_view tables = R"(
BEGIN;
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
COMMIT;
)";

class Embedded final : public Directory {
public:
    Embedded(std::string path, std::unique_ptr<Connection> writer)
        : path_{std::move(path)}, writer_{std::move(writer)}
    {}

    std::string description() const override { return "embedded (" + path_ + ")"; }
    bool is_local() const override { return true; }

    Answer<Entry> read(const Dn& dn, Deadline deadline) override
    {
        const auto reader = readers_.borrow(deadline);
        if (!reader) return CannotSay{reader.error()};
        const Transaction reading{**reader, Connection::Use::read};
        const auto found = (*reader)->find(dn);
        if (!found) return CannotSay{found.error()};
        if (!*found) return ProvenAbsent{};
        auto entry = (*reader)->load(**found);
        if (!entry) return CannotSay{entry.error()};
        return std::move(*entry);
    }

    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view text,
                                      Deadline deadline, std::size_t limit) override
    {
        const auto filter = Filter::parse(text);
        if (!filter) return filter.error();
        const auto reader = readers_.borrow(deadline);
        if (!reader) return reader.error();
        const Transaction reading{**reader, Connection::Use::read};
        if (auto there = has(**reader, base); !there) return there.error();
        return (*reader)->search(base, scope, *filter, limit);
    }

    Result<> scan(const Dn& base, std::string_view text, Deadline deadline,
                  const Take& take) override
    {
        const auto filter = Filter::parse(text);
        if (!filter) return filter.error();
        const auto reader = readers_.borrow(deadline);
        if (!reader) return reader.error();
        const Transaction reading{**reader, Connection::Use::read};
        if (auto there = has(**reader, base); !there) return there;
        return (*reader)->scan(base, *filter, take);
    }

    Result<> apply(std::span<const Change> changes, Deadline deadline) override
    {
        const std::unique_lock lock{writing_, deadline};
        if (!lock)
            return Error{EventId::directory_unreachable,
                         path_ + ": another change has been going on until the deadline"};
        if (auto same = readers_.check_file(); !same) return same;
        if (auto armed = writer_->arm(deadline); !armed) return armed;
        Transaction writing{*writer_, Connection::Use::write};
        if (!writing.begun()) return writer_->trouble();
        for (const auto& change : changes) {
            if (auto sound = check_change(change); !sound) return sound;
            if (auto done = embedded::make(*writer_, change); !done) return done;
        }
        if (!sqlite::Statement{writer_->db(), "UPDATE state SET revision = revision + 1"}.run())
            return writer_->trouble();
        if (!writing.commit()) return writer_->trouble();
        return {};
    }

    Result<std::uint64_t> revision(Deadline deadline) override
    {
        const auto reader = readers_.borrow(deadline);
        if (!reader) return reader.error();
        return (*reader)->revision();
    }

private:
    Result<> has(Connection& reader, const Dn& base) const
    {
        if (base.is_root()) return {};
        const auto found = reader.find(base);
        if (!found) return found.error();
        if (*found) return {};
        return Error{EventId::directory_no_such_object, base.to_rfc4514() + " in " + path_};
    }

    const std::string path_;
    embedded::Readers readers_{path_};
    std::timed_mutex writing_;
    std::unique_ptr<Connection> writer_;
};

}  // namespace

Result<std::unique_ptr<Directory>> open_embedded(const std::string& path)
{
    auto writer = Connection::open(path, Connection::Use::write);
    if (!writer) return writer.error();
    sqlite::Statement ask{
        (*writer)->db(),
        "SELECT count(*) FROM sqlite_master WHERE name IN ('entries', 'attributes', 'state')"};
    if (!ask.sound() || ask.step() != SQLITE_ROW) return (*writer)->trouble();
    if (ask.number(0) != 3)
        return Error{EventId::directory_unreachable,
                     path + ": the file is no directory of imc; restore it from a backup"};
    ask.reset();
    return std::make_unique<Embedded>(path, std::move(*writer));
}

Result<std::unique_ptr<Directory>> create_embedded(const std::string& path)
{
    if (const auto made = real_files().open(path, OpenMode::create_new); !made) {
        if (made.error().value() == EEXIST) return Error{EventId::directory_object_exists, path};
        return Error{EventId::directory_unreachable, path + ": " + made.error().message(),
                     static_cast<unsigned>(made.error().value())};
    }
    {
        const auto empty = Connection::open(path, Connection::Use::write);
        if (!empty) return empty.error();
        if (sqlite3_exec((*empty)->db(), tables.data(), nullptr, nullptr, nullptr) != SQLITE_OK)
            return (*empty)->trouble();
    }  // opened anew: its statements are made when the tables are there
    return open_embedded(path);
}

}  // namespace imc
