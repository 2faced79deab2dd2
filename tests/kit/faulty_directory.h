#pragma once
/// @file kit/faulty_directory.h  A directory in which one question goes wrong, in a way that real
/// ones know.
///
/// Every call is a question, counted from 0. Faults are what the engines make of them (ldap.h):
/// nothing here waits.
#include "directory/directory.h"

#include <array>
#include <memory>
#include <string_view>

namespace imc::kit {

enum class DirectoryFault : std::uint8_t {
    down,              ///< nobody listens
    slow,              ///< no answer by the deadline
    size_limit,        ///< the server gives no more than a part
    referral,          ///< another server is named
    wrong_answer,      ///< an object whose name is none
    password_expired,  ///< our account may not bind any more
    tls_broken,        ///< a certificate that has run out
    schema_gone,       ///< what is asked for is known to nobody there: nothing is found
    behind,            ///< a replica that lacks changes: what it has not got may be there
};

constexpr std::array all_directory_faults{
    DirectoryFault::down,       DirectoryFault::slow,         DirectoryFault::size_limit,
    DirectoryFault::referral,   DirectoryFault::wrong_answer, DirectoryFault::password_expired,
    DirectoryFault::tls_broken, DirectoryFault::schema_gone,  DirectoryFault::behind};

constexpr std::string_view to_string(DirectoryFault fault)
{
    constexpr std::string_view names[] = {"down",       "slow",         "size limit",
                                          "referral",   "wrong answer", "password expired",
                                          "tls broken", "schema gone",  "behind"};
    return names[static_cast<std::size_t>(fault)];
}

class FaultyDirectory final : public Directory {
public:
    explicit FaultyDirectory(std::shared_ptr<Directory> sound) : sound_{std::move(sound)} {}

    /// The question with this number goes wrong, or it and all that follow.
    void fail(std::size_t question, DirectoryFault how, bool and_all_later)
    {
        at_ = question;
        how_ = how;
        later_ = and_all_later;
        asked = 0;
    }

    /// What a replica that is `behind` has: the content as it was. Without it, as it is.
    void was(std::shared_ptr<Directory> older) { older_ = std::move(older); }

    std::string description() const override { return "faulty"; }
    bool is_local() const override { return false; }

    Answer<Entry> read(const Dn& dn, Deadline deadline) override
    {
        const bool fails = next_fails();
        if (fails && how_ != DirectoryFault::behind) return CannotSay{error()};
        auto answer = answering(fails).read(dn, deadline);
        if (fails && std::holds_alternative<ProvenAbsent>(answer)) return CannotSay{error()};
        if (fails) ++old_;
        return answer;
    }
    Answer<Entry> read_current(const Dn& dn, Deadline deadline) override
    {
        const auto old = old_;
        auto answer = read(dn, deadline);
        if (old_ != old) return CannotSay{error()};
        return answer;
    }
    Result<std::vector<Entry>> search_for_proof(const Dn& base, Scope scope,
                                                std::string_view filter, std::string_view known,
                                                Deadline deadline, std::size_t limit,
                                                const Proof& proof) override
    {
        const auto old = old_;
        auto found =
            Directory::search_for_proof(base, scope, filter, known, deadline, limit, proof);
        if (proof.whole && old_ != old) return error();
        return found;
    }
    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view filter,
                                      Deadline deadline, std::size_t limit) override
    {
        const bool fails = next_fails();
        gone_ = fails && how_ == DirectoryFault::schema_gone;
        if (gone_) return std::vector<Entry>{};
        if (fails && how_ != DirectoryFault::behind) return error();
        auto found = answering(fails).search(base, scope, filter, deadline, limit);
        // Of what is not there (a base) it cannot know either.
        const bool no_base = !found && found.error().event() == EventId::directory_no_such_object;
        if (fails && (no_base || (found && found->empty()))) return error();
        if (fails && found) ++old_;
        return found;
    }
    Answer<ValueRange> values(const Dn& dn, std::string_view attribute, std::size_t from,
                              Deadline deadline) override
    {
        const bool fails = next_fails();
        if (fails && how_ != DirectoryFault::behind) return CannotSay{error()};
        return answering(fails).values(dn, attribute, from, deadline);
    }
    /// Belongs to the search before it.
    Result<> understands(const Dn&, std::string_view, Deadline) override
    {
        if (gone_) return error();
        return {};
    }
    std::uint64_t old_answers() const override { return old_; }
    Result<> apply(std::span<const Change>, Deadline) override { return error(); }
    Result<std::uint64_t> revision(Deadline deadline) override
    {
        return sound_->revision(deadline);
    }

    std::size_t asked = 0;

private:
    Directory& answering(bool fails) const { return fails && older_ ? *older_ : *sound_; }
    bool next_fails()
    {
        const auto now = asked++;
        return now == at_ || (later_ && now > at_);
    }
    Error error() const
    {
        const auto event = [this] {
            switch (how_) {
            case DirectoryFault::size_limit:
            case DirectoryFault::password_expired:
            case DirectoryFault::schema_gone: return EventId::directory_refused;
            case DirectoryFault::wrong_answer: return EventId::dn_invalid;
            case DirectoryFault::tls_broken: return EventId::directory_tls_failed;
            default: return EventId::directory_unreachable;
            }
        };
        return {event(), std::string{to_string(how_)}};
    }

    const std::shared_ptr<Directory> sound_;
    std::shared_ptr<Directory> older_ = nullptr;
    std::size_t at_ = static_cast<std::size_t>(-1);
    DirectoryFault how_ = DirectoryFault::down;
    bool later_ = false;
    bool gone_ = false;  ///< at the last search
    std::uint64_t old_ = 0;
};

}  // namespace imc::kit
