#include "transfer/expansion.h"

namespace imc::transfer {

bool SeenMembers::add_address(std::string_view address)
{
    const auto parsed = mail::parse_address(address);
    return addresses_.add(of(parsed ? parsed->normalized() : lower(address)));
}

bool SeenMembers::Set::add(std::size_t hash)
{
    const bool is_new = hashes.insert(hash).second;
    if (is_new && noting) since.push_back(hash);
    return is_new;
}

void SeenMembers::begin()
{
    for (auto* const set : {&objects_, &addresses_}) {
        set->since.clear();
        set->noting = true;
    }
}

void SeenMembers::take_back()
{
    for (auto* const set : {&objects_, &addresses_}) {
        for (const auto hash : set->since)
            set->hashes.erase(hash);
        set->since.clear();
    }
}

}  // namespace imc::transfer
