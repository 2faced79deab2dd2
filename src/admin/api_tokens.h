#pragma once
/// @file admin/api_tokens.h  Tokens for programs that speak to the Administrator's server.
///
/// secrets/admin-tokens (docs/formats/secrets.md) keeps of each its name, role, expiry and
/// the SHA-256 of its text: the text is shown once and cannot be had again. What another process
/// writes there is seen by the next question; a file that is as it was is not read again.
///
/// Errors:  41021 (the file), 40402 (a name that is taken, malformed or unknown)
/// Threads: any; every call asks the disk, but holds().
#include "admin/caller.h"
#include "base/error.h"
#include "base/files.h"
#include "base/time.h"

#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace imc::admin {

struct ApiToken {
    std::string name;  ///< letters, digits, . _ -
    Role role = Role::view;
    std::string domain = {};  ///< of a help desk's
    std::string hash = {};
    WallTime made{}, expires{};
    std::string by = {};  ///< who made it
};

class ApiTokens {
public:
    explicit ApiTokens(std::string path, FileSystem& files = real_files(),
                       const WallClock& clock = wall_clock());

    struct Wish {
        std::string name;
        Role role = Role::view;
        std::string domain = {};
        unsigned days = 90;  ///< 1 to 3650
        std::string by = {};
    };
    /// What is wrong with it, before anything is done.
    Result<> judge(const Wish& wish);
    struct Made {
        std::string text;  ///< "imc_" and 64 digits
        ApiToken token;
    };
    Result<Made> add(const Wish& wish);
    Result<std::vector<ApiToken>> list();
    Result<ApiToken> remove(const std::string& name);

    struct Seen {
        std::optional<ApiToken> token;  ///< valid now
        std::string why = {};           ///< it is not
        bool first = false;             ///< since this object was made
    };
    Result<Seen> find(std::string_view text);
    /// Whether the token is valid still, as of the last find() or look(). Never waits.
    bool holds(const std::string& hash) const;
    /// For holds(): sees what another process wrote. A file that cannot be read ends nothing.
    void look();

private:
    using Tokens = std::shared_ptr<const std::vector<ApiToken>>;
    Result<std::vector<ApiToken>> read();
    Result<Tokens> read_if_changed();
    Result<> write(const std::vector<ApiToken>& tokens);
    Tokens last() const;

    const std::string path_;
    FileSystem& files_;
    const WallClock& clock_;
    std::mutex mutex_;
    std::set<std::string> used_;         ///< hashes
    std::optional<FileStatus> read_at_;  ///< of the file that last_ is of

    mutable std::mutex last_mutex_;  ///< of:
    Tokens last_;                    ///< null: nobody has looked yet
};

}  // namespace imc::admin
