#pragma once
/// @file base/error.h  How an imc function says no.
#include "base/event_id.h"

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace imc {

/// A refusal with the number under which an administrator can look it up.
///
/// Outcomes a caller is meant to handle travel as Result<T>; exceptions are left for
/// what no caller can repair (std::bad_alloc, a broken invariant).
class Error {
public:
    Error() = default;  ///< only what Result<T>::error() says of a success; Boost asks for it
    Error(EventId event, std::string detail, unsigned os_code = 0)
        : event_{event}, detail_{std::move(detail)}, os_code_{os_code}
    {}

    /// Wraps a lower failure: the outer event is logged, the inner one explains it.
    Error because(Error inner) &&
    {
        cause_ = std::make_shared<const Error>(std::move(inner));
        return std::move(*this);
    }

    EventId event() const noexcept { return event_; }
    unsigned os_code() const noexcept { return os_code_; }  ///< errno or 2140; 0: none
    const std::string& detail() const noexcept { return detail_; }
    const Error* cause() const noexcept { return cause_.get(); }

    /// "4086: SiteDN names ou=Oslo; because 4037: no such object (error 2140)". No secrets.
    std::string to_string() const;

private:
    EventId event_{};
    std::string detail_;
    unsigned os_code_ = 0;
    std::shared_ptr<const Error> cause_;
};

template <class T = void>
using Result = boost::system::result<T, Error>;

/// Lets Result<T>::value() throw something readable in tests and in main().
[[noreturn]] inline void throw_exception_from_error(const Error& e, const boost::source_location&)
{
    throw std::runtime_error{e.to_string()};
}

}  // namespace imc
