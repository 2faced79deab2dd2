#pragma once
/// @file spool/badmail.h  Messages that the process died of: docs/formats/badmail.md.
///
/// A message is ID.eml (octets as they came, our Received line first) and ID.txt (its envelope, its
/// history and why it is here). The record is written last: a text without one is not (yet, or any
/// more) kept. The folder has other files too, of the pickup folder. No text is ever parsed here.
///
/// Errors:  40161 (cannot be written or removed), 40162 (no such message, or a record that cannot
///          be read)
/// Threads: any. Calls block on the disk.
#include "base/files.h"
#include "spool/spool.h"

namespace imc::spool {

struct BadMessage {
    MessageId id;
    std::string why = {};
    std::string set_aside_at = {};  ///< RFC 3339, for people
    std::uint64_t octets = 0;
    /// Without expiry and hold, which are told to people only: who releases it means now.
    Envelope envelope = {};
    std::vector<RecipientState> states = {};  ///< one per recipient; without `next_attempt`
    std::vector<Evidence> evidence = {};
};

class Badmail {
public:
    /// @param folder  made when missing, at the first message
    Badmail(FileSystem& files, std::string folder) : files_{files}, folder_{std::move(folder)} {}

    /// Durable when it returns. One that is there already is replaced.
    Result<> keep(const BadMessage& message, const Body& text);

    std::vector<BadMessage> list() const;  ///< by id; what cannot be read is left out
    Result<BadMessage> find(std::string_view id) const;
    Result<std::string> text(std::string_view id) const;
    Result<> remove(std::string_view id);  ///< the record first
    std::string path(MessageId id) const { return folder_ + "/" + id.to_string() + ".eml"; }

private:
    std::string record(MessageId id) const { return folder_ + "/" + id.to_string() + ".txt"; }
    Result<> write_text(const std::string& path, const Body& text);

    FileSystem& files_;
    std::string folder_;
};

/// The content of ID.txt and back.
std::string write_bad_message(const BadMessage& message);
Result<BadMessage> parse_bad_message(std::string_view text);

/// The recipients that still wait, to be taken as if they had just come.
Envelope envelope_to_release(const BadMessage& message, WallTime now);

}  // namespace imc::spool
