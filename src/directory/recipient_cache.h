#pragma once
/// @file directory/recipient_cache.h  What the directory said of addresses, while it still counts.
///
/// Found and absent are remembered, each with its age and with the revision of the directory before
/// the question. A newer revision ends them all: of a local directory it is asked at each look-up,
/// so that a change counts at once; of others every `look_every`, by whoever comes first then.
///
/// As a Follower it hears of each change instead, and only what that change concerns ends: all that
/// found the object, and what was said of the addresses that it has now. What has objects below it
/// ends everything, since their names may have changed. When nothing was heard for twice
/// `look_every`, or the connection is lost, everything ends and the revision is asked again.
///
/// What was asked before a change that we were told of is never remembered after it.
///
/// "Cannot say" is never remembered, and absence is only what the directory has proved (ldap.h).
/// Nor is what a server said that is behind (Directory::old_answers): it serves whoever asked.
///
/// load() remembers everybody beforehand. What it brings counts when all of it is there and nothing
/// has ended it meanwhile; nobody is absent because of it.
///
/// While the directory cannot be asked nothing remembered is believed, except, for as long as
/// `stale` allows, that an address was found. Equal questions at one time are asked once.
///
/// Memory is bounded by number and by octets (500 for each entry that is allowed, and 64 KiB): see
/// recipient_table.h. Those asked for longest ago go first, and an answer too large for its share
/// is not kept. Secrets of the objects are not kept, and not handed out.
///
/// Threads: any. A hit waits for no directory, unless it is local, and for one short lock.
#include "directory/directory.h"
#include "directory/recipient_table.h"
#include "metrics/counters.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace imc {

/// How fresh an answer is.
struct AnswerOrigin {
    std::uint64_t revision = 0;                    ///< of the directory; 0: not known
    std::optional<std::chrono::seconds> age = {};  ///< remembered for so long; nothing: just asked
};

struct RecipientCacheSettings {
    std::size_t entries = 100'000;
    /// How long an answer counts; of a local directory until it changes, whatever is said here.
    std::chrono::seconds found{0};
    std::chrono::seconds absent{0};
    std::chrono::seconds stale{0};
    std::chrono::milliseconds look_every{2000};
    std::function<Deadline()> now = std::chrono::steady_clock::now;
};

class RecipientCache final : public Follower {
public:
    using Holders = std::vector<Entry>;  ///< never empty
    using Ask = std::function<Answer<Holders>()>;

    RecipientCache(std::shared_ptr<Directory> directory, RecipientCacheSettings settings,
                   metrics::Registry& metrics);
    RecipientCache(const RecipientCache&) = delete;
    RecipientCache& operator=(const RecipientCache&) = delete;
    ~RecipientCache() override;

    /// @param ask  the directory's own answer; called on this thread, or not at all
    /// @param origin  if given, is told how fresh the answer is
    Answer<Holders> look_up(std::string_view address, Deadline deadline, const Ask& ask,
                            AnswerOrigin* origin = nullptr);

    /// Told of the first answer that bridges an outage. Set before the first look-up.
    std::function<void(std::string_view address, std::chrono::seconds age, const Error& why)>
        on_bridged;

    /// Told when changes are heard of, and when no more. Set before anybody follows.
    std::function<void(const std::string& whom)> on_follows;
    std::function<void(const Error& why)> on_lost;

    void follows(const std::string& whom) override;
    void hears() override;
    void changed(const ObjectChange& what) override;
    void everything() override;
    void lost(const std::optional<Error>& why) override;

    /// Reads everybody below `base`, on this thread, while others ask. An Error: nothing of it
    /// counts; 40893 when there is not enough room, or it has changed meanwhile.
    /// @param goes_on  asked now and then; false: we stop, with an Error
    /// @return  how many they are
    Result<std::size_t> load(const Dn& base, Deadline deadline,
                             const std::function<bool()>& goes_on);
    /// Whether what was loaded counts, and will for some time. Asks a local directory.
    bool is_loaded();
    bool is_following() const;

    std::size_t size() const { return table_.size(); }
    std::size_t octets() const { return table_.octets(); }  ///< that are in use

    /// Whether such a cache could ever answer.
    static bool is_useful(const RecipientCacheSettings& settings, bool local)
    {
        return settings.entries > 0 && (local || settings.found.count() > 0 ||
                                        settings.absent.count() > 0 || settings.stale.count() > 0);
    }

    /// Whether anything is believed without being asked again, so that changes matter.
    static bool gains_by_following(const RecipientCacheSettings& settings)
    {
        return settings.found.count() > 0 || settings.absent.count() > 0;
    }

    /// Whether it helps that everybody is remembered.
    static bool gains_by_loading(const RecipientCacheSettings& settings, bool local)
    {
        return local || settings.found.count() > 0 || settings.stale.count() > 0;
    }

private:
    using Remembered = RecipientTable::Remembered;
    static constexpr std::size_t most_changed = 10'000;  ///< while everybody is read
    /// Questions under way.
    struct Flight;
    struct Flights;
    /// What a question that is asked now is as new as.
    struct Stamp {
        std::uint64_t revision = 0;  ///< 0: not known
        std::uint64_t changes = 0;   ///< 0: not known
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    /// What answers must be as new as to count; an Error: the directory cannot be asked; neither:
    /// somebody is asking for it and takes long.
    struct Now {
        std::optional<Stamp> stamp;
        std::optional<Error> silent;
    };

    Now look(Deadline now, Deadline deadline);
    Now ask_revision(Deadline now, Deadline deadline);
    bool counts(const Remembered& known, const Stamp& stamp, Deadline now) const;
    bool bridges(std::string_view address, const std::optional<Remembered>& known, Deadline now,
                 const Error& why);
    Answer<Holders> ask_once(std::string_view address, const Stamp& stamp, Deadline now,
                             Deadline deadline, const Ask& ask);
    Answer<Holders> ask_and_keep(std::string_view address, const Stamp& stamp, Deadline now,
                                 const Ask& ask);
    std::optional<Remembered> find(std::string_view address);
    void forget_all();  ///< the lock is held
    void forget_addresses(const Entry& entry);

    const std::shared_ptr<Directory> directory_;
    const RecipientCacheSettings settings_;
    const bool local_;
    RecipientTable table_;
    std::unique_ptr<Flights[]> flights_;

    std::atomic<bool> looking_{false};
    std::atomic<bool> bridging_{false};
    std::atomic<std::uint64_t> changes_{1};    ///< told of, or found out
    std::atomic<std::uint64_t> forgotten_{1};  ///< answers from before this one do not count
    mutable std::mutex seen_mutex_;            ///< of all below
    std::uint64_t seen_ = 0;
    Deadline looked_{};
    std::optional<Error> silent_;
    bool following_ = false;
    Deadline heard_{};

    std::atomic<std::uint32_t> loads_{0};   ///< begun
    std::atomic<std::uint32_t> loaded_{0};  ///< the last one that is whole
    std::mutex load_mutex_;                 ///< of all below
    AnswerMark loaded_mark_;
    bool loading_ = false;
    std::vector<Entry> changed_;  ///< while it is loaded

    metrics::Counter &hits_, &absent_hits_, &misses_, &shared_, &bridged_, &evicted_, &old_, &age_,
        &told_, &late_;
};

}  // namespace imc
