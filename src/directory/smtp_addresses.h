#pragma once
/// @file directory/smtp_addresses.h  Under which addresses an object is looked up.
///
/// Threads: plain values.
#include "directory/entry.h"

namespace imc {

struct SmtpAddresses {
    std::vector<std::string> lower_case;  ///< without "smtp:", and no others than plain ones
    /// False: there are others. With spaces, quotes or other letters than ASCII's, directories find
    /// by one what is written as another.
    bool plain = true;
};

SmtpAddresses smtp_addresses(const Entry& entry);

}  // namespace imc
