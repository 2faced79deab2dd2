#pragma once
/// @file smtp/transcribed_stream.h  A stream whose conversation is written down as it goes.
///
/// Threads: as the stream below.
#include "smtp/stream.h"
#include "smtp/transcript.h"

#include <memory>

namespace imc::smtp {

enum class Ours : std::uint8_t { client, server };  ///< which end we are

std::unique_ptr<Stream> transcribed(std::unique_ptr<Stream> stream, Ours ours,
                                    Transcript transcript);

}  // namespace imc::smtp
