#pragma once
/// @file base/answer.h  The three answers to a question: found, proven absent, cannot say.
///
/// Silence is never a no: who could not ask returns CannotSay with the reason, and the caller
/// defers instead of refusing.
#include "base/error.h"

#include <variant>

namespace imc {

struct ProvenAbsent {};
struct CannotSay {
    Error reason;
};

template <class T>
using Answer = std::variant<T, ProvenAbsent, CannotSay>;

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};

}  // namespace imc
