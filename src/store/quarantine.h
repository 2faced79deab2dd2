#pragma once
/// @file store/quarantine.h  Filtered mail that was set aside: docs/formats/quarantine.md.
///
/// A message is ID.eml (octets as they came, our Received line first) and ID.json (its envelope and
/// why it is here). The record is written last: a text without one is not (yet, or any more) kept.
///
/// KB:      Q193926 (a folder that nobody made lost every message)
/// Errors:  40703 (cannot be written), 40705 (no such message, or a record that cannot be read)
/// Threads: any. Calls block on the disk.
#include "base/error.h"
#include "base/files.h"
#include "base/octets.h"
#include "base/time.h"

namespace imc::store {

struct QuarantinedRecipient {
    std::string address;
    std::string original = {};  ///< ORCPT decoded, "rfc822;a@b"; empty: none given
    std::uint8_t notify = 0;  ///< NOTIFY: bits 1 never, 2 success, 4 failure, 8 delay; 0: not said
    friend bool operator==(const QuarantinedRecipient&, const QuarantinedRecipient&) = default;
};

struct Quarantined {
    std::string id = {};  ///< "20261125T213511123Z-0f3a9c21"
    WallTime kept_at{};
    std::string sender = {};  ///< of the envelope; empty: a report
    std::vector<QuarantinedRecipient> recipients = {};
    std::string peer = {};  ///< "[192.0.2.1]:4711"
    std::string helo = {};
    std::string account = {};  ///< who had authenticated; empty: nobody
    std::string rule = {};     ///< the filter row
    std::string matched = {};  ///< the address that matched
    std::string where = {};    ///< "MAIL FROM" or "From"
    std::uint64_t octets = 0;
    bool eight_bit = false, smtp_utf8 = false;
    std::string envid = {};  ///< RFC 3461, decoded
    std::string ret = {};    ///< "", "FULL" or "HDRS"
    int priority = 0;        ///< RFC 6710, -9 to 9
};

class Quarantine {
public:
    /// @param folder  made when missing, at the first message
    Quarantine(FileSystem& files, std::string folder) : files_{files}, folder_{std::move(folder)} {}

    /// Durable when it returns. @return the id
    Result<std::string> keep(Quarantined message, const Octets& text);

    std::vector<Quarantined> list() const;  ///< oldest first; what cannot be read is left out
    Result<Quarantined> find(const std::string& id) const;
    Result<std::string> text(const std::string& id) const;
    Result<> remove(const std::string& id);  ///< the record first
    std::string path(const std::string& id) const { return folder_ + "/" + id + ".eml"; }

private:
    Result<> write(const std::string& path, const Octets& text);

    FileSystem& files_;
    std::string folder_;
};

/// Letters, digits and '-', at most 64: nothing that leads out of the folder.
bool is_quarantine_id(std::string_view id);

std::string to_json_line(const Quarantined& message);  ///< without the line's end
Result<Quarantined> parse_quarantined(std::string_view json);

}  // namespace imc::store
