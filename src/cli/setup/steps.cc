#include "cli/setup/steps.h"

#include <ostream>

namespace imc::cli {

Error cannot(const std::string& path, const boost::system::error_code& why)
{
    return Error{EventId::value_invalid, path + ": " + why.message()};
}

Steps::~Steps()
{
    for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo)
        (*undo)();
}

void Steps::done(const std::string& what, std::function<void()> undo)
{
    if (!what.empty()) said_ += "  " + what + "\n";
    undo_.push_back(std::move(undo));
}

Result<> Steps::folder(const std::string& path)
{
    if (const auto there = files_.status(path)) {
        if (there->is_folder) return {};
        return Error{EventId::value_invalid,
                     path + ": a file found, a folder expected; move the file away"};
    }
    if (const auto slash = path.rfind('/'); slash != std::string::npos && slash > 0)
        if (auto parent = folder(path.substr(0, slash)); !parent) return parent;
    if (const auto made = files_.make_folder(path); !made) return cannot(path, made.error());
    done("folder      " + path, [this, path] { (void)files_.remove(path); });
    return {};
}

Result<> Steps::file(const std::string& path, const std::string& content)
{
    if (files_.status(path))
        return Error{EventId::value_invalid, path + " exists already; setup never overwrites"};
    // It may be there even when its folder could not be synced.
    done("file        " + path, [this, path] { (void)files_.remove(path); });
    if (const auto written = write_file_atomically(files_, path, content, 0600); !written)
        return cannot(path, written.error());
    return {};
}

void Steps::keep(std::ostream& out)
{
    undo_.clear();
    out << said_;
}

}  // namespace imc::cli
