#pragma once
/// @file base/octets.h  A text of any size that does not change: in memory, or mostly on the disk.
///
/// Who reads one takes piece after piece; all of it need never be in memory.
///
/// Errors:  those of whoever keeps the file (40150, 40152); a text in memory has none.
/// Threads: any; a reader has one owner at a time. Reading what blocks() waits for the disk.
#include "base/error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace imc {

/// What of a text is not in memory.
class OctetsFile {
public:
    virtual ~OctetsFile() = default;
    virtual std::uint64_t size() const = 0;
    /// @param at  where the piece begins: 0, or the sum of the pieces before. @return never empty.
    virtual Result<std::string> piece(std::uint64_t at) const = 0;
};

class Octets {
public:
    Octets() = default;
    /// @param file  what follows `memory`; null: nothing does
    Octets(std::shared_ptr<const std::string> memory, std::shared_ptr<const OctetsFile> file = {})
        : memory_{std::move(memory)}, file_{std::move(file)}
    {}

    explicit operator bool() const { return memory_ != nullptr; }
    void reset() { *this = {}; }

    std::uint64_t size() const { return memory().size() + (file_ ? file_->size() : 0); }
    bool blocks() const { return file_ != nullptr; }
    /// The beginning that is in memory: all of it, unless blocks().
    std::string_view memory() const
    {
        return memory_ ? std::string_view{*memory_} : std::string_view{};
    }
    const std::shared_ptr<const std::string>& text() const { return memory_; }
    const std::shared_ptr<const OctetsFile>& file() const { return file_; }

private:
    std::shared_ptr<const std::string> memory_;
    std::shared_ptr<const OctetsFile> file_;
};

/// From the first octet to the last.
class OctetsReader {
public:
    explicit OctetsReader(Octets text) : text_{std::move(text)} {}

    /// The next piece, valid until the next call; empty at the end.
    Result<std::string_view> next();
    bool at_end() const { return at_ == text_.size(); }

private:
    Octets text_;
    std::uint64_t at_ = 0;
    std::string piece_;
};

/// The header section with the line end of its last field, at most `most` octets of it.
Result<std::string> header_section(const Octets& text, std::size_t most = 1 << 20);

}  // namespace imc
