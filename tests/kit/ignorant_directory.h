#pragma once
/// @file kit/ignorant_directory.h  A server that finds nobody, and does not know what it was asked
/// for.
#include "directory/directory.h"

namespace imc::kit {

class IgnorantDirectory final : public Directory {
public:
    /// @param says  of what it is asked for; no event: it knows all
    explicit IgnorantDirectory(EventId says = EventId::directory_refused) : says_{says} {}
    std::string description() const override { return "ignorant"; }
    bool is_local() const override { return false; }
    Answer<Entry> read(const Dn&, Deadline) override { return ProvenAbsent{}; }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view, Deadline,
                                      std::size_t) override
    {
        return std::vector<Entry>{};
    }
    Result<> understands(const Dn&, std::string_view, Deadline) override
    {
        if (says_ == EventId{}) return {};
        return Error{says_, "what is that?"};
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override { return std::uint64_t{1}; }

private:
    const EventId says_;
};

}  // namespace imc::kit
