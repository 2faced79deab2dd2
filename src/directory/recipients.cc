#include "directory/recipients.h"

namespace imc {

RecipientLookup::RecipientLookup(std::shared_ptr<Directory> directory, Dn organization,
                                 std::size_t most)
    : directory_{std::move(directory)}, organization_{std::move(organization)}, most_{most}
{}

Answer<std::vector<Entry>> RecipientLookup::by_address(std::string_view normalized_smtp_address,
                                                       Deadline deadline)
{
    if (normalized_smtp_address.empty()) return ProvenAbsent{};
    const auto filter =
        "(proxyAddresses=smtp:" + escape_filter_value(normalized_smtp_address) + ")";
    auto found = directory_->search(organization_, Scope::subtree, filter, deadline, most_);
    // A missing organization is an Error too: an empty or restored directory must not turn
    // everybody's mail into bounces.
    if (!found) return CannotSay{found.error()};
    if (found->empty()) return ProvenAbsent{};
    return *std::move(found);
}

}  // namespace imc
