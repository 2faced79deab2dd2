#pragma once
/// @file admin/text_sum.h  SHA-256 of a text that comes in pieces.
#include <memory>
#include <string>
#include <string_view>

namespace imc::admin {

class TextSum {
public:
    TextSum();
    ~TextSum();
    TextSum(TextSum&&) noexcept;
    TextSum& operator=(TextSum&&) noexcept;

    void append(std::string_view octets);
    std::string hex();  ///< lower case; once, nothing is appended after it

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace imc::admin
