#pragma once
/// @file directory/embedded_connection.h  One connection to the embedded directory's file, and what
/// is read through it.
///
/// For embedded*.cc only. Errors: embedded.h's. Threads: one owner at a time.
#include "base/time.h"
#include "directory/directory.h"
#include "directory/filter.h"
#include "directory/sqlite.h"

#include <optional>

namespace imc::embedded {

/// What is wrong with the file: 40001 with the reason and the mend.
Error trouble_of(const std::string& path, sqlite3* db);

class Connection {
public:
    enum class Use : std::uint8_t { read, write };

    /// Never creates the file.
    static Result<std::unique_ptr<Connection>> open(const std::string& path, Use use);
    Connection(std::string path, sqlite::Handle db);

    /// From now on waiting for locks and long searches end at `deadline`; 40001 when it is past.
    Result<> arm(Deadline deadline);

    Result<std::optional<std::int64_t>> find(const Dn& dn);
    Result<Entry> load(std::int64_t id);
    Result<std::vector<Entry>> search(const Dn& base, Scope scope, const Filter& filter,
                                      std::size_t limit);
    Result<> scan(const Dn& base, const Filter& filter, const Directory::Take& take);
    Result<std::uint64_t> revision();

    Error trouble() const { return trouble_of(path_, db_.get()); }
    sqlite3* db() const noexcept { return db_.get(); }
    const std::string& path() const noexcept { return path_; }

private:
    Result<std::vector<std::int64_t>> candidates(const Dn& base, Scope scope, const Filter& filter);
    Result<std::vector<std::int64_t>> ids_of(sqlite::Statement& statement);
    static int is_late(void* connection);

    const std::string path_;
    sqlite::Handle db_;
    Deadline deadline_{};
    sqlite::Statement find_{db_.get(), "SELECT id FROM entries WHERE key = ?1"};
    sqlite::Statement name_{db_.get(), "SELECT dn FROM entries WHERE id = ?1"};
    sqlite::Statement values_{
        db_.get(), "SELECT name, value FROM attributes WHERE entry = ?1 ORDER BY name, position"};
    sqlite::Statement holders_{
        db_.get(),
        "SELECT DISTINCT entry FROM attributes WHERE name = ?1 AND key = ?2 ORDER BY entry"};
    sqlite::Statement tops_{db_.get(), "SELECT id FROM entries WHERE parent = 0 ORDER BY id"};
    sqlite::Statement all_{db_.get(), "SELECT id FROM entries ORDER BY id"};
    sqlite::Statement revision_{db_.get(), "SELECT revision FROM state"};
};

/// Everything in between sees one state of the directory, or is taken back unless committed.
class Transaction {
public:
    Transaction(Connection& connection, Connection::Use use);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    bool begun() const noexcept { return open_; }
    bool commit();

private:
    sqlite3* db_;
    bool open_;
};

}  // namespace imc::embedded
