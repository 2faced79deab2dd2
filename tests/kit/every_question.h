#pragma once
/// @file kit/every_question.h  Each question that something asks of the directory goes wrong once,
/// in every way.
#include "kit/faulty_directory.h"

#include <functional>
#include <gtest/gtest.h>
#include <string>

namespace imc::kit {

/// @param ask  asks, and says what came of it: "wait..." where nothing was decided
inline void at_every_question(FaultyDirectory& directory, const std::string& what,
                              const std::function<std::string()>& ask)
{
    directory.fail(static_cast<std::size_t>(-1), DirectoryFault::down, false);
    const auto sound = ask();
    const auto questions = directory.asked;
    ASSERT_FALSE(sound.starts_with("wait")) << what << ": " << sound;
    ASSERT_GT(questions, 0U) << what;
    for (const auto fault : all_directory_faults)
        for (std::size_t at = 0; at < questions; ++at)
            for (const bool later : {false, true}) {
                directory.fail(at, fault, later);
                const auto said = ask();
                // What a replica has is believed: only what it has not is no answer.
                const bool fine =
                    said.starts_with("wait") || (fault == DirectoryFault::behind && said == sound);
                EXPECT_TRUE(fine) << what << ", question " << at << ' ' << to_string(fault)
                                  << (later ? " from then on" : "") << ": " << said
                                  << "; sound: " << sound;
            }
}

}  // namespace imc::kit
