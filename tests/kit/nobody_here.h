#pragma once
/// @file tests/kit/nobody_here.h  Nobody's directory: only recipients elsewhere are asked for.
#include "directory/directory.h"

namespace imc::kit {

class NobodyHere final : public Directory {
public:
    std::string description() const override { return "none"; }
    bool is_local() const override { return true; }
    Answer<Entry> read(const Dn&, Deadline) override { return ProvenAbsent{}; }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view, Deadline,
                                      std::size_t) override
    {
        return std::vector<Entry>{};
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override { return std::uint64_t{1}; }
};

}  // namespace imc::kit
