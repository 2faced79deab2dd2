#include "event/caught.h"

#include <exception>
#include <unistd.h>

namespace imc {

namespace {

/// raise() itself says nothing when there is no memory for a record.
void say_on_stderr() noexcept
{
    constexpr std::string_view words = "imc: a defect was contained, and there is no memory to say "
                                       "which\n";
    (void)!::write(STDERR_FILENO, words.data(), words.size());
}

}  // namespace

const char* caught_words() noexcept
{
    if (!std::current_exception()) return "nothing is known of it";
    // Thrown again it is the same object, which the caller's catch block keeps alive.
    try {
        throw;
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "something that is no std::exception";
    }
}

void raise_caught(EventLog& events, std::string_view where, std::string_view name) noexcept
{
    try {
        std::string detail{where};
        if (!name.empty()) detail.append(" ").append(name);
        detail.append(": ").append(caught_words());
        events.raise(EventId::exception_handled, {{"detail", std::move(detail)}});
    } catch (...) {
        say_on_stderr();
    }
}

void raise_begins_again(EventLog& events, std::string_view part) noexcept
{
    try {
        events.raise(EventId::part_begins_again,
                     {{"part", std::string{part}}, {"detail", caught_words()}});
    } catch (...) {
        say_on_stderr();
    }
}

}  // namespace imc
