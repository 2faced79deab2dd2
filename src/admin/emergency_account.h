#pragma once
/// @file admin/emergency_account.h  One account outside the directory, for the day on which the
/// directory is what is wrong: imc admin password.
///
/// secrets/admin-password holds a hash of its password (directory/password.h) and nothing else; its
/// name is "emergency". Without the file there is none.
///
/// Errors:  41021 (the file)
/// Threads: any; reads the disk, and hashing takes tens of milliseconds.
#include "base/error.h"
#include "base/files.h"

namespace imc::admin {

class EmergencyAccount {
public:
    static constexpr std::string_view name = "emergency";

    explicit EmergencyAccount(std::string path, FileSystem& files = real_files())
        : path_{std::move(path)}, files_{files}
    {}

    Result<bool> is_set() const;
    /// @param password  as sent. Takes as long when there is no such account.
    Result<bool> check(std::string_view password) const;
    Result<> set(std::string_view password) const;
    Result<> remove() const;

private:
    std::string path_;
    FileSystem& files_;
};

}  // namespace imc::admin
