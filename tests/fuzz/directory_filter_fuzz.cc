/// Any text as a search filter: an answer or an error with its position, bounded; a filter and its
/// opposite never both match.
#include "base/text.h"
#include "directory/directory.h"
#include "directory/filter.h"

using namespace imc;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

const Entry entry{*Dn::parse("cn=Ann,o=Org"),
                  {{"objectClass", {"imcMailbox"}},
                   {"cn", {"Ann", "ann  other"}},
                   {"proxyAddresses", {"SMTP:ann@example.org"}},
                   {"imcMaxMessageKB", {"-5", "90"}},
                   {"imcDeliveryRouting", {"a;b"}},
                   {"altRecipient", {"cn=Bob"}},
                   {"userPassword", {std::string{"\0\xff", 2}}}}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    const auto filter = Filter::parse(text);
    if (!filter) {
        require(is_utf8(filter.error().detail()));
    } else if (size < 4096) {
        const auto opposite = Filter::parse("(!" + std::string{text} + ")");
        if (opposite) require(!(filter->matches(entry) && opposite->matches(entry)));
    }
    const auto value = Filter::parse("(cn=" + escape_filter_value(text) + ")");
    if (size < 16'384) require(value && value->values == std::vector{std::string{text}});
    return 0;
}
