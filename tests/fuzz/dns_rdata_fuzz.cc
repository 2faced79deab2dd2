/// Any octets as the contents of a DNS record: names and texts stay within their bounds and hold
/// nothing that a log or a file name could stumble over.
#include "base/text.h"
#include "dns/address.h"
#include "dns/rdata.h"

#include <algorithm>

using namespace imc;
using namespace imc::dns;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

void judge(const std::string& name)
{
    require(name.size() <= 4 * 320);
    require(std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f; }));
    if (const auto absolute = absolute_name(name)) {
        require(absolute->ends_with('.') && absolute->size() <= 254);
        require(absolute_name(*absolute) == absolute);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view rdata{reinterpret_cast<const char*>(octets), size};
    if (const auto name = read_name(rdata)) judge(*name);
    if (const auto mx = read_mx(rdata)) {
        judge(mx->host);
        require(read_name(rdata.substr(2)) == mx->host);
    }
    for (const auto& address : {read_a(rdata), read_aaaa(rdata)})
        if (address) require(parse_address(*address) && reverse_name(*address));
    if (const auto text = read_txt(rdata)) require(text->size() <= size);
    if (const auto name = absolute_name(rdata)) judge(*name);
    (void)has_soa(rdata);
    for (const char* from : {"a.b.", "", "a"}) {
        const auto aliases = read_aliases(rdata, from);
        require(aliases.size() <= 32);
        for (const auto& alias : aliases)
            judge(alias);
    }
    return 0;
}
