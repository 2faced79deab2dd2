#pragma once
/// @file queue/load.h  What of one message waits for one site. Pure.
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace imc::queue {

struct Item;
using ItemPtr = boost::intrusive_ptr<Item>;

/// A recipient whose ticket is not that of the load has gone another way meanwhile.
struct Load {
    struct Many {
        std::vector<std::uint32_t> recipients;
        std::vector<std::string> addresses;  ///< RCPT, where one differs from the envelope; or none
        std::size_t taken = 0;
    };
    Load();
    Load(ItemPtr what, std::vector<std::uint32_t> recipients, std::vector<std::string> addresses);
    Load(Load&&) noexcept;
    Load& operator=(Load&&) noexcept;
    ~Load();

    std::size_t size() const { return many ? many->recipients.size() - many->taken : left; }
    std::uint32_t ticket() const { return static_cast<std::uint32_t>(order); }
    /// The next recipient. @param address  stays empty where the envelope's is right
    std::uint32_t take(std::string& address);
    std::vector<std::uint32_t> recipients() const;

    ItemPtr item;
    std::unique_ptr<Many> many;  ///< more than one, or with another address
    std::uint64_t order = 0;
    std::uint32_t one = 0;
    std::uint32_t transactions = 1;
    std::uint32_t left = 1;
};

}  // namespace imc::queue
