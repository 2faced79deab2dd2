#include "spool/large_texts.h"

#include "spool/crc32c.h"

#include <algorithm>
#include <cerrno>

namespace imc::spool {
namespace {

class LargeFile final : public OctetsFile {
public:
    LargeFile(FileSystem& files, EventLog& events, std::string path,
              std::shared_ptr<const LargePart> part)
        : files_{files}, events_{events}, path_{std::move(path)}, part_{std::move(part)}
    {}

    std::uint64_t size() const override { return part_->octets; }

    Result<std::string> piece(std::uint64_t at) const override
    {
        std::string octets(static_cast<std::size_t>(
                               std::min<std::uint64_t>(large_piece_octets, part_->octets - at)),
                           '\0');
        const auto file = files_.open(path_, OpenMode::read);
        if (!file) return failed(EventId::spool_write_failed, file.error().message());
        const auto read = (*file)->read_at(at, octets);
        if (!read) return failed(EventId::spool_write_failed, read.error().message());
        const auto number = static_cast<std::size_t>(at / large_piece_octets);
        if (*read != octets.size() || number >= part_->crcs.size() ||
            crc32c(0, octets) != part_->crcs[number])
            return failed(EventId::spool_damaged, "octets " + std::to_string(at) + " to " +
                                                      std::to_string(at + octets.size()) +
                                                      " do not fit their checksum");
        return octets;
    }

private:
    Error failed(EventId event, const std::string& why) const
    {
        Error error{event, path_ + ": " + why};
        events_.raise(error);
        return error;
    }

    FileSystem& files_;
    EventLog& events_;
    const std::string path_;
    const std::shared_ptr<const LargePart> part_;
};

}  // namespace

LargeWriter::~LargeWriter()
{
    file_.reset();
    if (made_ && !kept_) (void)files_.remove(path_);  // if it stays, the next start removes it
}

Error LargeWriter::failed(const std::string& what, const boost::system::error_code& why)
{
    auto failure = trouble_.begin(what, why);
    if (why.value() == ENOSPC || why.value() == EDQUOT)
        return Error{EventId::flush_mode_entered, path_ + ": " + why.message()};
    return failure;
}

Result<> LargeWriter::append(std::string_view octets)
{
    if (const auto low = space_.look()) return *low;
    if (!made_) {
        auto file = files_.open(path_, OpenMode::create_new);
        if (!file) return failed("make " + path_, file.error());
        file_ = std::move(*file);
        made_ = true;
    }
    if (const auto written = file_->write_at(part_.octets, octets); !written)
        return failed("write to " + path_, written.error());
    part_.octets += octets.size();
    while (!octets.empty()) {
        if (in_piece_ == 0) part_.crcs.push_back(0);
        const auto taken = octets.substr(0, large_piece_octets - in_piece_);
        part_.crcs.back() = crc32c(part_.crcs.back(), taken);
        in_piece_ = (in_piece_ + taken.size()) % large_piece_octets;
        octets.remove_prefix(taken.size());
    }
    return {};
}

Result<> LargeWriter::finish()
{
    if (!made_) return Error{EventId::spool_write_failed, path_ + ": nothing was written"};
    if (const auto synced = file_->sync(); !synced) return failed("sync " + path_, synced.error());
    const auto folder = path_.substr(0, path_.rfind('/'));
    if (const auto synced = files_.sync_folder(folder); !synced)
        return failed("sync " + folder, synced.error());
    trouble_.end();
    file_.reset();
    finished_ = true;
    return {};
}

std::shared_ptr<const OctetsFile> LargeWriter::read_back() const
{
    return std::make_shared<LargeFile>(files_, events_, path_,
                                       std::make_shared<const LargePart>(part_));
}

Result<> keep_rest_on_disk(Spool& spool, NewMessage& message)
{
    if (message.body.blocks() || message.body.size() <= large_octets) return {};
    auto rest = spool.begin_text();
    if (!rest) return rest.error();
    const auto text = message.body.memory();
    if (auto done = (*rest)->append(text.substr(large_octets)); !done) return done;
    if (auto done = (*rest)->finish(); !done) return done;
    message.body = Body{std::make_shared<const std::string>(text.substr(0, large_octets)),
                        (*rest)->read_back()};
    message.rest = std::move(*rest);
    return {};
}

Result<> LargeTexts::open()
{
    const auto made = files_.make_folder(folder_);
    if (!made && made.error().value() != EEXIST)
        return trouble_.begin("make " + folder_, made.error());
    if (const auto synced = files_.sync_folder(folder_.substr(0, folder_.rfind('/'))); !synced)
        return trouble_.begin("sync the folder of " + folder_, synced.error());
    return {};
}

std::uint64_t LargeTexts::largest()
{
    std::uint64_t largest = 0;
    if (const auto names = files_.list(folder_))
        for (const auto& name : *names)
            if (const auto id = MessageId::parse(name)) largest = std::max(largest, id->number);
    return largest;
}

void LargeTexts::sweep(const std::function<bool(std::uint64_t)>& is_alive, bool log_damaged,
                       std::uint64_t last_id)
{
    const auto names = files_.list(folder_);
    if (!names) return;
    for (const auto& name : *names) {
        const auto id = MessageId::parse(name);
        if (!id || id->number > last_id || is_alive(id->number)) continue;
        // Its message may be what cannot be read: people may still need it.
        if (log_damaged)
            (void)files_.rename(path(id->number), path(id->number) + ".damaged");
        else
            (void)files_.remove(path(id->number));
    }
}

void LargeTexts::look_at(MessageId id, const LargePart& part)
{
    const auto there = files_.status(path(id.number));
    if (there && there->size == part.octets) return;
    events_.raise(
        EventId::spool_damaged,
        {{"detail",
          path(id.number) + ": " + std::to_string(part.octets) + " octets were acknowledged, " +
              (there ? std::to_string(there->size) + " are there" : there.error().message())}});
}

std::unique_ptr<LargeWriter> LargeTexts::begin(MessageId id)
{
    return std::make_unique<LargeWriter>(files_, events_, trouble_, space_, path(id.number), id);
}

std::shared_ptr<const OctetsFile> LargeTexts::read(MessageId id,
                                                   std::shared_ptr<const LargePart> part)
{
    return std::make_shared<LargeFile>(files_, events_, path(id.number), std::move(part));
}

void LargeTexts::remove(const std::vector<std::uint64_t>& ids)
{
    for (const auto id : ids)
        if (const auto gone = files_.remove(path(id)); !gone && gone.error().value() != ENOENT)
            events_.raise(EventId::spool_write_failed,
                          {{"detail", "remove " + path(id) + ": " + gone.error().message()}});
}

}  // namespace imc::spool
