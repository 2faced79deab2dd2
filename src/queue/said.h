#pragma once
/// @file queue/said.h  What hosts said, once for all recipients to whom they said the same.
///
/// Threads: one at a time (the queue's lock).
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

namespace imc::queue {

/// A status, a reply and the host that gave it.
class Said {
public:
    std::string_view status() const { return {text_.data(), host_at_ - reply_octets_}; }
    std::string_view reply() const { return part(host_at_ - reply_octets_, reply_octets_); }
    std::string_view host() const { return part(host_at_, text_.size() - host_at_); }

private:
    friend class SaidBook;
    std::string_view part(std::size_t at, std::size_t octets) const
    {
        return std::string_view{text_}.substr(at, octets);
    }
    std::string text_;  ///< the three, one after the other
    std::uint32_t host_at_ = 0;
    std::uint32_t reply_octets_ = 0;
    mutable std::uint32_t holders_ = 0;
};

class SaidBook {
public:
    /// The same three give the same object. Each note() is given back by one forget().
    const Said* note(std::string_view status, std::string_view reply, std::string_view host);
    void forget(const Said* said);  ///< null: nothing was said
    std::size_t size() const { return known_.size(); }

private:
    struct Hash {
        std::size_t operator()(const Said& said) const
        {
            return std::hash<std::string_view>{}(said.text_);
        }
    };
    struct Same {
        bool operator()(const Said& a, const Said& b) const
        {
            return a.text_ == b.text_ && a.host_at_ == b.host_at_ &&
                   a.reply_octets_ == b.reply_octets_;
        }
    };
    std::unordered_set<Said, Hash, Same> known_;
};

}  // namespace imc::queue
