#pragma once
/// @file registry/values.h  Every value imc reads. The rows come from share/registry/*.yaml.
#include "registry/tree.h"

#include <span>

namespace imc::registry {

struct ValueInfo {
    std::string_view name;
    Type type;
    std::string_view unit;
    std::uint64_t min, max;    ///< of numbers
    std::string_view choices;  ///< words a text may be, separated by spaces; empty: any
    std::string_view preset;   ///< the default, for people; empty: none
    std::string_view reader;   ///< module
    std::string_view effect;   ///< when a change takes effect
    std::string_view text;
    std::string_view kb;
    std::string_view aliases;  ///< historic spellings that are read too
};

std::span<const ValueInfo> value_table();
const ValueInfo* find_value(std::string_view name);  ///< ignoring case, aliases included

/// A value of history that imc has no need of, in any of its spellings.
struct HistoricValue {
    std::string_view name;
    std::string_view aliases;
    std::string_view why;  ///< why it has no effect here
};
const HistoricValue* find_historic(std::string_view name);  ///< ignoring case

/// For a name that is not in the table but looks like one that is (SiteDn2): that one.
const ValueInfo* nearest_value(std::string_view name);

/// "DWORD found, SZ expected": what is wrong with `value`, empty when nothing is.
std::string value_flaw(const ValueInfo& info, const Value& value);

/// What whoever writes such a value to Parameters should know: "DWORD found, SZ expected; imc check
/// will refuse it", "nobody reads a value X; did you mean Y?". Empty: all is well.
std::string value_warning(std::string_view name, const Value& value);

/// Type, unit, range, default, reader, effect, and the paragraph: what `imc reg describe` prints.
std::string describe(const ValueInfo& info);

}  // namespace imc::registry
