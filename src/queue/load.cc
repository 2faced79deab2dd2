#include "queue/load.h"

#include "queue/items.h"

namespace imc::queue {

Load::Load(ItemPtr what, std::vector<std::uint32_t> recipients, std::vector<std::string> addresses)
    : item{std::move(what)}
{
    if (recipients.size() == 1 && addresses.empty())
        one = recipients.front();
    else
        many = std::make_unique<Many>(Many{std::move(recipients), std::move(addresses)});
}

Load::Load() = default;
Load::Load(Load&&) noexcept = default;
Load& Load::operator=(Load&&) noexcept = default;
Load::~Load() = default;

std::uint32_t Load::take(std::string& address)
{
    if (!many) {
        left = 0;
        return one;
    }
    if (!many->addresses.empty()) address = std::move(many->addresses[many->taken]);
    return many->recipients[many->taken++];
}

std::vector<std::uint32_t> Load::recipients() const
{
    if (!many) return left == 0 ? std::vector<std::uint32_t>{} : std::vector{one};
    return {many->recipients.begin() + static_cast<std::ptrdiff_t>(many->taken),
            many->recipients.end()};
}

}  // namespace imc::queue
