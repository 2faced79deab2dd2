#pragma once
/// @file directory/packed_entry.h  An object as one run of octets, for remembering many.
///
/// Names of attributes, classes, what stands behind the @ of an address and behind the first comma
/// of a name (DN) are numbers of SharedWords; all else is written out. What was packed is unpacked
/// as it was: spelling, order of values, octets. Equal objects give equal octets.
///
/// The octets never leave the process, so the reader trusts them.
#include "directory/entry.h"
#include "directory/shared_words.h"

namespace imc {

std::string packed(const Entry& entry, SharedWords& words);
Entry unpacked(std::string_view octets, const SharedWords& words);

}  // namespace imc
