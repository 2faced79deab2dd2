#pragma once
/// @file tests/directory/contract.h  The engines that the contract of directory.h is tested on.
///
/// Every test has the tree o=Org,dc=example,dc=org to itself: the embedded engine in a file of its
/// own, OpenLDAP in one server of the program, emptied after each test.
#include "directory/directory.h"

#include "base/text.h"
#include "directory/embedded.h"
#include "directory/ldap.h"
#include "kit/slapd.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace imc::contract {

using namespace std::chrono_literals;

inline Deadline soon() { return after(20s); }
inline Dn dn(const std::string& text) { return Dn::parse_rfc4514(text).value(); }

/// What came of a question or a change, in a word that a test can name.
template <class T>
std::string event_of(const Result<T>& result)
{
    return result ? "done" : std::to_string(static_cast<unsigned>(result.error().event()));
}

inline std::string outcome_of(const Answer<Entry>& answer)
{
    if (std::holds_alternative<Entry>(answer)) return "found";
    if (std::holds_alternative<ProvenAbsent>(answer)) return "absent";
    return "cannot say: " +
           std::to_string(static_cast<unsigned>(std::get<CannotSay>(answer).reason.event()));
}

inline const std::string unreachable = "40001";
inline const std::string refused = "40011";
inline const std::string no_such_object = "40012";
inline const std::string exists_already = "40013";
inline const std::string address_taken = "40014";
inline const std::string no_filter = "40015";
inline const std::string no_name = "40010";

class Engine {
public:
    virtual ~Engine() = default;
    virtual Directory& directory() = 0;
};

class EmbeddedEngine final : public Engine {
public:
    EmbeddedEngine()
    {
        char name[] = "/tmp/imc-contract-XXXXXX";
        folder_ = ::mkdtemp(name);
        directory_ = create_embedded(path()).value();
    }
    EmbeddedEngine(const EmbeddedEngine&) = delete;
    EmbeddedEngine& operator=(const EmbeddedEngine&) = delete;
    ~EmbeddedEngine() override
    {
        directory_.reset();
        std::filesystem::remove_all(folder_);
    }
    Directory& directory() override { return *directory_; }
    std::string path() const { return folder_ + "/directory.db"; }

private:
    std::string folder_;
    std::unique_ptr<Directory> directory_;
};

class SlapdEngine final : public Engine {
public:
    SlapdEngine()
    {
        static const kit::Slapd server;
        directory_ = ldap_directory({.urls = {server["url"]},
                                     .base = server["suffix"],
                                     .bind_dn = server["bind_dn"],
                                     .password_file = server.password_file()});
    }
    ~SlapdEngine() override
    {
        auto all = directory_->search(dn("dc=example,dc=org"), Scope::subtree, "(objectClass=*)",
                                      soon(), 100'000);
        if (!all) return;
        std::ranges::sort(*all, std::greater{},
                          [](const Entry& entry) { return entry.dn.rdns().size(); });
        all->pop_back();  // the suffix stays
        for (const auto& entry : *all) {
            const Change gone{Change::Kind::remove, entry.dn};
            (void)directory_->apply(std::span{&gone, 1}, soon());
        }
    }
    Directory& directory() override { return *directory_; }

private:
    std::unique_ptr<Directory> directory_;
};

/// A directory, and short words for what tests do with it.
class Tree {
public:
    explicit Tree(const std::string& engine)
    {
        if (engine == "embedded")
            engine_ = std::make_unique<EmbeddedEngine>();
        else
            engine_ = std::make_unique<SlapdEngine>();
        if (engine == "embedded") add("dc=example,dc=org", {{"objectClass", {"domain"}}}).value();
        add("o=Org,dc=example,dc=org", {{"objectClass", {"organization"}}}).value();
    }

    Directory& directory() { return engine_->directory(); }

    /// "cn=a" stands for "cn=a,o=Org,dc=example,dc=org".
    static Dn below(const std::string& name) { return dn(name + ",o=Org,dc=example,dc=org"); }
    static Dn top() { return dn("o=Org,dc=example,dc=org"); }

    Result<> add(const std::string& name, Attributes attributes)
    {
        return apply({{.kind = Change::Kind::add,
                       .dn = name.ends_with("dc=org") ? dn(name) : below(name),
                       .attributes = std::move(attributes)}});
    }
    Result<> apply(const std::vector<Change>& changes)
    {
        return directory().apply(changes, soon());
    }
    Result<> modify(const std::string& name, std::vector<AttributeChange> changes)
    {
        return apply(
            {{.kind = Change::Kind::modify, .dn = below(name), .changes = std::move(changes)}});
    }
    Result<> remove(const std::string& name)
    {
        return apply({{.kind = Change::Kind::remove, .dn = below(name)}});
    }
    Result<> rename(const std::string& name, const Rdn& new_name, bool delete_old = true,
                    std::optional<Dn> superior = {})
    {
        return apply({{.kind = Change::Kind::rename,
                       .dn = below(name),
                       .new_rdn = new_name,
                       .delete_old_rdn = delete_old,
                       .new_superior = std::move(superior)}});
    }

    std::string is(const std::string& name)
    {
        return outcome_of(directory().read(below(name), soon()));
    }
    /// Sorted: the order of values is nobody's promise.
    std::vector<std::string> values(const std::string& name, const std::string& attribute)
    {
        const auto answer = directory().read(below(name), soon());
        if (!std::holds_alternative<Entry>(answer)) return {outcome_of(answer)};
        const auto all = std::get<Entry>(answer).all(attribute);
        std::vector<std::string> out{all.begin(), all.end()};
        std::ranges::sort(out);
        return out;
    }
    /// First names of what a search finds, sorted and joined; or the number of its error.
    std::string find(const std::string& filter, Scope scope = Scope::subtree,
                     std::optional<Dn> base = {})
    {
        const auto found = directory().search(base ? *base : top(), scope, filter, soon());
        if (!found) return event_of(found);
        std::vector<std::string> names;
        for (const auto& entry : *found)
            names.push_back(entry.dn.rdns().front().front().value);
        std::ranges::sort(names);
        std::string out;
        for (const auto& name : names)
            out += (out.empty() ? "" : " ") + name;
        return out;
    }
    /// Everything below the organization, in one form for both engines.
    std::string dump()
    {
        auto all =
            directory().search(top(), Scope::subtree, "(objectClass=*)", soon(), 100'000).value();
        std::vector<std::string> lines;
        for (const auto& entry : all)
            for (const auto& [name, values] : entry.attributes)
                for (const auto& value : values)
                    lines.push_back(entry.dn.to_rfc4514() + " " + lower(name) + " " + value);
        std::ranges::sort(lines);
        std::string out;
        for (const auto& line : lines)
            out += line + "\n";
        return out;
    }

private:
    std::unique_ptr<Engine> engine_;
};

inline Attributes mailbox(const std::string& alias, const std::vector<std::string>& addresses = {})
{
    Attributes out{{"objectClass", {"imcMailbox"}}, {"mailNickname", {alias}}};
    if (!addresses.empty()) out["proxyAddresses"] = addresses;
    return out;
}

inline const Attributes container{{"objectClass", {"imcContainer"}}};

/// Both engines, one after the other.
class DirectoryContract : public testing::TestWithParam<const char*> {
protected:
    Tree tree_{GetParam()};
};

}  // namespace imc::contract
