/// Rows of an attribute map, and questions put through it: what comes out is a filter again, that
/// finds all that was meant.
#include "directory/attribute_map.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    using namespace imc;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto end = text.find('\n');
    const auto row = text.substr(0, end);
    const auto asked =
        Filter::parse(end == std::string_view::npos ? std::string_view{} : text.substr(end + 1));
    AttributeMap own{AttributeMap::Flavour::openldap_inetorg};
    (void)own.take(row);
    if (!asked) return 0;
    if (Filter::parse(asked->to_string()).value().to_string() != asked->to_string()) std::abort();
    const Entry theirs{{},
                       {{"objectClass", {"inetOrgPerson"}},
                        {"uid", {"ann"}},
                        {"cn", {"Ann"}},
                        {"mail", {"ann@a.example", "x@a.example"}}}};
    (void)own.to_theirs(*asked);
    const AttributeMap map{AttributeMap::Flavour::openldap_inetorg};
    const auto question = map.to_theirs(*asked);
    if (!question) return 0;
    // One that grew beyond what is read is refused before it is sent.
    const auto translated = Filter::parse(question->filter);
    if (!translated) return 0;
    if (asked->matches(map.to_canonical(theirs)) && !translated->matches(theirs)) std::abort();
    return 0;
}
