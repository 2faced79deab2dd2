#pragma once
/// @file directory/ldap_directory.h  The engine itself; for ldap*.cc only. See ldap.h.
#include "directory/filter.h"
#include "directory/ldap_pool.h"

#include <atomic>
#include <functional>
#include <set>

namespace imc::ldap {

Result<Entry> to_entry(Found&& found);
/// entryUUID is no attribute of an Entry.
void take_id(Found& found);

class LdapDirectory;
/// Attributes and classes, by the server's own list.
Result<std::set<std::string, LessWord>> names_known_to(LdapDirectory& directory, Deadline deadline);

class LdapDirectory final : public Directory {
public:
    explicit LdapDirectory(LdapSettings settings)
        : memory_{settings.memory ? settings.memory : std::make_shared<ChangeMemory>()},
          pool_{std::move(settings)}
    {}

    std::string description() const override;
    bool is_local() const override { return false; }
    Answer<Entry> read(const Dn& dn, Deadline deadline) override;
    Answer<Entry> read_current(const Dn& dn, Deadline deadline) override;
    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view filter,
                                      Deadline deadline, std::size_t limit) override;
    Result<> scan(const Dn& base, std::string_view filter, Deadline deadline,
                  const Take& take) override;
    Result<> understands(const Dn& base, std::string_view filter, Deadline deadline) override;
    Result<std::vector<Entry>> search_for_proof(const Dn& base, Scope scope,
                                                std::string_view filter, std::string_view known,
                                                Deadline deadline, std::size_t limit,
                                                const Proof& proof) override;
    Result<> apply(std::span<const Change> changes, Deadline deadline) override;
    Answer<bool> check_password(const Dn& dn, std::string_view password,
                                Deadline deadline) override;
    Result<std::uint64_t> revision(Deadline deadline) override;
    std::uint64_t old_answers() const override { return old_answers_; }
    std::unique_ptr<Following> follow(std::vector<std::string> attributes,
                                      std::shared_ptr<Follower> follower) override;
    Answer<ValueRange> values(const Dn& dn, std::string_view attribute, std::size_t from,
                              Deadline deadline) override;

    /// One question without our reading of it; asked once more on a new connection when the old
    /// one turns out to be gone.
    Result<std::vector<Found>> ask(const SearchRequest& request, Deadline deadline);

    /// ask(), where nothing is an answer: 40001 when the server lacks changes that another one, or
    /// itself, has shown to us, so that what is not there might be on its way. What such a server
    /// has is an answer, and counted among old_answers().
    Result<std::vector<Found>> ask_for_proof(const SearchRequest& request, Deadline deadline);

    /// The connection went between a change and its answer.
    struct LostAnswer {
        std::string server = {};  ///< Session::server(); empty: no answer was lost
        bool late = false;        ///< we waited no longer; the server may still be at it
    };
    /// One change, never repeated: whether a lost answer was a yes is settle()'s question.
    Result<> change(const Change& change, Deadline deadline, LostAnswer* lost = nullptr);

    /// A connection on which changes may be told, to a server that has all that were seen.
    struct SyncStart {
        std::unique_ptr<Session> session;  ///< its `shown` is what is there already
        std::string context;
    };
    Result<SyncStart> begin_following(Deadline deadline);

    /// Some server has these changes: others that lack them are behind from now on.
    void saw(const SeenChanges& changes);

private:
    /// What read() and search() ask for.
    std::vector<std::string> wanted() const;
    Result<> check_addresses(const Change& change, Deadline deadline);
    /// One object as one server has it.
    /// @param elsewhere  becomes true when only another one could be asked
    Answer<Entry> read_from(const std::string& server, const Dn& dn, Deadline deadline,
                            bool& elsewhere);
    /// Looks whether a change whose answer was lost was made.
    /// @param back  what takes it back, empty: unknown @param failure  of the change
    /// @return  success: it was. `failure`: it was not. 40894: who knows.
    Result<> settle(const Change& one, const std::vector<Change>& back, const LostAnswer& lost,
                    const Error& failure);
    struct Root {
        std::vector<std::string> contexts;
        std::string usn;  ///< of Active Directory: which server, and its count of changes
    };
    Result<Root> root(Deadline deadline);
    /// What a server must know for "nobody" to be an answer of it.
    struct Known {
        std::string text;  ///< as it was given, for people
        Filter filter;
        Proof proof;
    };
    static bool needs_proof(const std::vector<Found>& found, const Known* known);
    Answer<Entry> read(const Dn& dn, const Known* known, Deadline deadline);
    static Result<Known> known_by(std::string_view filter);
    /// @param several  `base` is one of several naming contexts
    Result<> check_known(Session& session, const std::string& base, bool several,
                         const Known& known, Deadline deadline) const;
    /// `base`, or what stands at the top of the tree and may hold people; never nothing.
    Result<std::vector<std::string>> bases_of(const Dn& base, Deadline deadline);
    /// @param known  null: whoever finds nothing is believed
    Result<std::vector<Entry>> find(const Dn& base, Scope scope, std::string_view filter,
                                    const Known* known, Deadline deadline, std::size_t limit);
    std::vector<std::string> suffixes_of(std::vector<std::string> contexts) const;
    /// @param unproven  gets why what was not found is no answer, where `known` is not known; null:
    ///        there is nothing to know
    Result<std::vector<Found>> ask(const SearchRequest& request, Deadline deadline, bool proof,
                                   const Known* known, std::optional<Error>* unproven);
    bool is_behind(const Session& session) const;
    Result<> check_age(Session& session, Deadline deadline);
    /// Of what came in parts: the mark gets the server, which counts its own changes, and that is
    /// asked for the next part.
    void mark_parts(const Session& session, std::vector<Found>& found);
    std::string server_of_parts(const Dn& name);
    Result<> check_age(Session& session, const std::vector<std::string>& bases, Deadline deadline);

    const std::shared_ptr<ChangeMemory> memory_;
    Pool pool_;
    std::mutex seen_mutex_;
    std::uint64_t seen_revision_ = 0;
    std::uint64_t seen_state_ = 0;
    SeenChanges counted_;                       ///< those that revision() has told of
    std::map<std::string, std::string> parts_;  ///< names of objects, and who sent the last part
    std::atomic<std::uint64_t> old_answers_{0};
};

}  // namespace imc::ldap
