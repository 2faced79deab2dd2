#pragma once
/// @file app/service/pickup_folder.h  The pickup folder's files: taken, read, set aside, done with.
///
/// A file is claimed by moving it to .claimed/ as INODE-NAME. When the service has died while it
/// worked on the file it is INODE+NAME, and after the second time INODE!NAME, which nobody reads
/// again: it goes to badmail. What is done with is removed, or, where that fails, renamed to
/// .claimed/done.NAME, which nobody reads. Whoever may write into the folder is a stranger:
/// .claimed must be ours alone, is opened once, and all in it is reached through that descriptor;
/// each file is opened once, and judged by what was opened.
///
/// Threads: one call at a time.
#include "base/files.h"
#include "base/paths.h"
#include "event/log.h"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>

namespace imc::app {

/// A claimed file.
struct Taken {
    std::string claimed;   ///< its name in .claimed/
    std::string name;      ///< as it was dropped
    std::string identity;  ///< inode, size, time: what a rename does not change
    unsigned owner = 0, mode = 0;
    std::uint64_t links = 0;  ///< names that the file has
    std::string octets;
};

class PickupFolder {
public:
    /// @param most_octets  of one file, now
    PickupFolder(Paths paths, EventLog& events, FileSystem& files,
                 std::function<std::uint64_t()> most_octets);

    /// Makes and opens .claimed. One that is not ours alone: event 4164, and nothing is claimed.
    void open();

    /// Removes what is done with but could not be removed, and what `imc sendmail` left when it
    /// was killed.
    void clean() const;

    /// Claims what is ready. @return names of all that is claimed, done or not
    std::vector<std::string> claim();

    /// Of its name in .claimed, unread.
    static Taken named(const std::string& claimed);
    /// Of its name in .claimed; 0: none that we gave.
    static std::uint64_t inode_of(const std::string& claimed);
    /// The service has died while it worked on these inodes.
    void note_deaths(const std::set<std::uint64_t>& inodes) const;
    /// It has died of this one often enough.
    static bool is_poison(const std::string& claimed);
    /// Nothing: it cannot be read, or has been set aside.
    std::optional<Taken> read(const std::string& claimed);
    void set_aside(const Taken& taken, const std::string& why);

    /// Durably; after a failure any number of times.
    enum class End : std::uint8_t { removed, marked, still_there };
    End finish(const std::string& claimed) const;

    /// Finishes all files whose identity is one of these. @return identities that are still there,
    /// with the names
    std::vector<std::pair<std::string, std::string>>
    finish_all(const std::set<std::string, std::less<>>& identities) const;

    void tell(const std::string& name, const std::string& detail, const std::string& where);
    void tell_once(const std::string& name, const std::string& detail);
    std::string claimed_folder() const { return claimed_name_; }

private:
    class Descriptor {
    public:
        explicit Descriptor(int descriptor) : descriptor_{descriptor} {}
        Descriptor(const Descriptor&) = delete;
        Descriptor& operator=(const Descriptor&) = delete;
        ~Descriptor();
        int get() const { return descriptor_; }

    private:
        int descriptor_;
    };

    void claim(const std::string& name);
    std::string claimed_name(std::uint64_t inode, const std::string& name) const;  ///< its path

    const Paths paths_;
    EventLog& events_;
    FileSystem& files_;
    const std::function<std::uint64_t()> most_octets_;
    const std::string folder_ = paths_.pickup();
    const std::string claimed_name_ = folder_ + "/.claimed";
    std::unique_ptr<Descriptor> opened_;
    std::string claimed_;  ///< what was opened, whatever has its name by now; empty: not ours
    bool sound_ = false;   ///< files may be claimed
    std::set<std::string> told_;  ///< files that cannot be taken, each told once
};

}  // namespace imc::app
