#include "queue/local_sender.h"

namespace imc::queue {

bool is_signed_in(const spool::Envelope& envelope, const transfer::Sender& sender)
{
    std::string_view account = envelope.account;
    if (!account.starts_with(local_account)) return !account.empty();
    if (!envelope.peer.starts_with(pickup_mark) || sender.alias.empty()) return false;
    account.remove_prefix(local_account.size());
    return account == "root" || account == sender.alias;
}

}  // namespace imc::queue
