#pragma once
/// @file base/sqlite.h  SQLite with owners for its handles and our errors.
#include "base/error.h"

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace imc::sqlite {

struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};
using Handle = std::unique_ptr<sqlite3, Close>;

/// One row after another. Bound texts must live until the last step.
class Statement {
public:
    Statement(sqlite3* db, std::string_view sql)
    {
        sqlite3_stmt* raw = nullptr;
        if (sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()),
                               SQLITE_PREPARE_PERSISTENT, &raw, nullptr) == SQLITE_OK)
            statement_.reset(raw);
    }

    bool sound() const { return statement_ != nullptr; }
    /// Steps once and resets: for statements without rows.
    bool run()
    {
        const int result = step();
        reset();
        return result == SQLITE_DONE;
    }
    void bind(int index, std::string_view text)
    {
        sqlite3_bind_text(statement_.get(), index, text.data(), static_cast<int>(text.size()),
                          SQLITE_STATIC);
    }
    void bind(int index, std::int64_t number)
    {
        sqlite3_bind_int64(statement_.get(), index, number);
    }
    int step() { return sqlite3_step(statement_.get()); }
    void reset()
    {
        sqlite3_reset(statement_.get());
        sqlite3_clear_bindings(statement_.get());
    }
    std::string text(int column)
    {
        const auto* octets = sqlite3_column_text(statement_.get(), column);
        const auto size = sqlite3_column_bytes(statement_.get(), column);
        return octets == nullptr ? std::string{}
                                 : std::string{reinterpret_cast<const char*>(octets),
                                               static_cast<std::size_t>(size)};
    }
    std::int64_t number(int column) { return sqlite3_column_int64(statement_.get(), column); }

private:
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace imc::sqlite
