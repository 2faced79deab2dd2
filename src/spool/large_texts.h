#pragma once
/// @file spool/large_texts.h  Texts too large for the log: a file each, large/ID, named by the id
/// that the message will have. docs/formats/spool.md.
///
/// Errors:  3018 (disk full), 40150 (cannot be written, or read), 40152 (does not fit its
/// checksums) Threads: any; one text has one owner at a time. Calls block on the disk.
#include "base/files.h"
#include "event/log.h"
#include "spool/low_water.h"
#include "spool/spool.h"
#include "spool/trouble.h"

#include <functional>

namespace imc::spool {

inline constexpr std::size_t large_piece_octets = 256 * 1024;

/// What the log says of such a file.
struct LargePart {
    std::uint64_t octets = 0;
    std::vector<std::uint32_t> crcs = {};  ///< CRC-32C of each piece of large_piece_octets
    friend bool operator==(const LargePart&, const LargePart&) = default;
};

/// One on its way in. The file goes with it unless it is kept.
class LargeWriter final : public TextWriter {
public:
    LargeWriter(FileSystem& files, EventLog& events, Trouble& trouble, LowWater& space,
                std::string path, MessageId id)
        : files_{files}, events_{events}, trouble_{trouble}, space_{space}, path_{std::move(path)},
          id_{id}
    {}
    LargeWriter(const LargeWriter&) = delete;
    LargeWriter& operator=(const LargeWriter&) = delete;
    ~LargeWriter() override;

    Result<> append(std::string_view octets) override;
    Result<> finish() override;
    std::uint64_t size() const override { return part_.octets; }
    MessageId id() const override { return id_; }
    std::shared_ptr<const OctetsFile> read_back() const override;

    const LargePart& part() const { return part_; }
    bool finished() const { return finished_; }
    void keep(bool kept) { kept_ = kept; }

private:
    Error failed(const std::string& what, const boost::system::error_code& why);

    FileSystem& files_;
    EventLog& events_;
    Trouble& trouble_;
    LowWater& space_;
    const std::string path_;
    const MessageId id_;
    std::unique_ptr<File> file_;
    LargePart part_;
    std::size_t in_piece_ = 0;  ///< octets of the last piece that its CRC covers
    bool made_ = false, finished_ = false, kept_ = false;
};

class LargeTexts {
public:
    LargeTexts(FileSystem& files, EventLog& events, LowWater& space, const std::string& spool)
        : files_{files}, events_{events}, space_{space}, folder_{spool + "/large"}
    {}

    /// The folder, made durably when missing.
    Result<> open();
    /// @return the largest id of a file that is there
    std::uint64_t largest();
    /// At start: what no live message has goes, or, if part of the log could not be read, is set
    /// aside as ID.damaged. @param last_id  those behind it came after the start
    void sweep(const std::function<bool(std::uint64_t id)>& is_alive, bool log_damaged,
               std::uint64_t last_id);

    /// At start: says so (40152) when the file of a live message is not as it was.
    void look_at(MessageId id, const LargePart& part);

    std::unique_ptr<LargeWriter> begin(MessageId id);
    std::shared_ptr<const OctetsFile> read(MessageId id, std::shared_ptr<const LargePart> part);
    /// Empty when all is well.
    std::string trouble() const { return trouble_.text(); }
    /// Their messages are done.
    void remove(const std::vector<std::uint64_t>& ids);

private:
    std::string path(std::uint64_t id) const { return folder_ + "/" + MessageId{id}.to_string(); }

    FileSystem& files_;
    EventLog& events_;
    LowWater& space_;
    const std::string folder_;
    Trouble trouble_{events_, folder_};  ///< not the log's: one may write while the other cannot
};

}  // namespace imc::spool
