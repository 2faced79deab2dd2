#pragma once
/// @file admin/api_tokens.h  Tokens for programs that speak to the Administrator's server.
///
/// secrets/admin-tokens (docs/formats/secrets.md) keeps of each its name, role, expiry and
/// the SHA-256 of its text: the text is shown once and cannot be had again. What another process
/// writes there is seen by the next question.
///
/// Errors:  41021 (the file), 40402 (a name that is taken, malformed or unknown)
/// Threads: any; every call reads the disk.
#include "admin/caller.h"
#include "base/error.h"
#include "base/files.h"
#include "base/time.h"

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

private:
    Result<std::vector<ApiToken>> read();
    Result<> write(const std::vector<ApiToken>& tokens);

    const std::string path_;
    FileSystem& files_;
    const WallClock& clock_;
    std::mutex mutex_;
    std::set<std::string> used_;  ///< hashes
};

}  // namespace imc::admin
