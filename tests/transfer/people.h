#pragma once
/// @file tests/transfer/people.h  Objects of a directory, in a few words, and one that falls
/// silent.
#include "directory/recorded.h"

#include <atomic>

namespace imc::transfer {

inline Dn dn_of(const std::string& name) { return *Dn::parse("cn=" + name + ",o=Contoso"); }
inline std::string name_of(const std::string& name) { return dn_of(name).to_rfc4514(); }

/// cn=NAME,o=Contoso with mail NAME@contoso.example.
inline Entry person(const std::string& name, const std::string& address = {})
{
    Entry out{dn_of(name), {}};
    out.attributes["objectClass"] = {"imcMailbox"};
    out.attributes["cn"] = {name};
    out.attributes["mailNickname"] = {name};
    out.attributes["uid"] = {name};
    out.attributes["proxyAddresses"] = {"SMTP:" +
                                        (address.empty() ? name + "@contoso.example" : address)};
    return out;
}

inline Entry list_of(const std::string& name, const std::vector<std::string>& members,
                     const std::string& object_class = "imcList",
                     const std::string& attribute = "member")
{
    auto out = person(name);
    out.attributes["objectClass"] = {object_class};
    out.attributes.erase("uid");
    for (const auto& member : members)
        out.attributes[attribute].push_back(attribute == "memberUid" ? member : name_of(member));
    return out;
}

/// Answers from its objects until it has answered `answers` questions.
class Tired final : public Directory {
public:
    explicit Tired(std::vector<Entry> entries)
        : known_{recorded_directory(std::move(entries), "people")}
    {}
    std::string description() const override { return "people"; }
    bool is_local() const override { return true; }
    Answer<Entry> read(const Dn& dn, Deadline deadline) override
    {
        if (!answers_now()) return CannotSay{Error{EventId::directory_unreachable, "asleep"}};
        return known_->read(dn, deadline);
    }
    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view filter,
                                      Deadline deadline, std::size_t limit) override
    {
        if (!answers_now()) return Error{EventId::directory_unreachable, "asleep"};
        return known_->search(base, scope, filter, deadline, limit);
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override { return std::uint64_t{1}; }

    std::atomic<int> answers{1'000'000};
    std::atomic<int> asked{0};

private:
    bool answers_now()
    {
        ++asked;
        return answers-- > 0;
    }
    std::unique_ptr<Directory> known_;
};

}  // namespace imc::transfer
