#pragma once
/// @file transfer/senders.h  Who a sender is, for recipients that do not take mail from everybody.
///
/// Looks upwards: the lists that name the sender, the lists that name those, and so on; and the
/// lists whose search finds one of them (dynamic_lists.h).
///
/// Whoever is on no list is so only where the directory understands each attribute by which he
/// could be on one, and has every change that was seen: lists that were found prove nothing of
/// those that were not. memberUid is not known to each server, and who does not know it has no list
/// of that kind; once it was known it must stay so.
///
/// What was found is remembered of some thousand senders, unless the server that said it is behind:
/// until the directory changes if it is local, else for a minute. Nobody is refused by what is
/// remembered of a server: whom that would refuse is asked for anew, since he may have been put on
/// the list a moment ago. Who was taken off one is let in for that minute still.
///
/// A directory that cannot answer, or a sender on more lists than can be looked at, is CannotSay:
/// mail waits.
///
/// Threads: any; by_address() blocks when the directory is not local.
#include "directory/directory.h"
#include "transfer/dynamic_lists.h"
#include "transfer/restriction.h"

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace imc::transfer {

class Senders {
public:
    static constexpr std::size_t most_lists = 1000;  ///< that one sender is on
    static constexpr std::size_t remembered = 2000;
    static constexpr std::chrono::seconds for_so_long{60};

    /// @param organization  only what is below it is looked at
    Senders(std::shared_ptr<Directory> directory, Dn organization);

    /// @param address  of the envelope; empty: a report
    /// @param rules  that he will be judged by; null: he is not refused anything
    std::variant<Sender, CannotSay> by_address(std::string_view address, bool signed_in,
                                               Deadline deadline,
                                               const Restrictions* rules = nullptr);

    /// As it is at this moment, for who will be judged by rules that are not known yet.
    std::variant<Sender, CannotSay> as_of_now(std::string_view address, bool signed_in,
                                              Deadline deadline);

private:
    struct Known {
        Sender sender;
        std::uint64_t revision = 0;  ///< of a local directory
        Deadline until{};
        std::list<std::string>::iterator place = {};
    };
    /// Of a local directory, to know what is remembered by; else 0.
    Result<std::uint64_t> revision(Deadline deadline);
    std::optional<Sender> remembered_as(const std::string& key, std::uint64_t revision);
    void remember(const std::string& key, Known known);
    /// @param not_before  lists of other searches than were read since are no answer
    std::variant<Sender, CannotSay> ask(const std::string& key, bool signed_in, Deadline not_before,
                                        Deadline deadline);
    std::variant<Sender, CannotSay> look_up(const std::string& address, Deadline not_before,
                                            Deadline deadline);
    std::optional<Error> add_lists(Sender& sender, std::vector<Dn> of, const std::string& uid,
                                   Deadline not_before, Deadline deadline);
    std::optional<Error> add_doubts(Sender& sender, std::vector<DynamicLists::Doubt> of,
                                    Deadline not_before, Deadline deadline);
    Result<std::vector<Entry>> holders(const std::string& address, Deadline deadline) const;
    /// Lists that name it.
    /// @param uids  names of members by uid must be understood
    Result<std::vector<Entry>> naming(const Dn& member, const std::string& uid, bool uids,
                                      Deadline deadline) const;
    /// Whether the directory knows names of members by uid; it was so once, or is asked.
    Result<bool> knows_uids(Deadline deadline);

    std::shared_ptr<Directory> directory_;
    Dn organization_;
    std::atomic<bool> knows_uids_{false};  ///< of members; it was so once
    DynamicLists dynamic_;
    std::mutex mutex_;
    std::list<std::string> oldest_first_;
    std::unordered_map<std::string, Known> known_;
};

}  // namespace imc::transfer
