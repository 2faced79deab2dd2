#include "directory/recipients.h"

namespace imc {

RecipientLookup::RecipientLookup(std::shared_ptr<Directory> directory, Dn organization,
                                 std::size_t most, std::shared_ptr<RecipientCache> cache)
    : directory_{std::move(directory)}, organization_{std::move(organization)}, most_{most},
      cache_{std::move(cache)}
{}

Answer<std::vector<Entry>> RecipientLookup::by_address(std::string_view normalized_smtp_address,
                                                       Deadline deadline, AnswerOrigin* origin)
{
    if (origin != nullptr) *origin = {};
    if (normalized_smtp_address.empty()) return ProvenAbsent{};
    if (!cache_) return ask(normalized_smtp_address, deadline);
    return cache_->look_up(
        normalized_smtp_address, deadline, [&] { return ask(normalized_smtp_address, deadline); },
        origin);
}

Answer<std::vector<Entry>> RecipientLookup::ask(std::string_view address, Deadline deadline)
{
    const auto filter = "(proxyAddresses=smtp:" + escape_filter_value(address) + ")";
    auto found = directory_->search_for_proof(organization_, Scope::subtree, filter, any_address,
                                              deadline, most_);
    // A missing organization is an Error too: an empty or restored directory must not turn
    // everybody's mail into bounces.
    if (!found) return CannotSay{found.error()};
    if (!found->empty()) return *std::move(found);
    return ProvenAbsent{};
}

}  // namespace imc
