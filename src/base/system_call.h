#pragma once
/// @file base/system_call.h  Calls of the system whose failure is in errno.
#include "base/files.h"

#include <cerrno>

namespace imc::system_call {

inline boost::system::error_code failure() { return {errno, boost::system::system_category()}; }

/// Repeats a call that a signal has interrupted.
template <class Call>
auto uninterrupted(Call call)
{
    for (;;) {
        const auto result = call();
        if (result != -1 || errno != EINTR) return result;
    }
}

inline IoResult<> done(int result)
{
    if (result == -1) return failure();
    return {};
}

}  // namespace imc::system_call
