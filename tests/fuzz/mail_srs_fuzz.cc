/// Any octets as the local part of an address of ours: what comes back is an address, and only from
/// what we have made; what we make comes back.
#include "mail/address.h"
#include "mail/srs.h"

using namespace imc;
using namespace imc::mail;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    static const Srs ours{"a key that the fuzzer does not know"}, theirs{"another"};
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    const WallTime now{std::chrono::milliseconds{1'795'000'000'000}};
    if (const auto back = ours.reverse(text, now)) require(bool{parse_address(*back)});
    if (const auto made = ours.forward(text, "contoso.example", now)) {
        const auto address = parse_address(*made);
        require(address && address->local.size() <= 64);
        const auto back = ours.reverse(address->local, now);
        require(back.has_value());
        require(!theirs.reverse(address->local, now));
    }
    return 0;
}
