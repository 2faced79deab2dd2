#pragma once
/// @file mail/content_type.h  A Content-Type, read as far as anybody could.
///
/// Rules:   RFC 2045 5.1, RFC 5322 3.2.2 (comments)
/// Threads: pure.
#include <optional>
#include <string>
#include <string_view>

namespace imc::mail {

class ContentTypeReader {
public:
    /// @param value  unfolded; outlives this object
    explicit ContentTypeReader(std::string_view value) : rest_{value} {}

    /// "multipart/mixed", lower case. Call first.
    std::string type();
    /// Its value, without quotes.
    std::optional<std::string> boundary();

private:
    bool take(char c);
    void skip();
    std::string_view token(std::string_view ends);
    std::string value();

    std::string_view rest_;
};

}  // namespace imc::mail
