#pragma once
/// @file cli/setup/steps.h  What setup has done so far, and how to take it back.
#include "base/error.h"
#include "base/files.h"

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace imc::cli {

/// Everything is undone, newest first, unless keep() was called.
class Steps {
public:
    explicit Steps(FileSystem& files) : files_{files} {}
    Steps(const Steps&) = delete;
    Steps& operator=(const Steps&) = delete;
    ~Steps();

    /// @param what  a line for people; empty: not worth one
    void done(const std::string& what, std::function<void()> undo);

    /// With its parents; one that exists stays, and stays at an undo.
    Result<> folder(const std::string& path);
    /// Never overwrites.
    Result<> file(const std::string& path, const std::string& content);

    /// It is all wanted: says what was done.
    void keep(std::ostream& out);

private:
    FileSystem& files_;
    std::string said_;
    std::vector<std::function<void()>> undo_;
};

/// Error 40110: "PATH: what the system said".
Error cannot(const std::string& path, const boost::system::error_code& why);

}  // namespace imc::cli
